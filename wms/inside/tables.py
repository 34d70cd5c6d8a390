"""Codes that units had, what faces shall hold, bills, kits and scrap. Goods and moves themselves are in the ledger."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, metadata


class _UnitCodeColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    unit_id = sa.Column(sa.Uuid, sa.ForeignKey("unit.id"), nullable=False, index=True)
    code = sa.Column(sa.String(60), nullable=False, index=True)
    valid_from = sa.Column(Instant, nullable=False)
    valid_to = sa.Column(Instant, nullable=True)  # NULL: still on the unit
    reason = sa.Column(sa.String(200), nullable=False)


# Only of units that were labelled anew; who was never relabelled has the code in `unit` alone.
unit_code = sa.Table("unit_code", metadata, _UnitCodeColumns)


class _PickFaceColumns(TypedColumns):
    location_id = sa.Column(sa.Uuid, sa.ForeignKey("location.id"), primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), primary_key=True)
    min_quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # below it the face is filled
    max_quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # up to here


pick_face = sa.Table(
    "pick_face",
    metadata,
    _PickFaceColumns,
    sa.CheckConstraint("min_quantity >= 0 AND max_quantity > 0 AND max_quantity >= min_quantity", name="quantities"),
)


class _SafetyStockColumns(TypedColumns):
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), primary_key=True)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)


safety_stock = sa.Table(
    "safety_stock", metadata, _SafetyStockColumns, sa.CheckConstraint("quantity > 0", name="quantity")
)


class _BillLineColumns(TypedColumns):
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)  # the kit
    component_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)  # for one kit


bill_line = sa.Table(
    "bill_line",
    metadata,
    _BillLineColumns,
    sa.CheckConstraint("quantity > 0 AND item_id <> component_id", name="component"),
)


class _KitOrderColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)  # the document of all its entries
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    kind = sa.Column(sa.String(5), nullable=False)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    posting_id = sa.Column(sa.Uuid, nullable=False)
    made_at = sa.Column(Instant, nullable=False)
    made_by = sa.Column(sa.Uuid, nullable=False)


kit_order = sa.Table(
    "kit_order",
    metadata,
    _KitOrderColumns,
    sa.Index("ix_kit_order_item_id", "item_id"),
    sa.CheckConstraint("kind IN ('make','break')", name="kind"),
)


class _ScrapOrderColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    site = sa.Column(sa.String(8), sa.ForeignKey("site.code"), nullable=False)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=False)
    from_stock_id = sa.Column(sa.Uuid, nullable=False)  # what the goods were before they were set aside
    stock_id = sa.Column(sa.Uuid, nullable=False)  # what they are since: quarantine, in the same place
    reservation_id = sa.Column(sa.Uuid, nullable=True)  # locks them; NULL where a hold does already
    quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    weight_g = sa.Column(sa.BigInteger, nullable=False)
    reason = sa.Column(sa.String(200), nullable=False)
    bonded = sa.Column(sa.Boolean, nullable=False)
    authority_ref = sa.Column(sa.String(60), nullable=True)  # the authority's number for the destruction
    state = sa.Column(sa.String(9), nullable=False)
    requested_by = sa.Column(sa.Uuid, nullable=False)
    requested_at = sa.Column(Instant, nullable=False)
    decided_by = sa.Column(sa.Uuid, nullable=True)
    decided_at = sa.Column(Instant, nullable=True)
    posting_id = sa.Column(sa.Uuid, nullable=True)


scrap_order = sa.Table(
    "scrap_order",
    metadata,
    _ScrapOrderColumns,
    sa.Index("ix_scrap_order_site_state", "site", "state"),
    sa.CheckConstraint("state IN ('requested','scrapped','rejected')", name="state"),
    sa.CheckConstraint("quantity > 0", name="quantity"),
    # The last word on bonded goods: without the authority's number nothing is destroyed, whoever forgot to ask.
    sa.CheckConstraint("NOT bonded OR state <> 'scrapped' OR authority_ref IS NOT NULL", name="authority"),
)
