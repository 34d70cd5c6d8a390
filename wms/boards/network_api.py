"""Questions over all sites: what may be promised, what should be sent where, and what of an order may come back."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.boards.availability import Availability, find_availability
from wms.boards.replenishment import ReplenishmentProposal, ReplenishmentQuestion, find_proposals
from wms.kit.http import ERRORS, Held
from wms.kit.page import After, Limit, Page, page_of
from wms.kit.refusal import Refusal
from wms.outbound.tables import order, order_line
from wms.returns.shipped import find_shipped
from wms.returns.wire import ShippedGoods

router = APIRouter(prefix="/api/v1", tags=["network"], responses=ERRORS)
_Days = Annotated[int, Query(ge=1, le=366)]
_Site = Annotated[str | None, Query(max_length=8)]


@router.get("/availability")
async def get_availability(
    held: Held,
    who: Who,
    item: Annotated[str, Query(min_length=1, max_length=60, description="id or article number")],
    site: _Site = None,
    owner_id: UUID | None = None,
) -> Availability:
    """What may be promised of an article, by site and in all. Never negative."""
    who.need("stock.read")
    async with held.db.read() as conn:
        return await find_availability(conn, who, held.db.clock(), item, site, owner_id)


@router.get("/replenishment-proposals")
async def get_proposals(
    held: Held,
    who: Who,
    site: _Site = None,
    owner_id: UUID | None = None,
    days: _Days = 28,
    min_cover_days: _Days = 14,
    target_cover_days: _Days = 28,
    after: After = None,
    limit: Limit = 100,
) -> Page[ReplenishmentProposal]:
    """What overseas sites should be sent from bonded stock so that it lasts."""
    who.need("transfer.read", site)
    asked = ReplenishmentQuestion(
        site=site,
        owner_id=owner_id,
        days=days,
        min_cover_days=min_cover_days,
        target_cover_days=target_cover_days,
    )
    async with held.db.read() as conn:
        return await find_proposals(conn, who, held.db.clock(), asked, after, limit)


@router.get("/shipped-goods")
async def get_shipped(
    held: Held, who: Who, order_id: UUID, after: After = None, limit: Limit = 100
) -> Page[ShippedGoods]:
    """What left for an order, entry by entry, and how much of it may still come back."""
    who.need("return.read")
    if after is not None and not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise Refusal("invalid_request", field="after")
    async with held.db.read() as conn:
        row = (
            await conn.execute(sa.select(order.c.site, order.c.owner_id).where(order.c.id == order_id))
        ).one_or_none()
        if row is None:
            raise Refusal("not_found")
        who.need("return.read", row.site)
        who.need_owner(row.owner_id)
        lines = await conn.scalars(sa.select(order_line.c.id).where(order_line.c.order_id == order_id))
        found = await find_shipped(conn, who, list(lines), int(after) if after else None, limit + 1)
    return page_of(found, limit, lambda one: str(one.entry_id))
