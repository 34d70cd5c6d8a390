"""What left, by the journal: the entries of shipments, and the stock that each was."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.returns.tables import returned_entry
from wms.returns.wire import ShippedGoods
from wms.stock.stock_key import StockKey
from wms.stock.tables import account_line, location, lot, serial, stock, stock_entry

SHIPPED = "ship"  # the cause under which orders leave
_undone = stock_entry.alias("undone")


def among(column: sa.ColumnElement[Any], ids: Iterable[Any], type_: Any = sa.Uuid) -> sa.ColumnElement[bool]:
    """`column` is one of `ids`, as one parameter."""
    return column == sa.any_(sa.cast(sorted(ids), ARRAY(type_)))


def select_shipped() -> sa.Select[Any]:
    """Entries by which goods of orders left a site and that were not taken back by a correction."""
    returned = sa.func.coalesce(returned_entry.c.returned, 0)
    return (
        sa.select(
            *(stock_entry.c.id.label("entry_id"), stock_entry.c.document_id.label("order_line_id"), location.c.site),
            *(stock_entry.c.owner_id, stock_entry.c.item_id, trade_item.c.sku, lot.c.lot_no, serial.c.serial_no),
            *(stock.c.customs_status, stock.c.condition, stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id),
            *(account_line.c.account_no, account_line.c.line_no.label("account_line")),
            *(stock_entry.c.happened_at.label("shipped_at"), stock_entry.c.quantity.label("shipped")),
            *(stock_entry.c.weight_g, returned.label("returned")),
            (stock_entry.c.quantity - returned).label("returnable"),
        )
        .join(stock, stock.c.id == stock_entry.c.from_stock_id)
        .join(location, location.c.id == stock_entry.c.to_place_id)
        .join(trade_item, trade_item.c.id == stock_entry.c.item_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .outerjoin(account_line, account_line.c.id == stock.c.account_line_id)
        .outerjoin(returned_entry, returned_entry.c.entry_id == stock_entry.c.id)
        .where(
            stock_entry.c.cause == SHIPPED,
            stock_entry.c.to_stock_id.is_(None),
            stock_entry.c.document_id.is_not(None),
            stock_entry.c.reverses_id.is_(None),
            ~sa.exists(sa.select(_undone.c.id).where(_undone.c.reverses_id == stock_entry.c.id)),
        )
    )


async def find_shipped(
    conn: AsyncConnection, who: Actor, line_ids: Iterable[UUID], after: int | None, limit: int
) -> list[ShippedGoods]:
    """What left for these order lines, in order of the journal."""
    query = select_shipped().where(among(stock_entry.c.document_id, line_ids)).order_by(stock_entry.c.id).limit(limit)
    if after is not None:
        query = query.where(stock_entry.c.id > after)
    if who.sites is not None:
        query = query.where(location.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(stock_entry.c.owner_id.in_(who.owners))
    return [ShippedGoods.model_validate(dict(row._mapping)) for row in await conn.execute(query)]


def key_of(row: sa.Row[Any], place_id: UUID, condition: str) -> StockKey:
    """What shipped goods are when they are back at a place: the same in every dimension but the condition."""
    return StockKey(
        place_id=place_id,
        item_id=row.item_id,
        owner_id=row.owner_id,
        customs_status=row.customs_status,
        condition=condition,
        lot_id=row.lot_id,
        serial_id=row.serial_id,
        account_line_id=row.account_line_id,
    )
