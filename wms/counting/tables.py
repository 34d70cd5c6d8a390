"""Counts of locations, their lines, stocktakes, and what customs has to say to a variance of bonded goods.

A line is one stock row in one round: `snapshot` when the count began, `expected` by the journal at the instant at which it was
counted, `counted` by the person. The variance is `counted - expected`; moves before and after that instant do not touch it.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

COUNT_STATES = ("open", "counting", "recount", "to_approve", "closed", "cancelled")
LIVE_STATES = COUNT_STATES[:4]
COUNT_REASONS = ("cycle", "zero_bin", "short_pick", "stocktake", "request")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(repr(value) for value in values)})"


class _PolicyColumns(TypedColumns):
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), primary_key=True)
    a_days = sa.Column(sa.Integer, nullable=False)  # a place of class A is counted every so many days
    b_days = sa.Column(sa.Integer, nullable=False)
    c_days = sa.Column(sa.Integer, nullable=False)
    recount_quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # a variance above either is counted again
    recount_percent = sa.Column(sa.Numeric(6, 2), nullable=False)


count_policy = sa.Table(
    "count_policy",
    metadata,
    _PolicyColumns,
    sa.CheckConstraint("a_days > 0 AND b_days > 0 AND c_days > 0", name="days"),
    sa.CheckConstraint("recount_quantity >= 0 AND recount_percent >= 0", name="recount"),
)


class _StocktakeColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    zone = sa.Column(sa.String(20), nullable=True)
    frozen = sa.Column(sa.Boolean, nullable=False)  # goods of a place are on hold until its count is closed
    state = sa.Column(sa.String(6), nullable=False)
    begun_at = sa.Column(Instant, nullable=False)
    begun_by = sa.Column(sa.Uuid, nullable=False)
    closed_at = sa.Column(Instant, nullable=True)


stocktake = sa.Table(
    "stocktake",
    metadata,
    _StocktakeColumns,
    sa.Index("ix_stocktake_site", "site"),
    sa.CheckConstraint("state IN ('open','closed')", name="state"),
)


class _CountColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=False)
    stocktake_id = sa.Column(sa.Uuid, sa.ForeignKey("stocktake.id"), nullable=True)
    reason = sa.Column(sa.String(10), nullable=False)
    state = sa.Column(sa.String(10), nullable=False)
    round = sa.Column(sa.Integer, nullable=False)  # 0 until the first begins
    counters = sa.Column(Json, nullable=False)  # ids of those who counted, one a round
    asked_at = sa.Column(Instant, nullable=False)
    asked_by = sa.Column(sa.Uuid, nullable=False)
    started_at = sa.Column(Instant, nullable=True)  # of the present round
    snapshot_entry_id = sa.Column(sa.BigInteger, nullable=True)  # the journal's last entry when the round began
    counted_at = sa.Column(Instant, nullable=True)
    closed_at = sa.Column(Instant, nullable=True)
    approved_by = sa.Column(sa.Uuid, nullable=True)
    posting_id = sa.Column(sa.Uuid, nullable=True)


count = sa.Table(
    "stock_count",
    metadata,
    _CountColumns,
    sa.Index(
        "uq_stock_count_live",
        "location_id",
        unique=True,
        postgresql_where=sa.text("state IN ('open','counting','recount','to_approve')"),
    ),
    sa.Index("ix_stock_count_site_state", "site", "state"),
    sa.Index("ix_stock_count_location_id", "location_id", "closed_at"),
    sa.Index("ix_stock_count_stocktake_id", "stocktake_id", postgresql_where=sa.text("stocktake_id IS NOT NULL")),
    sa.CheckConstraint(_one_of("reason", COUNT_REASONS), name="reason"),
    sa.CheckConstraint(_one_of("state", COUNT_STATES), name="state"),
)


class _CountLineColumns(TypedColumns):
    count_id = sa.Column(sa.Uuid, sa.ForeignKey("stock_count.id"), primary_key=True)
    round = sa.Column(sa.Integer, primary_key=True)
    stock_id = sa.Column(sa.Uuid, primary_key=True)  # the digest of what follows; unexpected goods have no row yet
    place_id = sa.Column(sa.Uuid, sa.ForeignKey("place.id"), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    customs_status = sa.Column(sa.String(16), nullable=False)
    condition = sa.Column(sa.String(16), nullable=False)
    lot_id = sa.Column(sa.Uuid, nullable=True)
    serial_id = sa.Column(sa.Uuid, nullable=True)
    account_line_id = sa.Column(sa.Uuid, nullable=True)
    snapshot = sa.Column(sa.Numeric(18, 6), nullable=False)
    expected = sa.Column(sa.Numeric(18, 6), nullable=True)
    counted = sa.Column(sa.Numeric(18, 6), nullable=True)
    weight_g = sa.Column(sa.BigInteger, nullable=False)  # of catch-weight goods that were found
    counted_at = sa.Column(Instant, nullable=True)


count_line = sa.Table(
    "stock_count_line", metadata, _CountLineColumns, sa.CheckConstraint("counted >= 0", name="counted")
)


class _ProposalColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    count_id = sa.Column(sa.Uuid, sa.ForeignKey("stock_count.id"), nullable=False, index=True)
    round = sa.Column(sa.Integer, nullable=False)
    stock_id = sa.Column(sa.Uuid, nullable=False)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    account_line_id = sa.Column(sa.Uuid, sa.ForeignKey("account_line.id"), nullable=True)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # less than 0: missing
    state = sa.Column(sa.String(8), nullable=False)
    proposed_at = sa.Column(Instant, nullable=False)
    reference = sa.Column(sa.String(60), nullable=True)  # the customs document that lets it be posted
    decided_by = sa.Column(sa.Uuid, nullable=True)
    decided_at = sa.Column(Instant, nullable=True)
    posting_id = sa.Column(sa.Uuid, nullable=True)


count_proposal = sa.Table(
    "count_proposal",
    metadata,
    _ProposalColumns,
    sa.Index("ix_count_proposal_site_state", "site", "state"),
    sa.CheckConstraint("state IN ('proposed','posted','rejected')", name="state"),
    sa.CheckConstraint("quantity <> 0", name="quantity"),
    sa.CheckConstraint("state <> 'posted' OR reference IS NOT NULL", name="reference"),
)
