"""Reading holds."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.parties.tables import party
from wms.stock.tables import hold, location, lot, unit


class HoldRow(BaseModel):
    """What a hold selects, by name; every one that is given narrows."""

    id: UUID
    reason: str
    note: str
    sku: str | None
    lot: str | None
    unit: str | None
    owner: str | None
    location: str | None
    site: str | None
    hs_prefix: str | None
    placed_at: datetime
    placed_by: str
    released_at: datetime | None
    released_by: str | None
    release_note: str | None


async def read_holds(
    conn: AsyncConnection, actor: Actor, *, active: bool, before: UUID | None, limit: int
) -> list[HoldRow]:
    """The newest first; a tenant sees those that name him as owner, nothing of the house's others."""
    query = (
        sa.select(
            *(hold.c.id, hold.c.reason, hold.c.note, trade_item.c.sku, lot.c.lot_no.label("lot")),
            *(sa.func.coalesce(unit.c.sscc, unit.c.label).label("unit"), party.c.code.label("owner")),
            *(location.c.name.label("location"), sa.func.coalesce(hold.c.site, location.c.site).label("site")),
            *(hold.c.hs_prefix, hold.c.placed_at, hold.c.placed_by, hold.c.released_at, hold.c.released_by),
            hold.c.release_note,
        )
        .outerjoin(trade_item, trade_item.c.id == hold.c.item_id)
        .outerjoin(lot, lot.c.id == hold.c.lot_id)
        .outerjoin(unit, unit.c.id == hold.c.unit_id)
        .outerjoin(party, party.c.id == hold.c.owner_id)
        .outerjoin(location, location.c.id == sa.func.coalesce(hold.c.location_id, unit.c.location_id))
        .order_by(hold.c.id.desc())
        .limit(limit)
    )
    if active:
        query = query.where(hold.c.released_at.is_(None))
    if actor.owners is not None:
        query = query.where(hold.c.owner_id.in_(actor.owners))
    if actor.sites is not None:
        at = sa.func.coalesce(hold.c.site, location.c.site)
        query = query.where(sa.or_(at.is_(None), at.in_(actor.sites)))
    if before is not None:
        query = query.where(hold.c.id < before)
    return [HoldRow.model_validate(row._mapping) for row in await conn.execute(query)]
