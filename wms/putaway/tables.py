"""Strategies, fixed places, and outbound demand that goods at the dock may serve without being put away."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata


class _ChainColumns(TypedColumns):
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), primary_key=True)
    steps = sa.Column(Json, nullable=False)  # names of wms.putaway.rules.STEPS, in the order in which they are tried


putaway_chain = sa.Table("putaway_chain", metadata, _ChainColumns)


class _FixedPlaceColumns(TypedColumns):
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), primary_key=True)


fixed_place = sa.Table("fixed_place", metadata, _FixedPlaceColumns)


class _CrossDockDemandColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    customs_status = sa.Column(sa.String(16), nullable=False)
    demand_id = sa.Column(sa.Uuid, nullable=False)  # the order or transfer line that waits
    lane_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    due_at = sa.Column(Instant, nullable=True)
    wanted = sa.Column(sa.Numeric(18, 6), nullable=False)
    promised = sa.Column(sa.Numeric(18, 6), nullable=False)  # of goods at the dock on their way to the lane
    asked_at = sa.Column(Instant, nullable=False)


cross_dock_demand = sa.Table(
    "cross_dock_demand",
    metadata,
    _CrossDockDemandColumns,
    sa.UniqueConstraint("demand_id"),
    sa.Index("ix_cross_dock_demand_open", "site", "item_id", postgresql_where=sa.text("promised < wanted")),
    sa.CheckConstraint("wanted > 0 AND promised >= 0 AND promised <= wanted", name="quantities"),
)
