"""Reading warehouse receipts, their lines and the releases asked for."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.ownership.rules import ratio_of
from wms.ownership.tables import pledge_release, warehouse_receipt, warehouse_receipt_line
from wms.ownership.wire import ReceiptLineRecord, ReceiptRecord, ReleaseRecord
from wms.stock.tables import location, lot, stock, unit


def _mine(query: sa.Select[Any], who: Actor) -> sa.Select[Any]:
    if who.sites is not None:
        query = query.where(warehouse_receipt.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(warehouse_receipt.c.owner_id.in_(who.owners))
    return query


def _record(row: sa.Row[Any]) -> ReceiptRecord:
    found = ReceiptRecord.model_validate(row._mapping)
    if row.value is not None and row.loan is not None:
        found.ratio = ratio_of(row.value, row.loan)
    return found


async def find_receipts(
    conn: AsyncConnection, who: Actor, after: str | None, limit: int, **filters: Any
) -> Page[ReceiptRecord]:
    """The newest first; a filter that is None does not narrow."""
    query = _mine(sa.select(warehouse_receipt), who).order_by(warehouse_receipt.c.id.desc()).limit(limit + 1)
    for name, value in filters.items():
        if value is not None:
            query = query.where(warehouse_receipt.c[name] == value)
    if after is not None:
        query = query.where(warehouse_receipt.c.id < read_id(after))
    found = [_record(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def receipt_of(conn: AsyncConnection, who: Actor, id: UUID) -> ReceiptRecord:
    """Refuses `not_found` for what is absent, foreign or another tenant's."""
    row = (
        await conn.execute(_mine(sa.select(warehouse_receipt), who).where(warehouse_receipt.c.id == id))
    ).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return _record(row)


async def find_receipt_lines(
    conn: AsyncConnection, who: Actor, id: UUID, after: str | None, limit: int
) -> Page[ReceiptLineRecord]:
    """By line, with where the goods lie now."""
    await receipt_of(conn, who, id)
    line, holder = warehouse_receipt_line, unit.alias("holder")
    query = (
        sa.select(line, trade_item.c.sku, lot.c.lot_no.label("lot"), location.c.name.label("location"))
        .join(stock, stock.c.id == line.c.stock_id)
        .join(trade_item, trade_item.c.id == line.c.item_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(holder, holder.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(holder.c.location_id, stock.c.place_id))
        .where(line.c.receipt_id == id)
        .order_by(line.c.line_no)
        .limit(limit + 1)
    )
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 6):
            raise Refusal("invalid_request", field="after")
        query = query.where(line.c.line_no > int(after))
    found = [ReceiptLineRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.line_no))


async def find_releases(
    conn: AsyncConnection, who: Actor, receipt_id: UUID, after: str | None, limit: int
) -> Page[ReleaseRecord]:
    """The newest first."""
    await receipt_of(conn, who, receipt_id)
    query = sa.select(pledge_release).where(pledge_release.c.receipt_id == receipt_id)
    if after is not None:
        query = query.where(pledge_release.c.id < read_id(after))
    rows = await conn.execute(query.order_by(pledge_release.c.id.desc()).limit(limit + 1))
    found = [ReleaseRecord.model_validate(row._mapping) for row in rows]
    return page_of(found, limit, lambda one: str(one.id))
