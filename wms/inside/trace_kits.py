"""From a kit order to the lots in it, and from a lot to the kit orders: by the document on the journal's entries."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.inside.goods import among
from wms.inside.tables import kit_order
from wms.kit.actor import Actor
from wms.stock.tables import lot, serial, stock, stock_entry
from wms.stock.wire import Quantity


class KitGoods(BaseModel):
    way: Literal["used", "made"]
    sku: str
    lot: str | None
    serial: str | None
    quantity: Quantity


class KitOrderRow(BaseModel):
    id: UUID
    site: str
    kind: Literal["make", "break"]
    sku: str
    quantity: Quantity
    made_at: datetime
    posting_id: UUID
    goods: list[KitGoods]


async def find_kits(
    conn: AsyncConnection,
    who: Actor,
    *,
    site: str | None = None,
    sku: str | None = None,
    lot_no: str | None = None,
    id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 1,
) -> list[KitOrderRow]:
    """The newest first. `lot_no` with `sku` finds every order that used or made that lot of that article."""
    query = sa.select(kit_order, trade_item.c.sku).join(trade_item, trade_item.c.id == kit_order.c.item_id)
    if lot_no is not None:
        query = query.where(kit_order.c.id.in_(_documents_of(sku, lot_no)))
    elif sku is not None:
        query = query.where(trade_item.c.sku == sku)
    for column, value in ((kit_order.c.site, site), (kit_order.c.id, id)):
        query = query.where(column == value) if value is not None else query
    if before is not None:
        query = query.where(kit_order.c.id < before)
    if who.sites is not None:
        query = query.where(kit_order.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(kit_order.c.owner_id.in_(who.owners))
    rows = (await conn.execute(query.order_by(kit_order.c.id.desc()).limit(limit))).all()
    goods = await _goods(conn, [row.id for row in rows])
    return [KitOrderRow.model_validate(dict(row._mapping) | {"goods": goods.get(row.id, [])}) for row in rows]


def _documents_of(sku: str | None, lot_no: str) -> sa.Select[Any]:
    of_lot = sa.select(stock.c.id).join(lot, lot.c.id == stock.c.lot_id).where(lot.c.lot_no == lot_no)
    if sku is not None:
        of_lot = of_lot.join(trade_item, trade_item.c.id == lot.c.item_id).where(trade_item.c.sku == sku)
    touched = sa.or_(stock_entry.c.from_stock_id.in_(of_lot), stock_entry.c.to_stock_id.in_(of_lot))
    return sa.select(stock_entry.c.document_id).where(touched, stock_entry.c.cause.in_(("kit", "kit_break")))


async def _goods(conn: AsyncConnection, ids: list[UUID]) -> dict[UUID, list[KitGoods]]:
    used = stock_entry.c.to_stock_id.is_(None)
    rows = await conn.execute(
        sa.select(
            *(stock_entry.c.document_id, used.label("used"), trade_item.c.sku, lot.c.lot_no.label("lot")),
            *(serial.c.serial_no.label("serial"), stock_entry.c.quantity),
        )
        .join(stock, stock.c.id == sa.func.coalesce(stock_entry.c.from_stock_id, stock_entry.c.to_stock_id))
        .join(trade_item, trade_item.c.id == stock_entry.c.item_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .where(among(stock_entry.c.document_id, ids))
        .order_by(stock_entry.c.id)
    )
    found: dict[UUID, list[KitGoods]] = {}
    for row in rows:
        values = dict(row._mapping) | {"way": "used" if row.used else "made"}
        found.setdefault(row.document_id, []).append(KitGoods.model_validate(values))
    return found
