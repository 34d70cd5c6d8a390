"""Reading returns, by site and owner."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.returns.tables import goods_return, return_line, return_window
from wms.returns.wire import ReturnLineRecord, ReturnRecord, WindowRecord
from wms.stock.tables import account_line, lot, serial, stock, stock_entry


async def find_returns(
    conn: AsyncConnection, who: Actor, after: str | None, limit: int, **filters: Any
) -> Page[ReturnRecord]:
    """The newest first; a filter that is None does not narrow."""
    query = sa.select(goods_return).order_by(goods_return.c.id.desc()).limit(limit + 1)
    for name, value in filters.items():
        if value is not None:
            query = query.where(goods_return.c[name] == value)
    if who.sites is not None:
        query = query.where(goods_return.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(goods_return.c.owner_id.in_(who.owners))
    if after is not None:
        query = query.where(goods_return.c.id < read_id(after))
    found = [ReturnRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_return(conn: AsyncConnection, who: Actor, id: UUID) -> ReturnRecord:
    """Refuses `not_found` for what is absent, foreign or another tenant's."""
    who.need("return.read")
    row = (await conn.execute(sa.select(goods_return).where(goods_return.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    who.need("return.read", row.site)
    who.need_owner(row.owner_id)
    return ReturnRecord.model_validate(row._mapping)


async def find_lines(conn: AsyncConnection, return_id: UUID, after: str | None, limit: int) -> Page[ReturnLineRecord]:
    """By line number."""
    query = (
        sa.select(
            *(return_line, trade_item.c.sku, lot.c.lot_no, serial.c.serial_no, stock.c.customs_status),
            *(account_line.c.account_no, account_line.c.line_no.label("account_line")),
        )
        .join(stock_entry, stock_entry.c.id == return_line.c.entry_id)
        .join(stock, stock.c.id == stock_entry.c.from_stock_id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .outerjoin(account_line, account_line.c.id == stock.c.account_line_id)
        .where(return_line.c.return_id == return_id)
        .order_by(return_line.c.line_no)
        .limit(limit + 1)
    )
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 6):
            raise Refusal("invalid_request", field="after")
        query = query.where(return_line.c.line_no > int(after))
    found = [ReturnLineRecord.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.line_no))


async def find_windows(conn: AsyncConnection, after: str | None, limit: int) -> Page[WindowRecord]:
    query = sa.select(return_window).order_by(return_window.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(return_window.c.id > read_id(after))
    found = [WindowRecord.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))
