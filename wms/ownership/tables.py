"""Supplier-owned stock and warehouse receipts.

`consignment` agrees that a supplier's goods lie at a site until the buyer pulls them; each pull posts a change of owner and
leaves settlement lines. `warehouse_receipt` (仓单) stands for a quantity of stock rows: what its lines count is what
`stock.held` holds, row by row, and the proof compares the two.
"""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata


class _ConsignmentColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    kind = sa.Column(sa.String(12), nullable=False)
    reference = sa.Column(sa.String(60), nullable=False)
    supplier_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)  # owns the goods until the pull
    buyer_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    currency = sa.Column(sa.String(3), nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    created_by = sa.Column(sa.String(60), nullable=False)
    ended_at = sa.Column(Instant, nullable=True)


consignment = sa.Table(
    "consignment",
    metadata,
    _ConsignmentColumns,
    sa.UniqueConstraint("supplier_id", "reference"),
    sa.CheckConstraint("kind IN ('consignment','vmi')", name="kind"),
    sa.CheckConstraint("supplier_id <> buyer_id", name="two_parties"),
)


class _ConsignmentLineColumns(TypedColumns):
    consignment_id = sa.Column(sa.Uuid, sa.ForeignKey("consignment.id"), primary_key=True)
    line_no = sa.Column(sa.Integer, primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    min_quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    max_quantity = sa.Column(sa.Numeric(18, 6), nullable=True)
    price = sa.Column(sa.Numeric(18, 4), nullable=False)  # of one base unit


consignment_line = sa.Table(
    "consignment_line",
    metadata,
    _ConsignmentLineColumns,
    sa.UniqueConstraint("consignment_id", "item_id"),
    sa.CheckConstraint("min_quantity >= 0 AND min_quantity <= max_quantity AND price >= 0", name="limits"),
)


class _PullColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    consignment_id = sa.Column(sa.Uuid, sa.ForeignKey("consignment.id"), nullable=False)
    reference = sa.Column(sa.String(60), nullable=False)
    posting_id = sa.Column(sa.Uuid, nullable=False)
    amount = sa.Column(sa.Numeric(18, 2), nullable=False)
    currency = sa.Column(sa.String(3), nullable=False)
    pulled_at = sa.Column(Instant, nullable=False)
    pulled_by = sa.Column(sa.String(60), nullable=False)


pull = sa.Table("consignment_pull", metadata, _PullColumns, sa.UniqueConstraint("consignment_id", "reference"))


class _SettlementLineColumns(TypedColumns):
    pull_id = sa.Column(sa.Uuid, sa.ForeignKey("consignment_pull.id"), primary_key=True)
    line_no = sa.Column(sa.Integer, primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    lot_id = sa.Column(sa.Uuid, sa.ForeignKey("lot.id"), nullable=True)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    price = sa.Column(sa.Numeric(18, 4), nullable=False)
    amount = sa.Column(sa.Numeric(18, 2), nullable=False)


settlement_line = sa.Table(
    "settlement_line", metadata, _SettlementLineColumns, sa.CheckConstraint("quantity > 0", name="quantity")
)


class _CallOffColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    consignment_id = sa.Column(sa.Uuid, sa.ForeignKey("consignment.id"), nullable=False, index=True)
    called_at = sa.Column(Instant, nullable=False)
    called_by = sa.Column(sa.String(60), nullable=False)
    closed_at = sa.Column(Instant, nullable=True)


call_off = sa.Table("call_off", metadata, _CallOffColumns)


class _CallOffLineColumns(TypedColumns):
    call_off_id = sa.Column(sa.Uuid, sa.ForeignKey("call_off.id"), primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)


call_off_line = sa.Table(
    "call_off_line", metadata, _CallOffLineColumns, sa.CheckConstraint("quantity > 0", name="quantity")
)

RECEIPT_STATES = ("open", "pledged", "split", "closed")


class _ReceiptCounterColumns(TypedColumns):
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), primary_key=True)
    next_number = sa.Column(sa.BigInteger, nullable=False)


receipt_counter = sa.Table("warehouse_receipt_counter", metadata, _ReceiptCounterColumns)


class _WarehouseReceiptColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    number = sa.Column(sa.String(24), nullable=False)  # never given twice
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)  # of the receipt and so of the goods
    state = sa.Column(sa.String(8), nullable=False)
    parent_id = sa.Column(sa.Uuid, sa.ForeignKey("warehouse_receipt.id"), nullable=True)  # it was split from
    issued_at = sa.Column(Instant, nullable=False)
    issued_by = sa.Column(sa.String(60), nullable=False)
    # The pledge (质押). Ratios are value over loan: below `warning_ratio` the bank is warned, below `call_ratio` it calls.
    bank_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)
    bank_reference = sa.Column(sa.String(60), nullable=True)
    loan = sa.Column(sa.Numeric(18, 2), nullable=True)
    currency = sa.Column(sa.String(3), nullable=True)
    warning_ratio = sa.Column(sa.Numeric(8, 4), nullable=True)
    call_ratio = sa.Column(sa.Numeric(8, 4), nullable=True)
    value = sa.Column(sa.Numeric(20, 2), nullable=True)  # when last watched
    alert = sa.Column(sa.String(8), nullable=True)
    pledged_at = sa.Column(Instant, nullable=True)


