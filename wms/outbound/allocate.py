"""Allocating: promising stock to orders, for one order or five hundred, in one reservation.

What is not there stays as the line's remainder and is looked for again when the order is allocated again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.await_arrival import take_up_staged
from wms.outbound.rules import Choice, Demand, Urgency, allocate, stream_key
from wms.outbound.sql import (
    REMAINDER,
    LineChanges,
    among,
    find_candidates,
    lock_orders,
    refresh_states,
    site_today,
    within_lines,
)
from wms.outbound.tables import order, order_line, pick
from wms.outbound.wire import OrderState, SiteCode
from wms.stock.reserve import Want, reserve
from wms.stock.wire import Quantity

_OPTIMISTIC_TRIES = 2
_TRIES = 8
_OPEN_STATES = ("released", "allocated", "partly_allocated", "picking", "packed", "loaded")
_OUTRUN = frozenset({"insufficient_stock", "on_hold"})  # somebody was quicker between reading and reserving


class AllocateOrder(BaseModel):
    id: UUID


class AllocateOpen(BaseModel):
    """Every released order of a site that still wants goods; of one wave, or that wants one item."""

    site: SiteCode
    wave_id: UUID | None = None
    item_id: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 500


class Allocated(BaseModel):
    """`reserved` and `remainder` are sums over the lines after the allocation."""

    id: UUID
    state: OrderState
    reserved: Quantity
    remainder: Quantity


async def allocate_order(tx: Tx, command: AllocateOrder) -> Allocated:
    """Reserve what there is for one order. Refuses `order_not_released` before its release and after its end."""
    orders = await lock_orders(tx, [command.id], "order.allocate")
    if orders[command.id].state not in _OPEN_STATES:
        raise Refusal("order_not_released", state=orders[command.id].state)
    return (await allocate_orders(tx, orders))[command.id]


async def allocate_open(tx: Tx, command: AllocateOpen) -> list[Allocated]:
    """Serve waiting orders from what has come meanwhile, the most urgent first, as many as have 20,000 lines."""
    tx.actor.need("order.allocate", command.site)
    wanting = sa.select(order_line.c.order_id).where(REMAINDER > 0)
    if command.item_id is not None:
        wanting = wanting.where(order_line.c.item_id == command.item_id)
    query = sa.select(order.c.id, order.c.line_count).where(
        order.c.site == command.site, order.c.state.in_(_OPEN_STATES), order.c.id.in_(wanting)
    )
    if command.wave_id is not None:
        query = query.where(order.c.wave_id == command.wave_id)
    if tx.actor.owners is not None:
        query = query.where(among(order.c.owner_id, tx.actor.owners))
    urgent = query.order_by(order.c.cut_off_at.nulls_last(), order.c.priority.desc(), order.c.created_at)
    found = await tx.conn.execute(urgent.limit(command.limit))
    ids = within_lines((row.id, row.line_count) for row in found)
    orders = await lock_orders(tx, ids, "order.allocate")
    return list((await allocate_orders(tx, orders)).values())


async def allocate_orders(tx: Tx, orders: Mapping[UUID, sa.Row[Any]]) -> dict[UUID, Allocated]:
    """Reserve for locked orders of one site, all or nothing per try; others may be at the same stock.

    After two tries that somebody else outran, tries queue for the site, so that a large order among many small ones does not
    begin again for ever.
    """
    if not orders:
        return {}
    site_code = next(iter(orders.values())).site
    staged = await take_up_staged(tx, orders)
    for attempt in range(_TRIES):
        if attempt == _OPTIMISTIC_TRIES:
            queue = sa.func.hashtextextended(f"allocate/{site_code}", 2)
            await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(queue)))
        choices = await _choose(tx, site_code, orders)
        try:
            async with tx.conn.begin_nested():
                ids = await reserve(tx, [Want(one.stock_id, one.line_id, one.quantity) for one in choices])
            break
        except DBAPIError as error:
            if getattr(getattr(error.orig, "__cause__", None), "message", "") not in _OUTRUN:
                raise
    else:
        raise Refusal("busy")
    await _save(tx, choices, ids)
    return await _answer(tx, orders, staged | {one.order_id for one in choices})


async def _choose(tx: Tx, site_code: str, orders: Mapping[UUID, sa.Row[Any]]) -> list[Choice]:
    demands = await _demands(tx, orders)
    if not demands:
        return []
    candidates = await find_candidates(
        tx, site_code, {one.item_id for one in demands}, {one.owner_id for one in demands}
    )
    return allocate(demands, candidates, await site_today(tx, site_code))


async def _demands(tx: Tx, orders: Mapping[UUID, sa.Row[Any]]) -> list[Demand]:
    """What the lines still want, the most urgent order first, its lines in their order."""
    found = await tx.conn.execute(
        sa.select(order_line, REMAINDER.label("remainder"))
        .where(among(order_line.c.order_id, orders), REMAINDER > 0)
        .order_by(order_line.c.order_id, order_line.c.line_no)
    )
    lines = found.all()
    tried = await _found_short(tx, orders)

    def urgency(line: sa.Row[Any]) -> tuple[Any, ...]:
        one = orders[line.order_id]
        return stream_key(Urgency(one.id, one.cut_off_at, one.priority, one.created_at), tx.now)

    return [
        Demand(
            line_id=line.id,
            order_id=line.order_id,
            item_id=line.item_id,
            owner_id=orders[line.order_id].owner_id,
            customs_status=line.customs_status,
            lot_id=line.lot_id,
            min_remaining_days=line.min_remaining_days,
            strategy=orders[line.order_id].strategy,
            quantity=line.remainder,
            tried=frozenset(tried.get(line.id, ())),
        )
        for line in sorted(lines, key=urgency)
    ]


async def _found_short(tx: Tx, order_ids: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    found = await tx.conn.execute(
        sa.select(pick.c.line_id, pick.c.stock_id).where(among(pick.c.order_id, order_ids), pick.c.state == "short")
    )
    tried = defaultdict(set)
    for row in found:
        tried[row.line_id].add(row.stock_id)
    return tried


async def _save(tx: Tx, choices: Sequence[Choice], reservation_ids: Sequence[UUID]) -> None:
    if not choices:
        return
    changes = LineChanges()
    rows = []
    for one, reservation_id in zip(choices, reservation_ids, strict=True):
        changes.add(one.line_id, reserved=one.quantity)
        rows.append(
            {
                "id": tx.new_id(),
                "order_id": one.order_id,
                "line_id": one.line_id,
                "stock_id": one.stock_id,
                "location_id": one.location_id,
                "reservation_id": reservation_id,
                "quantity": one.quantity,
                "picked": Decimal(0),
                "state": "open",
            }
        )
    await tx.conn.execute(pick.insert(), rows)
    await changes.save(tx)


async def _answer(tx: Tx, orders: Mapping[UUID, sa.Row[Any]], served: set[UUID]) -> dict[UUID, Allocated]:
    states = await refresh_states(tx, orders)
    found = await tx.conn.execute(
        sa.select(
            order_line.c.order_id,
            sa.func.sum(order_line.c.reserved).label("reserved"),
            sa.func.sum(REMAINDER).label("remainder"),
        )
        .where(among(order_line.c.order_id, orders))
        .group_by(order_line.c.order_id)
    )
    sums = {row.order_id: row for row in found}
    for id in sorted(served):
        one = orders[id]
        await tell(tx, "order.allocated", id, site=one.site, owner_id=one.owner_id, state=states[id])
    return {
        id: Allocated(id=id, state=states[id], reserved=sums[id].reserved, remainder=sums[id].remainder)
        for id in orders
    }
