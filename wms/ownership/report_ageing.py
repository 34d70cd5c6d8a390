"""How old an owner's goods are, and how long those that left had stayed: first in, first out, by article and lot.

Ages count from the day the goods came to the owner here, not from their last move inside the house.
"""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.ownership.owner_rows import flows_of, need_owner_and_site, page_of_items
from wms.ownership.rules import DayFlow, by_age, match_first_in_first_out, mean_days
from wms.ownership.wire import Worth
from wms.stock.wire import Quantity


class OwnerAges(BaseModel):
    """Quantities by age in days, and the average dwell of what left in the period."""

    item_id: UUID
    sku: str
    quantity: Quantity
    to_30: Quantity
    to_90: Quantity
    to_180: Quantity
    to_365: Quantity
    older: Quantity
    oldest_on: date | None
    left: Quantity
    mean_dwell_days: Worth | None


async def report_ageing(
    conn: AsyncConnection,
    who: Actor,
    *,
    owner_id: UUID,
    site: str | None,
    now: datetime,
    dwell_days: int,
    after: str | None,
    limit: int,
) -> Page[OwnerAges]:
    """By article; dwell of what left in the last `dwell_days`. Refuses `not_found`, `site_missing`."""
    await need_owner_and_site(conn, who, owner_id, site)
    items = await page_of_items(conn, owner_id, site, after, limit)
    flows = await _daily(conn, owner_id, site, list(items))
    today = now.date()
    found = [_ages(item_id, sku, flows.get(item_id, []), today, dwell_days) for item_id, sku in items.items()]
    return page_of(found, limit, lambda one: str(one.item_id))


def _ages(item_id: UUID, sku: str, lots: list[list[DayFlow]], today: date, dwell_days: int) -> OwnerAges:
    matched = [match_first_in_first_out(flows) for flows in lots]
    layers = [layer for fifo in matched for layer in fifo.layers]
    stays = [stay for fifo in matched for stay in fifo.stays]
    since = today - timedelta(days=dwell_days)
    buckets = by_age(layers, today)
    return OwnerAges(
        item_id=item_id,
        sku=sku,
        quantity=sum(buckets, Decimal(0)),
        **dict(zip(("to_30", "to_90", "to_180", "to_365", "older"), buckets, strict=True)),
        oldest_on=min((came_on for came_on, _ in layers), default=None),
        left=sum((quantity for _, out_on, quantity in stays if since <= out_on <= today), Decimal(0)),
        mean_dwell_days=mean_days(stays, since, today),
    )


async def _daily(
    conn: AsyncConnection, owner_id: UUID, site: str | None, items: list[UUID]
) -> dict[UUID, list[list[DayFlow]]]:
    """By article, for each lot, what came and left by UTC day."""
    flow = flows_of(owner_id, site, items)
    day = sa.cast(sa.func.timezone("UTC", flow.happened_at), sa.Date).label("day")
    keys = (flow.item_id, flow.lot_id, sa.text("day"))
    query = sa.select(flow.item_id, flow.lot_id, day, sa.func.sum(flow.came), sa.func.sum(flow.left))
    rows = (await conn.execute(query.group_by(*keys).order_by(*keys))).all()
    found: dict[UUID, list[list[DayFlow]]] = defaultdict(list)
    for (item_id, _), of_lot in groupby(rows, key=lambda row: (row[0], row[1])):
        found[item_id].append([DayFlow(row[2], row[3], row[4]) for row in of_lot])
    return found
