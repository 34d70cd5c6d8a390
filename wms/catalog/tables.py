"""Trade items. Quantities are counted in the item's base unit; packaging levels say how many of it a case or pallet holds."""

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.schema import Instant, Json, metadata

TEMPERATURES = ("ambient", "chilled", "frozen")


class _TradeItemColumns(TypedColumns):
    id = sa.Column(sa.Uuid, primary_key=True)
    owner_id = sa.Column(sa.Uuid, sa.ForeignKey("party.id"), nullable=True)  # NULL: an article that several owners keep
    sku = sa.Column(sa.String(60), nullable=False)  # the owner's article number
    gtin = sa.Column(sa.String(14), nullable=True)  # of the base unit
    names = sa.Column(Json, nullable=False)
    base_unit = sa.Column(sa.String(3), nullable=False)  # UN/ECE Rec. 20: C62, KGM, LTR …
    tracking = sa.Column(sa.String(8), nullable=False)
    catch_weight = sa.Column(sa.Boolean, nullable=False)  # every case is weighed; stock keeps grams beside the quantity
    shelf_life_days = sa.Column(sa.Integer, nullable=True)
    min_remaining_days = sa.Column(sa.Integer, nullable=True)  # below it nothing is allocated
    temperature = sa.Column(sa.String(8), nullable=False)
    dangerous_class = sa.Column(sa.String(3), nullable=True)  # ADR class, "3", "5.1", "9"
    un_number = sa.Column(sa.String(4), nullable=True)
    hs_code = sa.Column(sa.String(10), nullable=True)
    weight_g = sa.Column(sa.Integer, nullable=True)  # of one base unit
    length_mm = sa.Column(sa.Integer, nullable=True)
    width_mm = sa.Column(sa.Integer, nullable=True)
    height_mm = sa.Column(sa.Integer, nullable=True)
    abc = sa.Column(sa.String(1), nullable=True)
    active = sa.Column(sa.Boolean, nullable=False)
    created_at = sa.Column(Instant, nullable=False)


trade_item = sa.Table(
    "trade_item",
    metadata,
    _TradeItemColumns,
    sa.UniqueConstraint("owner_id", "sku", postgresql_nulls_not_distinct=True),
    sa.Index("ix_trade_item_gtin", "gtin"),
    sa.CheckConstraint("tracking IN ('none','lot','serial')", name="tracking"),
    sa.CheckConstraint("temperature IN ('ambient','chilled','frozen')", name="temperature"),
    sa.CheckConstraint("abc IN ('A','B','C')", name="abc"),
    sa.CheckConstraint("weight_g >= 0 AND length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="measures"),
)


class _PackagingColumns(TypedColumns):
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)
    level = sa.Column(sa.String(12), primary_key=True)  # case, layer, pallet …
    gtin = sa.Column(sa.String(14), nullable=True)
    base_quantity = sa.Column(sa.Numeric(18, 6), nullable=False)
    weight_g = sa.Column(sa.Integer, nullable=True)
    length_mm = sa.Column(sa.Integer, nullable=True)
    width_mm = sa.Column(sa.Integer, nullable=True)
    height_mm = sa.Column(sa.Integer, nullable=True)


packaging = sa.Table(
    "packaging",
    metadata,
    _PackagingColumns,
    sa.Index("ix_packaging_gtin", "gtin"),
    sa.CheckConstraint("base_quantity > 0", name="base_quantity"),
)


class _AliasColumns(TypedColumns):
    code = sa.Column(sa.String(120), primary_key=True)
    item_id = sa.Column(sa.Uuid, sa.ForeignKey("trade_item.id"), primary_key=True)


# One code may call several items: the person is asked.
item_alias = sa.Table("item_alias", metadata, _AliasColumns, sa.Index("ix_item_alias_item_id", "item_id"))
