"""Transfer orders, the goods that were reserved and sent for them, and the claims for what did not come as it left.

Of every line `shipped = received + lost + what is in transit`. What is in transit lies at a real location of the sending site,
reserved for its line, so that the sum over all sites changes only when a claim is settled with a loss or with a surplus.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata
from wms.stock.tables import CUSTOMS_STATUSES

TRANSFER_STATES = ("new", "reserved", "in_transit", "claimed", "closed", "cancelled")
CLAIM_KINDS = ("short", "over", "damaged")
OUTCOMES = ("found", "lost", "carrier_pays", "accepted", "returned")


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({','.join(repr(value) for value in values)})"


class _TransferColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    from_site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    to_site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    reference = sa.Column(sa.String(60), nullable=False)  # the owner's own number of it
    digest = sa.Column(sa.String(64), nullable=False)  # of what was asked for
    state = sa.Column(sa.String(10), nullable=False)
    expected_at = sa.Column(Instant, nullable=True)
    transit_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), nullable=True)  # where its goods are on the way
    customs_ref = sa.Column(sa.String(60), nullable=True)  # the document by which it passes customs
    arrival_status = sa.Column(sa.String(16), nullable=True)  # what that document makes of the goods; NULL: as they are
    line_count = sa.Column(sa.Integer, nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    shipped_at = sa.Column(Instant, nullable=True)
    closed_at = sa.Column(Instant, nullable=True)


transfer = sa.Table(
    "transfer",
    metadata,
    _TransferColumns,
    sa.UniqueConstraint("owner_id", "reference"),
    sa.Index("ix_transfer_from_site_state", "from_site", "state"),
    sa.Index("ix_transfer_to_site_state", "to_site", "state"),
    sa.Index("ix_transfer_transit_id", "transit_id", postgresql_where=sa.text("transit_id IS NOT NULL")),
    sa.CheckConstraint(_one_of("state", TRANSFER_STATES), name="state"),
    sa.CheckConstraint(_one_of("arrival_status", CUSTOMS_STATUSES), name="arrival_status"),
    sa.CheckConstraint("from_site <> to_site", name="between_sites"),
)


class _TransferLineColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    transfer_id = sa.Column(sa.Uuid, sa.ForeignKey("transfer.id"), nullable=False)
    line_no = sa.Column(sa.Integer, nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    lot_id = sa.Column(sa.Uuid, sa.ForeignKey("lot.id"), nullable=True)
    customs_status = sa.Column(sa.String(16), nullable=False)  # of the goods that may be sent
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    reserved = sa.Column(sa.Numeric(18, 6), nullable=False)  # and not yet shipped
    shipped = sa.Column(sa.Numeric(18, 6), nullable=False)
    received = sa.Column(sa.Numeric(18, 6), nullable=False)  # of any condition, found later included
    damaged = sa.Column(sa.Numeric(18, 6), nullable=False)  # the part of it that came damaged
    lost = sa.Column(sa.Numeric(18, 6), nullable=False)  # left transit by a claim


transfer_line = sa.Table(
    "transfer_line",
    metadata,
    _TransferLineColumns,
    sa.UniqueConstraint("transfer_id", "line_no"),
    sa.Index("ix_transfer_line_open_item", "item_id", postgresql_where=sa.text("shipped = 0 AND quantity > reserved")),
    sa.CheckConstraint("quantity > 0 AND reserved >= 0 AND reserved + shipped <= quantity", name="sent"),
    sa.CheckConstraint("received >= 0 AND lost >= 0 AND received + lost <= shipped", name="arrived"),
    sa.CheckConstraint("damaged >= 0 AND damaged <= received", name="damaged"),
    sa.CheckConstraint(_one_of("customs_status", CUSTOMS_STATUSES), name="customs_status"),
)


class _TransferGoodsColumns(TypedColumns):
    """One stock row's part of a line. `quantity` is what its reservation still holds: at the sending site, then in transit."""

    id = sa.Column(sa.Uuid, primary_key=True)
    transfer_id = sa.Column(sa.Uuid, sa.ForeignKey("transfer.id"), nullable=False)
    line_id = sa.Column(sa.Uuid, sa.ForeignKey("transfer_line.id"), nullable=False)
    stock_id = sa.Column(sa.Uuid, sa.ForeignKey("stock.id"), nullable=False)
    reservation_id = sa.Column(sa.Uuid, sa.ForeignKey("reservation.id"), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)


transfer_goods = sa.Table(
    "transfer_goods",
    metadata,
    _TransferGoodsColumns,
    sa.Index("ix_transfer_goods_transfer_id", "transfer_id"),
    sa.Index("ix_transfer_goods_line_id", "line_id"),
    sa.CheckConstraint("quantity >= 0", name="not_negative"),
)


class _ClaimColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    transfer_id = sa.Column(sa.Uuid, sa.ForeignKey("transfer.id"), nullable=False)
    line_id = sa.Column(sa.Uuid, sa.ForeignKey("transfer_line.id"), nullable=False)
    kind = sa.Column(sa.String(8), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    settled = sa.Column(sa.Numeric(18, 6), nullable=False)
    opened_at = sa.Column(Instant, nullable=False)
    opened_by = sa.Column(sa.Uuid, nullable=False)


claim = sa.Table(
    "transfer_claim",
    metadata,
    _ClaimColumns,
    sa.Index("ix_transfer_claim_transfer_id", "transfer_id"),
    sa.Index("ix_transfer_claim_line_id", "line_id"),
    sa.CheckConstraint(_one_of("kind", CLAIM_KINDS), name="kind"),
    sa.CheckConstraint("quantity > 0 AND settled >= 0 AND settled <= quantity", name="settled"),
)


class _SettlementColumns(TypedColumns):
    """How a part of a claim ended. `amount` is what the carrier pays."""

    id = sa.Column(sa.Uuid, primary_key=True)
    claim_id = sa.Column(sa.Uuid, sa.ForeignKey("transfer_claim.id"), nullable=False)
    outcome = sa.Column(sa.String(12), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    posting_id = sa.Column(sa.Uuid, nullable=True)  # NULL where no goods moved
    note = sa.Column(sa.String(200), nullable=False)
    carrier_ref = sa.Column(sa.String(60), nullable=True)
    amount = sa.Column(sa.Numeric(18, 2), nullable=True)
    currency = sa.Column(sa.String(3), nullable=True)
    settled_at = sa.Column(Instant, nullable=False)
    settled_by = sa.Column(sa.Uuid, nullable=False)


settlement = sa.Table(
    "transfer_settlement",
    metadata,
    _SettlementColumns,
    sa.Index("ix_transfer_settlement_claim_id", "claim_id"),
    sa.CheckConstraint(_one_of("outcome", OUTCOMES), name="outcome"),
    sa.CheckConstraint("quantity > 0 AND amount >= 0", name="positive"),
    sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="money"),
)