warehouse_receipt = sa.Table(
    "warehouse_receipt",
    metadata,
    _WarehouseReceiptColumns,
    sa.UniqueConstraint("number"),
    sa.Index("ix_warehouse_receipt_owner_id", "owner_id"),
    sa.CheckConstraint("state IN ('open','pledged','split','closed')", name="state"),
    sa.CheckConstraint("alert IN ('none','warning','call')", name="alert"),
    sa.CheckConstraint(
        "state <> 'pledged' OR num_nulls(bank_id, loan, currency, warning_ratio, call_ratio, value, alert) = 0",
        name="pledge",
    ),
)


class _WarehouseReceiptLineColumns(TypedColumns):
    receipt_id = sa.Column(sa.Uuid, sa.ForeignKey("warehouse_receipt.id"), primary_key=True)
    line_no = sa.Column(sa.Integer, primary_key=True)
    stock_id = sa.Column(sa.Uuid, sa.ForeignKey("stock.id"), nullable=False)  # follows the goods when they are moved
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    issued = sa.Column(sa.Numeric(18, 6), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # still held; 0 once released or split off


warehouse_receipt_line = sa.Table(
    "warehouse_receipt_line",
    metadata,
    _WarehouseReceiptLineColumns,
    sa.Index("ix_warehouse_receipt_line_open", "stock_id", postgresql_where=sa.text("quantity > 0")),
    sa.Index("ix_warehouse_receipt_line_item_id", "item_id", postgresql_where=sa.text("quantity > 0")),
    sa.CheckConstraint("quantity >= 0 AND quantity <= issued", name="quantity"),
)


class _CollateralPriceColumns(TypedColumns):
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)
    currency = sa.Column(sa.String(3), primary_key=True)
    priced_at = sa.Column(Instant, primary_key=True)
    price = sa.Column(sa.Numeric(18, 4), nullable=False)
    source = sa.Column(sa.String(120), nullable=False)
    priced_by = sa.Column(sa.String(60), nullable=False)


collateral_price = sa.Table(
    "collateral_price", metadata, _CollateralPriceColumns, sa.CheckConstraint("price >= 0", name="price")
)


class _PledgeReleaseColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    receipt_id = sa.Column(sa.Uuid, sa.ForeignKey("warehouse_receipt.id"), nullable=False, index=True)
    bank_reference = sa.Column(sa.String(60), nullable=False)  # the bank's letter
    loan = sa.Column(sa.Numeric(18, 2), nullable=False)  # what is still owed after it
    state = sa.Column(sa.String(10), nullable=False)
    requested_at = sa.Column(Instant, nullable=False)
    requested_by_id = sa.Column(sa.Uuid, nullable=False)
    requested_by = sa.Column(sa.String(60), nullable=False)
    decided_at = sa.Column(Instant, nullable=True)
    decided_by = sa.Column(sa.String(60), nullable=True)


pledge_release = sa.Table(
    "pledge_release",
    metadata,
    _PledgeReleaseColumns,
    sa.CheckConstraint("state IN ('requested','approved','refused')", name="state"),
)


class _PledgeReleaseLineColumns(TypedColumns):
    release_id = sa.Column(sa.Uuid, sa.ForeignKey("pledge_release.id"), primary_key=True)
    line_no = sa.Column(sa.Integer, primary_key=True)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)


pledge_release_line = sa.Table(
    "pledge_release_line", metadata, _PledgeReleaseLineColumns, sa.CheckConstraint("quantity > 0", name="quantity")
)
