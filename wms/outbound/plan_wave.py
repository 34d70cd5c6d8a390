"""Waves: new orders that belong together by cut-off, carrier, route or zone, released at one stroke."""

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.allocate import Allocated
from wms.outbound.release_order import release_orders
from wms.outbound.rules import Urgency, stream_key
from wms.outbound.sql import among, lock_orders, need_house
from wms.outbound.tables import order, order_line, wave
from wms.outbound.wire import SiteCode, Text40, Text60
from wms.stock.tables import location, stock, unit

_LOOKED_AT = 5_000


class PlanWave(BaseModel):
    """What is not given does not narrow. `zone`: every line of the order can be served from that zone alone."""

    site: SiteCode
    name: Text60
    carrier: Text40 | None = None
    route: Text40 | None = None
    zone: Annotated[str | None, Field(max_length=20)] = None
    cut_off_to: AwareDatetime | None = None
    max_orders: Annotated[int, Field(ge=1, le=500)] = 100
    max_lines: Annotated[int, Field(ge=1, le=20_000)] = 5_000


class WavePlanned(BaseModel):
    """Orders in the sequence of their urgency."""

    id: UUID
    order_ids: list[UUID]
    lines: int
    allocated: list[Allocated]


async def plan_wave(tx: Tx, command: PlanWave) -> WavePlanned:
    """Make a wave of the most urgent new orders within its limits, and release it. Refuses `wave_empty`."""
    tx.actor.need("wave.write", command.site)
    need_house(tx)
    found = await tx.conn.execute(_wanted(command))
    rows = sorted(
        found, key=lambda row: stream_key(Urgency(row.id, row.cut_off_at, row.priority, row.created_at), tx.now)
    )
    chosen: list[UUID] = []
    lines = 0
    for row in rows:
        if len(chosen) < command.max_orders and lines + row.line_count <= command.max_lines:
            chosen.append(row.id)
            lines += row.line_count
    locked = await lock_orders(tx, chosen, "wave.write")
    orders = {id: locked[id] for id in chosen if locked[id].state == "new"}
    if not orders:
        raise Refusal("wave_empty")
    id = tx.new_id()
    lines = sum(one.line_count for one in orders.values())
    values = command.model_dump(exclude={"max_orders", "max_lines"})
    await tx.conn.execute(
        wave.insert().values(id=id, order_count=len(orders), line_count=lines, created_at=tx.now, **values)
    )
    await tx.conn.execute(order.update().where(among(order.c.id, orders)).values(wave_id=id))
    answers = await release_orders(tx, orders)
    return WavePlanned(id=id, order_ids=list(orders), lines=lines, allocated=list(answers.values()))


def _wanted(command: PlanWave) -> sa.Select[Any]:
    query = sa.select(order.c.id, order.c.cut_off_at, order.c.priority, order.c.created_at, order.c.line_count).where(
        order.c.site == command.site, order.c.state == "new"
    )
    if command.carrier is not None:
        query = query.where(order.c.carrier == command.carrier)
    if command.route is not None:
        query = query.where(order.c.route == command.route)
    if command.cut_off_to is not None:
        query = query.where(order.c.cut_off_at <= command.cut_off_to)
    if command.zone is not None:
        query = query.where(~_needs_another_zone(command.site, command.zone))
    nearest = query.order_by(order.c.cut_off_at.nulls_last(), order.c.id)
    return nearest.limit(_LOOKED_AT)


def _needs_another_zone(site_code: str, zone: str) -> sa.Exists:
    here = (
        sa.select(stock.c.id)
        .select_from(
            stock.outerjoin(unit, unit.c.id == stock.c.place_id).join(
                location, location.c.id == sa.func.coalesce(unit.c.location_id, stock.c.place_id)
            )
        )
        .where(
            stock.c.item_id == order_line.c.item_id,
            stock.c.quantity > stock.c.reserved + stock.c.held,
            location.c.site == site_code,
            location.c.zone == zone,
        )
        .correlate(order_line)
    )
    return sa.exists().where(order_line.c.order_id == order.c.id, ~here.exists()).correlate(order)
