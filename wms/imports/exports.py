"""What can be exported: articles, locations, and stock as it is now, each as far as the reader may see it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.catalog.find_items import seen_items
from wms.catalog.tables import item_alias, packaging, trade_item
from wms.imports.export_table import Cells, Export
from wms.imports.item_rows import ItemRows
from wms.imports.location_rows import LocationRows
from wms.kit.actor import Actor
from wms.parties.tables import party
from wms.stock.find_locations import seen_locations
from wms.stock.tables import account_line, location, lot, serial, stock, unit
from wms.stock.wire import quantity_text

_LANGUAGES = ("zh", "en", "ru")
_LEVELS = ("case", "pallet")
_STOCK_COLUMNS = (
    *("site", "location", "unit", "owner", "sku", "name_zh", "name_en", "name_ru", "quantity", "base_unit", "reserved"),
    *("held", "lot_no", "produced_on", "best_before_on", "expires_on", "serial_no", "customs_status", "condition"),
    *("weight_g", "account_no", "line_no"),
)


def export_items(who: Actor, *, site: str | None, owner_id: UUID | None) -> Export:
    """By owner and number. The columns are those of the import."""
    levels: list[Any] = []
    for level in _LEVELS:
        for column, name in ((packaging.c.base_quantity, "quantity"), (packaging.c.gtin, "gtin")):
            one = sa.select(column).where(packaging.c.item_id == trade_item.c.id, packaging.c.level == level)
            levels.append(one.scalar_subquery().label(f"{level}_{name}"))
    codes = sa.func.string_agg(item_alias.c.code, sa.literal("|")).label("codes")
    aliases = sa.select(codes).where(item_alias.c.item_id == trade_item.c.id).scalar_subquery().label("aliases")
    query = (
        sa.select(trade_item, party.c.code.label("owner"), *levels, aliases)
        .outerjoin(party, party.c.id == trade_item.c.owner_id)
        .where(seen_items(who))
        .order_by(party.c.code, trade_item.c.sku)
    )
    if owner_id is not None:
        query = query.where(trade_item.c.owner_id == owner_id)
    return Export("items", ItemRows.columns, query, lambda row: [_item_cell(row, one) for one in ItemRows.columns])


def export_locations(who: Actor, *, site: str | None, owner_id: UUID | None) -> Export:
    """By site and walk. The columns are those of the import."""
    query = (
        sa.select(location)
        .where(seen_locations(who), location.c.kind.not_in(("line", "chute", "lost")))
        .order_by(location.c.site, location.c.path_order, location.c.name)
    )
    if site is not None:
        query = query.where(location.c.site == site)
    columns = LocationRows.columns
    return Export("locations", columns, query, lambda row: [_joined(row[one]) for one in columns])


def export_stock(who: Actor, *, site: str | None, owner_id: UUID | None) -> Export:
    """Every row that has a quantity, as it is while it is read."""
    root = sa.func.coalesce(unit.c.location_id, stock.c.place_id)
    query = (
        sa.select(
            stock,
            *(location.c.site, location.c.name.label("location"), party.c.code.label("owner")),
            *(trade_item.c.sku, trade_item.c.names, trade_item.c.base_unit),
            *(lot.c.lot_no, lot.c.produced_on, lot.c.best_before_on, lot.c.expires_on, serial.c.serial_no),
            *(account_line.c.account_no, account_line.c.line_no),
            sa.func.coalesce(unit.c.sscc, unit.c.label).label("unit"),
        )
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .join(location, location.c.id == root)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .join(party, party.c.id == stock.c.owner_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .outerjoin(account_line, account_line.c.id == stock.c.account_line_id)
        .where(stock.c.quantity > 0)
        .order_by(stock.c.id)
    )
    if who.sites is not None:
        query = query.where(location.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(stock.c.owner_id.in_(who.owners))
    if site is not None:
        query = query.where(location.c.site == site)
    if owner_id is not None:
        query = query.where(stock.c.owner_id == owner_id)
    return Export("stock", _STOCK_COLUMNS, query, _stock_cells)


EXPORTS: dict[str, tuple[str, Callable[..., Export]]] = {
    # name: the right it needs, how it is made
    "items": ("item.read", export_items),
    "locations": ("location.read", export_locations),
    "stock": ("stock.read", export_stock),
}


def _item_cell(row: sa.RowMapping, column: str) -> Any:
    if column.startswith("name_"):
        return row["names"].get(column.removeprefix("name_"))
    if column.endswith("_quantity") and row[column] is not None:
        return quantity_text(row[column])
    return row[column]


def _stock_cells(row: sa.RowMapping) -> Cells:
    names = {f"name_{one}": row["names"].get(one) for one in _LANGUAGES}
    numbers = {name: quantity_text(row[name]) for name in ("quantity", "reserved", "held")}
    return [names[one] if one in names else numbers[one] if one in numbers else row[one] for one in _STOCK_COLUMNS]


def _joined(value: Any) -> Any:
    return "|".join(value) if isinstance(value, list) else value
