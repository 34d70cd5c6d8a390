"""Stock as it was at any instant: today's balances less what came since, so the past costs what happened since then.

`recorded` asks what the system knew at that instant, `happened` what was true then by the clocks of those who did it: an entry
posted late counts from when it was done. Nothing is ever rewritten for either.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.parties.tables import party
from wms.stock.tables import location, lot, stock, stock_entry, unit
from wms.stock.wire import Quantity

Basis = Literal["recorded", "happened"]


class PastStock(BaseModel):
    stock_id: UUID
    site: str
    location: str
    unit_id: UUID | None
    sku: str
    owner: str
    lot: str | None
    customs_status: str
    condition: str
    quantity: Quantity


def select_past(at: datetime, basis: Basis) -> sa.Subquery:
    """Stock ids and their quantity at an instant."""
    clock = stock_entry.c.recorded_at if basis == "recorded" else stock_entry.c.happened_at
    came = sa.select(stock_entry.c.to_stock_id.label("id"), (-stock_entry.c.quantity).label("q")).where(
        clock > at, stock_entry.c.to_stock_id.is_not(None)
    )
    went = sa.select(stock_entry.c.from_stock_id, stock_entry.c.quantity).where(
        clock > at, stock_entry.c.from_stock_id.is_not(None)
    )
    since = sa.union_all(came, went).subquery()
    net = sa.select(since.c.id, sa.func.sum(since.c.q).label("q")).group_by(since.c.id).subquery()
    return (
        sa.select(stock.c.id, (stock.c.quantity + sa.func.coalesce(net.c.q, 0)).label("quantity"))
        .outerjoin(net, net.c.id == stock.c.id)
        .subquery()
    )


async def look_back(
    conn: AsyncConnection,
    actor: Actor,
    at: datetime,
    *,
    basis: Basis = "recorded",
    site: str | None = None,
    item_id: UUID | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[PastStock]:
    """What was where. Units stood where their journal had them at that instant, with everything in them."""
    past = select_past(at, basis)
    root = sa.func.location_at(stock.c.place_id, at, basis == "happened")
    query = (
        sa.select(
            *(
                stock.c.id.label("stock_id"),
                location.c.site,
                location.c.name.label("location"),
                unit.c.id.label("unit_id"),
            ),
            *(trade_item.c.sku, party.c.code.label("owner"), lot.c.lot_no.label("lot")),
            *(stock.c.customs_status, stock.c.condition, past.c.quantity),
        )
        .join(past, past.c.id == stock.c.id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .join(party, party.c.id == stock.c.owner_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .join(location, location.c.id == root)
        .where(past.c.quantity != 0, ~location.c.virtual)
        .order_by(stock.c.id)
        .limit(limit)
    )
    for column, value in ((location.c.site, site), (stock.c.item_id, item_id)):
        query = query.where(column == value) if value is not None else query
    if after is not None:
        query = query.where(stock.c.id > after)
    if actor.sites is not None:
        query = query.where(location.c.site.in_(actor.sites))
    if actor.owners is not None:
        query = query.where(stock.c.owner_id.in_(actor.owners))
    return [PastStock.model_validate(row._mapping) for row in await conn.execute(query)]
