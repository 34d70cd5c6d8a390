"""Parcels and bags. A parcel's id is its unit's id once it is physically there."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata


class _ParcelColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    waybill_no = sa.Column(sa.String(60), nullable=True)  # NULL: nobody could read it yet
    manifest_id = sa.Column(sa.Uuid, nullable=True)
    carrier = sa.Column(sa.String(40), nullable=True)
    destination = sa.Column(sa.String(16), nullable=True)
    service = sa.Column(sa.String(16), nullable=True)
    declared_weight_g = sa.Column(sa.Integer, nullable=True)
    measured_weight_g = sa.Column(sa.Integer, nullable=True)
    pieces = sa.Column(sa.Integer, nullable=False)
    goods = sa.Column(sa.String(250), nullable=False)
    hs_code = sa.Column(sa.String(10), nullable=True)
    consignee_name = sa.Column(sa.LargeBinary, nullable=True)  # sealed
    consignee_phone = sa.Column(sa.LargeBinary, nullable=True)  # sealed
    state = sa.Column(sa.String(12), nullable=False)
    reason = sa.Column(sa.String(24), nullable=True)
    state_at = sa.Column(Instant, nullable=False)
    hold = sa.Column(sa.Boolean, nullable=False)
    hold_note = sa.Column(sa.String(200), nullable=True)
    blocked_by = sa.Column(sa.Uuid, nullable=True)  # the scan that keeps it from leaving until its verdict
    bucket = sa.Column(sa.SmallInteger, nullable=True)  # of the directory; NULL without a waybill number
    announced_at = sa.Column(Instant, nullable=True)


parcel = sa.Table(
    "parcel",
    metadata,
    _ParcelColumns,
    sa.UniqueConstraint("site", "waybill_no"),
    sa.Index("ix_parcel_site_bucket", "site", "bucket", postgresql_where=sa.text("state <> 'bagged'")),
    sa.Index("ix_parcel_waybill_no", "waybill_no"),
    sa.Index("ix_parcel_manifest_id", "manifest_id"),
    sa.Index("ix_parcel_site_state_state_at", "site", "state", "state_at", "id"),
    sa.Index("ix_parcel_site_state_at", "site", "state_at", "id"),
    sa.CheckConstraint("state IN ('announced','on_line','sorted','exception','bagged')", name="state"),
    sa.CheckConstraint("declared_weight_g > 0", name="declared_weight"),
)


class _BagColumns(TypedColumns):
    id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    line = sa.Column(sa.String(100), nullable=False)
    chute = sa.Column(sa.String(40), nullable=False)
    destination = sa.Column(sa.String(16), nullable=True)
    sscc = sa.Column(sa.String(18), nullable=True)
    opened_at = sa.Column(Instant, nullable=False)
    closed_at = sa.Column(Instant, nullable=True)
    close_reason = sa.Column(sa.String(12), nullable=True)
    parcels = sa.Column(sa.Integer, nullable=False)
    weight_g = sa.Column(sa.BigInteger, nullable=False)


bag = sa.Table(
    "bag",
    metadata,
    _BagColumns,
    sa.UniqueConstraint("sscc"),
    sa.Index("ix_bag_site_opened_at", "site", "opened_at"),
    sa.Index("uq_bag_open_chute", "line", "chute", unique=True, postgresql_where=sa.text("closed_at IS NULL")),
    sa.CheckConstraint("close_reason IN ('count','weight','full','person')", name="close_reason"),
    sa.CheckConstraint("(closed_at IS NULL) = (sscc IS NULL)", name="closed_has_sscc"),
)
