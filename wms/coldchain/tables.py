"""Cold zones, their probes, what these measured, and the excursions that follow from it.

A cold zone is the locations of a site that bear its name as their `zone`. Readings are kept as they came, one a probe and
instant; excursions and gaps are derived from them and follow late readings.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata


class _ColdZoneColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    zone = sa.Column(sa.String(20), nullable=False)  # location.zone
    temperature = sa.Column(sa.String(8), nullable=False)
    min_c = sa.Column(sa.Numeric(5, 2), nullable=True)
    max_c = sa.Column(sa.Numeric(5, 2), nullable=True)
    allowed_minutes = sa.Column(sa.Integer, nullable=False)  # out of limits that long is no excursion yet
    silent_minutes = sa.Column(sa.Integer, nullable=False)  # a probe that says nothing for longer has a gap
    created_at = sa.Column(Instant, nullable=False)


cold_zone = sa.Table(
    "cold_zone",
    metadata,
    _ColdZoneColumns,
    sa.UniqueConstraint("site", "zone"),
    sa.CheckConstraint("temperature IN ('ambient','chilled','frozen')", name="temperature"),
    sa.CheckConstraint(
        "num_nonnulls(min_c, max_c) > 0 AND (min_c IS NULL OR max_c IS NULL OR min_c < max_c)", name="c"
    ),
    sa.CheckConstraint("allowed_minutes >= 0 AND silent_minutes > 0", name="minutes"),
)


class _ProbeColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    zone_id = sa.Column(sa.Uuid, sa.ForeignKey("cold_zone.id"), nullable=False)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    code = sa.Column(sa.String(60), nullable=False)  # as the gateway calls it
    active = sa.Column(sa.Boolean, nullable=False)
    last_at = sa.Column(Instant, nullable=True)  # measured last
    last_c = sa.Column(sa.Numeric(5, 2), nullable=True)
    silent_since = sa.Column(Instant, nullable=True)  # alarmed: nothing after this instant
    added_at = sa.Column(Instant, nullable=False)


probe = sa.Table("probe", metadata, _ProbeColumns, sa.UniqueConstraint("site", "code"))


class _ProbeReadingColumns(TypedColumns):
    probe_id = sa.Column(sa.Uuid, sa.ForeignKey("probe.id"), primary_key=True)
    measured_at = sa.Column(Instant, primary_key=True)
    celsius = sa.Column(sa.Numeric(5, 2), nullable=False)
    recorded_at = sa.Column(Instant, nullable=False)


probe_reading = sa.Table("probe_reading", metadata, _ProbeReadingColumns)


class _ExcursionColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    zone_id = sa.Column(sa.Uuid, sa.ForeignKey("cold_zone.id"), nullable=False)
    probe_id = sa.Column(sa.Uuid, sa.ForeignKey("probe.id"), nullable=False)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    began_at = sa.Column(Instant, nullable=False)  # the first reading out of limits
    ended_at = sa.Column(Instant, nullable=True)  # the first reading within limits again
    last_out_at = sa.Column(Instant, nullable=False)
    worst_c = sa.Column(sa.Numeric(5, 2), nullable=False)
    mkt_c = sa.Column(sa.Numeric(5, 2), nullable=False)
    readings = sa.Column(sa.Integer, nullable=False)
    min_c = sa.Column(sa.Numeric(5, 2), nullable=True)  # the limits it was judged by
    max_c = sa.Column(sa.Numeric(5, 2), nullable=True)
    allowed_minutes = sa.Column(sa.Integer, nullable=False)
    opened_at = sa.Column(Instant, nullable=False)  # when this database learned of it
    withdrawn_at = sa.Column(Instant, nullable=True)  # late readings showed that it was none
    released_at = sa.Column(Instant, nullable=True)
    released_by = sa.Column(sa.String(60), nullable=True)


excursion = sa.Table(
    "excursion",
    metadata,
    _ExcursionColumns,
    sa.Index("ix_excursion_probe_id", "probe_id", "began_at"),
    sa.Index("ix_excursion_site", "site"),
)


class _ExcursionLotColumns(TypedColumns):
    """What lay in the zone during the interval. Goods without lots are held by article."""

    hold_id = sa.Column(sa.Uuid, sa.ForeignKey("stock_hold.id"), primary_key=True)
    excursion_id = sa.Column(sa.Uuid, sa.ForeignKey("excursion.id"), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    lot_id = sa.Column(sa.Uuid, sa.ForeignKey("lot.id"), nullable=True)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)


excursion_lot = sa.Table(
    "excursion_lot",
    metadata,
    _ExcursionLotColumns,
    sa.UniqueConstraint("excursion_id", "item_id", "lot_id", "owner_id", postgresql_nulls_not_distinct=True),
    sa.Index("ix_excursion_lot_owner_id", "owner_id"),
)


class _ProbeGapColumns(TypedColumns):
    probe_id = sa.Column(sa.Uuid, sa.ForeignKey("probe.id"), primary_key=True)
    began_at = sa.Column(Instant, primary_key=True)  # the last reading before
    ended_at = sa.Column(Instant, nullable=False)  # the first reading after


probe_gap = sa.Table("probe_gap", metadata, _ProbeGapColumns)
