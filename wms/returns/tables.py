"""Returns, the shipment entries that they take back, and the windows of law within which goods may come back.

A line of a return names the journal entry by which its goods left. `returned_entry` counts what of an entry is on any return,
so that never more comes back than left, whoever asks at the same time.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata

RETURN_KINDS = ("customer", "refused", "bonded", "export")
RETURN_STATES = ("announced", "receiving", "inspected", "closed", "cancelled")
GRADES = ("good", "damaged", "quarantine")
CLOCKS = ("apply", "arrive", "tax_free")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(repr(value) for value in values)})"


class _WindowColumns(TypedColumns):
    """How long after its start (release, export) something must be done. Data, as the law changes; the start picks the row."""

    id = sa.Column(sa.Uuid, primary_key=True)
    kind = sa.Column(sa.String(8), nullable=False)
    clock = sa.Column(sa.String(8), nullable=False)
    days = sa.Column(sa.Integer, nullable=False)
    months = sa.Column(sa.Integer, nullable=False)
    valid_from = sa.Column(sa.Date, nullable=False)
    valid_to = sa.Column(sa.Date, nullable=True)  # the last day; NULL: until further notice
    source = sa.Column(sa.String(200), nullable=False)
    verified = sa.Column(sa.Boolean, nullable=False)  # whether the duration was read in its source


return_window = sa.Table(
    "return_window",
    metadata,
    _WindowColumns,
    sa.UniqueConstraint("kind", "clock", "valid_from"),
    sa.CheckConstraint(_one_of("kind", RETURN_KINDS), name="kind"),
    sa.CheckConstraint(_one_of("clock", CLOCKS), name="clock"),
    sa.CheckConstraint("days >= 0 AND months >= 0 AND days + months > 0", name="duration"),
    sa.CheckConstraint("valid_to >= valid_from", name="validity"),
)


class _ReturnColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)  # where the goods left
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    reference = sa.Column(sa.String(60), nullable=False)  # RMA number, or the number of the return declaration
    digest = sa.Column(sa.String(64), nullable=False)
    kind = sa.Column(sa.String(8), nullable=False)
    reason = sa.Column(sa.String(200), nullable=False)
    state = sa.Column(sa.String(10), nullable=False)
    clock_starts_at = sa.Column(Instant, nullable=True)  # release or export, where the law counts from it
    arrive_by_on = sa.Column(sa.Date, nullable=True)  # the last day; NULL: no limit
    tax_free_by_on = sa.Column(sa.Date, nullable=True)
    tax_free = sa.Column(sa.Boolean, nullable=True)  # decided when the first of it comes
    line_count = sa.Column(sa.Integer, nullable=False)
    announced_at = sa.Column(Instant, nullable=False)
    received_at = sa.Column(Instant, nullable=True)
    closed_at = sa.Column(Instant, nullable=True)


goods_return = sa.Table(
    "goods_return",
    metadata,
    _ReturnColumns,
    sa.UniqueConstraint("owner_id", "reference"),
    sa.Index("ix_goods_return_site_state", "site", "state"),
    sa.CheckConstraint(_one_of("kind", RETURN_KINDS), name="kind"),
    sa.CheckConstraint(_one_of("state", RETURN_STATES), name="state"),
)


class _ReturnLineColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    return_id = sa.Column(sa.Uuid, sa.ForeignKey("goods_return.id"), nullable=False)
    line_no = sa.Column(sa.Integer, nullable=False)
    entry_id = sa.Column(sa.BigInteger, sa.ForeignKey("stock_entry.id"), nullable=False)  # by which the goods left
    order_line_id = sa.Column(sa.Uuid, nullable=False)  # that it was shipped for
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    received = sa.Column(sa.Numeric(18, 6), nullable=False)
    good = sa.Column(sa.Numeric(18, 6), nullable=False)
    damaged = sa.Column(sa.Numeric(18, 6), nullable=False)
    quarantine = sa.Column(sa.Numeric(18, 6), nullable=False)


return_line = sa.Table(
    "return_line",
    metadata,
    _ReturnLineColumns,
    sa.UniqueConstraint("return_id", "line_no"),
    sa.Index("ix_return_line_entry_id", "entry_id"),
    sa.Index("ix_return_line_order_line_id", "order_line_id"),
    sa.CheckConstraint("quantity >= 0 AND received >= 0 AND received <= quantity", name="received"),
    sa.CheckConstraint(
        "good >= 0 AND damaged >= 0 AND quarantine >= 0 AND good + damaged + quarantine <= received", name="graded"
    ),
)


class _ReturnedEntryColumns(TypedColumns):
    entry_id = sa.Column(sa.BigInteger, sa.ForeignKey("stock_entry.id"), primary_key=True)
    shipped = sa.Column(sa.Numeric(18, 6), nullable=False)
    returned = sa.Column(sa.Numeric(18, 6), nullable=False)  # on returns that are not cancelled


returned_entry = sa.Table(
    "returned_entry",
    metadata,
    _ReturnedEntryColumns,
    sa.CheckConstraint("returned >= 0 AND returned <= shipped", name="not_more_than_left"),
)


class _ReturnedGoodsColumns(TypedColumns):
    """What came of a line, where it was put, until it is inspected. `quantity` is what still waits."""

    id = sa.Column(sa.Uuid, primary_key=True)
    line_id = sa.Column(sa.Uuid, sa.ForeignKey("return_line.id"), nullable=False)
    stock_id = sa.Column(sa.Uuid, sa.ForeignKey("stock.id"), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)


returned_goods = sa.Table(
    "returned_goods",
    metadata,
    _ReturnedGoodsColumns,
    sa.Index("ix_returned_goods_line_id", "line_id"),
    sa.CheckConstraint("quantity >= 0", name="not_negative"),
)
