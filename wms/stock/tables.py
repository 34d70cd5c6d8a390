"""Places, units, the journal and the balances.

A *place* is anything a unit can be in: a location, or another unit (a bag). Locations and units are places, so the journal
has one pair of columns for both. A *virtual* location (outside, lost) stands for what the site does not hold; its balance
is not kept. UPDATE and DELETE on the journal are refused by a trigger (see the first migration).
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata


class _PlaceColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    kind = sa.Column(sa.String(8), nullable=False)


place = sa.Table("place", metadata, _PlaceColumns, sa.CheckConstraint("kind IN ('location','unit')", name="kind"))


class _LocationColumns(TypedColumns):
    id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    name = sa.Column(sa.String(60), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    virtual = sa.Column(sa.Boolean, nullable=False)


location = sa.Table(
    "location",
    metadata,
    _LocationColumns,
    sa.UniqueConstraint("site", "name"),
    sa.CheckConstraint("kind IN ('outside','lost','line','chute','storage','staging')", name="kind"),
)


class _UnitColumns(TypedColumns):
    id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), primary_key=True)
    kind = sa.Column(sa.String(8), nullable=False)
    place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False, index=True)
    chain = sa.Column(sa.String(64), nullable=False)  # digest of the unit's last journal row
    sscc = sa.Column(sa.String(18), nullable=True)


unit = sa.Table(
    "unit",
    metadata,
    _UnitColumns,
    sa.UniqueConstraint("sscc"),
    sa.CheckConstraint("kind IN ('parcel','bag')", name="kind"),
    sa.CheckConstraint("id <> place_id", name="not_in_itself"),
)


class _JournalColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), nullable=False)
    from_place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False)
    to_place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False)
    happened_at = sa.Column(Instant, nullable=False)  # at the machine or in the hand
    recorded_at = sa.Column(Instant, nullable=False)  # in this database
    cause = sa.Column(sa.String(32), nullable=False)
    cause_id = sa.Column(sa.Uuid, nullable=False)  # the event or command; once per unit
    actor_id = sa.Column(sa.Uuid, nullable=False)
    digest = sa.Column(sa.String(64), nullable=False)


journal = sa.Table(
    "journal",
    metadata,
    _JournalColumns,
    sa.UniqueConstraint("unit_id", "cause_id"),
    sa.Index("ix_journal_to_place_id_happened_at", "to_place_id", "happened_at"),
)


class _BalanceColumns(TypedColumns):
    place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), primary_key=True)
    units = sa.Column(sa.Integer, nullable=False)


balance = sa.Table("balance", metadata, _BalanceColumns, sa.CheckConstraint("units >= 0", name="not_negative"))


class _SsccCounterColumns(TypedColumns):
    company_prefix = sa.Column(sa.String(12), primary_key=True)
    next_serial = sa.Column(sa.BigInteger, nullable=False)


sscc_counter = sa.Table("sscc_counter", metadata, _SsccCounterColumns)
