"""Cross-docking for orders: what is missing waits for arrivals, and what was staged for a line becomes a pick of it.

Receiving knows no orders: it reserves what reaches the lane for the line that asked. Allocation takes those reservations up.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.sql import REMAINDER, UUIDS, LineChanges, lock_order
from wms.outbound.tables import order_line, pick
from wms.outbound.wire import Text60
from wms.putaway.cross_dock import AskCrossDock, ask_cross_dock
from wms.putaway.tables import cross_dock_demand
from wms.stock.reserve import Want, release, reserve
from wms.stock.tables import location


class Lane(BaseModel):
    lane: Text60


class AwaitArrival(Lane):
    order_id: UUID


class ArrivalAwaited(BaseModel):
    """How many lines wait now that did not before."""

    lines: int


async def await_arrival(tx: Tx, command: AwaitArrival) -> ArrivalAwaited:
    """Let arrivals of what an order is missing go straight to a lane. Lines that ask for one lot by name do not wait.

    Refuses `unknown_location` when the lane is no staging or dock location, `order_not_released`.
    """
    owned = await lock_order(tx, command.order_id, "order.allocate")
    if owned.state in ("new", "shipped", "cancelled"):
        raise Refusal("order_not_released", state=owned.state)
    lane_id = await tx.conn.scalar(
        sa.select(location.c.id).where(
            location.c.site == owned.site, location.c.name == command.lane, location.c.kind.in_(("staging", "dock"))
        )
    )
    if lane_id is None:
        raise Refusal("unknown_location", field="lane", location=command.lane)
    asked = sa.exists().where(cross_dock_demand.c.demand_id == order_line.c.id)
    found = await tx.conn.execute(
        sa.select(order_line, REMAINDER.label("remainder")).where(
            order_line.c.order_id == owned.id, REMAINDER > 0, order_line.c.lot_id.is_(None), ~asked
        )
    )
    asks = [
        AskCrossDock(
            site=owned.site,
            item_id=row.item_id,
            owner_id=owned.owner_id,
            customs_status=row.customs_status,
            demand_id=row.id,
            lane_id=lane_id,
            quantity=row.remainder,
            due_at=owned.cut_off_at,
        )
        for row in found
    ]
    await ask_cross_dock(tx, asks)
    return ArrivalAwaited(lines=len(asks))


_STAGED = sa.text(
    """
    SELECT r.id, r.stock_id, r.quantity, l.id AS line_id, l.order_id, coalesce(u.location_id, s.place_id) AS location_id,
           l.quantity - l.cancelled - l.reserved - l.picked AS remainder
    FROM cross_dock_demand c
    JOIN outbound_line l ON l.id = c.demand_id
    JOIN reservation r ON r.demand_id = l.id AND r.quantity > 0
    JOIN stock s ON s.id = r.stock_id
    LEFT JOIN unit u ON u.id = s.place_id
    WHERE l.order_id = ANY (:orders)
      AND NOT EXISTS (SELECT FROM pick p WHERE p.order_id = l.order_id AND p.reservation_id = r.id)
      AND NOT EXISTS (SELECT FROM picked_goods g WHERE g.order_id = l.order_id AND g.reservation_id = r.id)
    ORDER BY r.stock_id, r.id
    """
).bindparams(sa.bindparam("orders", type_=UUIDS))


async def take_up_staged(tx: Tx, order_ids: Iterable[UUID]) -> set[UUID]:
    """Make picks of what was staged for lines of these locked orders; the orders that got any.

    What came for a line that has been served from elsewhere meanwhile is given back to everybody.
    """
    found = (await tx.conn.execute(_STAGED, {"orders": sorted(order_ids)})).all()
    if not found:
        return set()
    missing: dict[UUID, Decimal] = {row.line_id: row.remainder for row in found}
    kept: list[tuple[sa.Row[Any], Decimal]] = []
    for row in found:
        part = min(row.quantity, missing[row.line_id])
        missing[row.line_id] -= part
        if part > 0:
            kept.append((row, part))
    # Anew, in one order of locks: a part of a reservation cannot be given back.
    await release(tx, [row.id for row in found])
    reservations = await reserve(tx, [Want(row.stock_id, row.line_id, part) for row, part in kept])
    changes = LineChanges()
    rows = []
    for (row, part), reservation_id in zip(kept, reservations, strict=True):
        changes.add(row.line_id, reserved=part)
        rows.append(
            {
                "id": tx.new_id(),
                "order_id": row.order_id,
                "line_id": row.line_id,
                "stock_id": row.stock_id,
                "location_id": row.location_id,
                "reservation_id": reservation_id,
                "quantity": part,
                "picked": Decimal(0),
                "state": "open",
            }
        )
    if rows:
        await tx.conn.execute(pick.insert(), rows)
    await changes.save(tx)
    return {row.order_id for row, _ in kept}
