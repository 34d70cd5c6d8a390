"""What came to an owner and what left, between two instants: opening, movements and closing by article.

By when it was recorded, so that a statement that was sent never changes; what is reversed is taken off where it was counted.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.ownership.owner_rows import flows_of, need_owner_and_site, page_of_items, rows_of
from wms.stock.tables import stock
from wms.stock.wire import Quantity, SignedQuantity


class OwnerMovements(BaseModel):
    """`opening + received - shipped + bought - sold + between_sites = closing`."""

    item_id: UUID
    sku: str
    opening: Quantity
    received: SignedQuantity
    shipped: SignedQuantity
    bought: SignedQuantity
    sold: SignedQuantity
    between_sites: SignedQuantity
    closing: Quantity


async def report_movements(
    conn: AsyncConnection,
    who: Actor,
    *,
    owner_id: UUID,
    site: str | None,
    since: datetime,
    until: datetime,
    after: str | None,
    limit: int,
) -> Page[OwnerMovements]:
    """By article. Refuses `not_found`, `site_missing`."""
    await need_owner_and_site(conn, who, owner_id, site)
    items = await page_of_items(conn, owner_id, site, after, limit)
    moved = await _movements(conn, owner_id, site, list(items), since, until)
    there = await _balances(conn, owner_id, site, list(items))
    found = []
    for item_id, sku in items.items():
        kinds, later = moved.get(item_id, ({}, Decimal(0)))
        closing = there.get(item_id, Decimal(0)) - later
        net = kinds.get("received", 0) - kinds.get("shipped", 0) + kinds.get("bought", 0) - kinds.get("sold", 0)
        between = kinds.get("between_sites", Decimal(0))
        parts = {name: kinds.get(name, Decimal(0)) for name in ("received", "shipped", "bought", "sold")}
        opening = closing - net - between
        found.append(
            OwnerMovements(item_id=item_id, sku=sku, opening=opening, closing=closing, between_sites=between, **parts)
        )
    return page_of(found, limit, lambda one: str(one.item_id))


async def _movements(
    conn: AsyncConnection, owner_id: UUID, site: str | None, items: list[UUID], since: datetime, until: datetime
) -> dict[UUID, tuple[dict[str, Decimal], Decimal]]:
    """By article: quantities by kind from `since` to `until`, and the net of what came later."""
    flow = flows_of(owner_id, site, items)
    # A reversal is taken off the kind of what it undoes: goods sent back out by it were never received.
    inward = (flow.came > 0) == flow.reverses_id.is_(None)
    kind = sa.case(
        (flow.recorded_at > until, "later"),
        (flow.other_id == owner_id, "between_sites"),
        (flow.other_id.is_not(None), sa.case((inward, "bought"), else_="sold")),
        else_=sa.case((inward, "received"), else_="shipped"),
    ).label("kind")
    net = sa.func.sum(flow.came - flow.left)
    query = sa.select(flow.item_id, kind, net).where(flow.recorded_at > since).group_by(flow.item_id, sa.text("kind"))
    found: dict[UUID, tuple[dict[str, Decimal], Decimal]] = {}
    for item_id, name, quantity in await conn.execute(query):
        kinds, later = found.get(item_id, ({}, Decimal(0)))
        if name == "later":
            later += quantity
        else:
            kinds[name] = -quantity if name in ("shipped", "sold") else quantity
        found[item_id] = kinds, later
    return found


async def _balances(conn: AsyncConnection, owner_id: UUID, site: str | None, items: list[UUID]) -> dict[UUID, Decimal]:
    among = stock.c.item_id == sa.any_(sa.literal(items, ARRAY(sa.Uuid)))
    rows = rows_of(owner_id, site).where(among).subquery()
    query = sa.select(rows.c.item_id, sa.func.sum(rows.c.quantity)).group_by(rows.c.item_id)
    return {row[0]: row[1] for row in await conn.execute(query)}
