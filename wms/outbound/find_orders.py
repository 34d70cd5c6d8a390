"""Reading orders, by site and owner."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal
from wms.outbound.sql import REMAINDER
from wms.outbound.tables import order, order_line
from wms.outbound.wire import OrderLineRecord, OrderRecord
from wms.stock.tables import lot


async def find_orders(
    conn: AsyncConnection, who: Actor, after: str | None, limit: int, **filters: Any
) -> Page[OrderRecord]:
    """The newest first; a filter that is None does not narrow."""
    query = sa.select(order).order_by(order.c.id.desc()).limit(limit + 1)
    for name, value in filters.items():
        if value is not None:
            query = query.where(order.c[name] == value)
    if who.sites is not None:
        query = query.where(order.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(order.c.owner_id.in_(who.owners))
    if after is not None:
        query = query.where(order.c.id < read_cursor(after))
    found = [OrderRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_order(conn: AsyncConnection, who: Actor, id: UUID) -> OrderRecord:
    """Refuses `not_found` for what is absent, foreign or another tenant's."""
    row = (await conn.execute(sa.select(order).where(order.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    who.need("order.read", row.site)
    who.need_owner(row.owner_id)
    return OrderRecord.model_validate(row._mapping)


async def find_lines(conn: AsyncConnection, order_id: UUID, after: str | None, limit: int) -> Page[OrderLineRecord]:
    """By line number."""
    query = (
        sa.select(order_line, REMAINDER.label("remainder"), trade_item.c.sku, lot.c.lot_no)
        .join(trade_item, trade_item.c.id == order_line.c.item_id)
        .outerjoin(lot, lot.c.id == order_line.c.lot_id)
        .where(order_line.c.order_id == order_id)
        .order_by(order_line.c.line_no)
        .limit(limit + 1)
    )
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 6):
            raise Refusal("invalid_request", field="after")
        query = query.where(order_line.c.line_no > int(after))
    found = [OrderLineRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.line_no))


def read_cursor(after: str) -> UUID:
    try:
        return UUID(after)
    except ValueError:
        raise Refusal("invalid_request", field="after") from None
