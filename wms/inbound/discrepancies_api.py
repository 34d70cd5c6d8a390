"""Discrepancies over HTTP."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel

from wms.access.api import Who
from wms.catalog.tables import trade_item
from wms.inbound.settle_discrepancy import Settle, SettleBody, Settled, settle_discrepancy
from wms.inbound.tables import discrepancy, notice, notice_line
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.parties.tables import party
from wms.stock.wire import Quantity

router = APIRouter(prefix="/api/v1", tags=["inbound"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]


class DiscrepancyRow(BaseModel):
    id: UUID
    site: str
    owner: str
    notice_id: UUID
    notice_no: str
    line_no: int | None
    sku: str | None
    sscc: str | None
    kind: str
    quantity: Quantity
    found_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    reason: str | None
    note: str | None


@router.get("/discrepancies")
async def get_discrepancies(
    held: Held,
    who: Who,
    site: Site = None,
    notice_id: UUID | None = None,
    settled: bool | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[DiscrepancyRow]:
    """Differences between what was announced and what came."""
    who.need("notice.read", site)
    query = (
        sa.select(
            discrepancy,
            party.c.code.label("owner"),
            notice.c.notice_no,
            notice_line.c.line_no,
            trade_item.c.sku,
        )
        .join(party, party.c.id == discrepancy.c.owner_id)
        .join(notice, notice.c.id == discrepancy.c.notice_id)
        .outerjoin(notice_line, notice_line.c.id == discrepancy.c.notice_line_id)
        .outerjoin(trade_item, trade_item.c.id == discrepancy.c.item_id)
        .order_by(discrepancy.c.id)
        .limit(limit + 1)
    )
    query = mine(query, who, discrepancy)
    if site is not None:
        query = query.where(discrepancy.c.site == site)
    if notice_id is not None:
        query = query.where(discrepancy.c.notice_id == notice_id)
    if settled is not None:
        query = query.where(discrepancy.c.settled_at.is_not(None) if settled else discrepancy.c.settled_at.is_(None))
    if after is not None:
        query = query.where(discrepancy.c.id > read_id(after))
    async with held.db.read() as conn:
        found = [DiscrepancyRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


@router.post("/discrepancies/{id}/settle")
async def post_settle(id: UUID, body: SettleBody, held: Held, who: Who, key: IdempotencyKey = None) -> Settled:
    who.need("discrepancy.settle")
    return await held.db.run(settle_discrepancy, Settle(id=id, **dict(body)), actor=who, key=key)


def mine(query: sa.Select[Any], who: Actor, table: sa.Table[Any]) -> sa.Select[Any]:
    """Only what lies at sites and belongs to owners of theirs."""
    if who.sites is not None:
        query = query.where(table.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(table.c.owner_id.in_(who.owners))
    return query
