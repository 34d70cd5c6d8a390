"""Releasing orders to the floor: one by name, or without waves, as their cut-offs come near."""

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.allocate import Allocated, allocate_orders
from wms.outbound.rules import Urgency, stream_key
from wms.outbound.sql import among, lock_orders, within_lines
from wms.outbound.tables import order
from wms.outbound.wire import SiteCode

_LOOKED_AT = 5_000


class ReleaseOrder(BaseModel):
    id: UUID


class ReleaseDue(BaseModel):
    """Release at most `limit` new orders whose cut-off is at or before `until`; without it, also those without a cut-off."""

    site: SiteCode
    until: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50


async def release_order(tx: Tx, command: ReleaseOrder) -> Allocated:
    """Release one order and allocate it. Refuses `order_not_new`."""
    orders = await lock_orders(tx, [command.id], "order.allocate")
    if orders[command.id].state != "new":
        raise Refusal("order_not_new", state=orders[command.id].state)
    return (await release_orders(tx, orders))[command.id]


async def release_due(tx: Tx, command: ReleaseDue) -> list[Allocated]:
    """Release the most urgent orders, in the order in which they are to be worked; what waits for more room stays new."""
    tx.actor.need("order.allocate", command.site)
    query = sa.select(order.c.id, order.c.cut_off_at, order.c.priority, order.c.created_at, order.c.line_count).where(
        order.c.site == command.site, order.c.state == "new"
    )
    if command.until is not None:
        query = query.where(order.c.cut_off_at <= command.until)
    if tx.actor.owners is not None:
        query = query.where(among(order.c.owner_id, tx.actor.owners))
    nearest = query.order_by((order.c.cut_off_at <= tx.now).nulls_last(), order.c.cut_off_at.nulls_last(), order.c.id)
    waiting = sorted(
        await tx.conn.execute(nearest.limit(_LOOKED_AT)),
        key=lambda row: stream_key(Urgency(row.id, row.cut_off_at, row.priority, row.created_at), tx.now),
    )
    wanted = within_lines((row.id, row.line_count) for row in waiting[: command.limit])
    locked = await lock_orders(tx, wanted, "order.allocate")
    still_new = {id: locked[id] for id in wanted if locked[id].state == "new"}  # another release may have been quicker
    answers = await release_orders(tx, still_new)
    return [answers[id] for id in still_new]


async def release_orders(tx: Tx, orders: dict[UUID, sa.Row[Any]]) -> dict[UUID, Allocated]:
    """Release locked new orders of one site and promise them what there is."""
    if not orders:
        return {}
    await tx.conn.execute(order.update().where(among(order.c.id, orders)).values(state="released", released_at=tx.now))
    for one in orders.values():
        await tell(tx, "order.released", one.id, site=one.site, owner_id=one.owner_id)
    return await allocate_orders(tx, orders)
