"""Picking a whole unit: a pallet that an order has reserved to the last piece moves as it stands, with one scan."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.pick_work import finish_lists, tell_when_picked
from wms.outbound.sql import LineChanges, among, find_unit, lock_order, refresh_states
from wms.outbound.tables import package, pick, pick_list, picked_goods
from wms.outbound.wire import OrderState, Text60
from wms.stock.add_location import add_location
from wms.stock.move import Move, move_units
from wms.stock.tables import location
from wms.tasks.complete_task import lock_task


class UnitScans(BaseModel):
    """`to`: a staging, packing or dock location; without it, the floor where picked goods stand."""

    unit: Text60
    location: Text60
    to: Text60 | None = None


class PickUnit(UnitScans):
    order_id: UUID


class UnitPicked(BaseModel):
    """The unit is a package of the order now."""

    unit_id: UUID
    picks: int
    order_state: OrderState


async def pick_unit(tx: Tx, command: PickUnit) -> UnitPicked:
    """Move a unit to where packages stand; what is in it counts as picked and packed.

    Refuses `wrong_location`, `wrong_unit` when anything in it is not reserved for this order, and `on_hold`.
    """
    owned = await lock_order(tx, command.order_id, "pick.work")
    found = await find_unit(tx, owned.site, command.unit, field="unit")
    if found is None:
        raise Refusal("wrong_unit", field="unit", unit=command.unit)
    at = await tx.conn.scalar(sa.select(location.c.name).where(location.c.id == found.location_id))
    if at != command.location:
        raise Refusal("wrong_location", field="location", wanted=at or "", scanned=command.location)
    goods = (await tx.conn.execute(_GOODS, {"unit_id": found.id, "order_id": owned.id})).all()
    _check_whole(command, goods)
    await _lock_lists(tx, goods)
    target = await _target(tx, owned.site, command.to)
    await move_units(tx, [Move(found.id, target, tx.now, "pick", tx.new_id(), found.place_id)])
    await _record(tx, found.id, owned, goods)
    state = (await refresh_states(tx, [owned.id]))[owned.id]
    await finish_lists(tx, {row.list_id for row in goods})
    await tell_when_picked(tx, owned)
    if state == "packed":
        await tell(tx, "order.packed", owned.id, site=owned.site, owner_id=owned.owner_id)
    return UnitPicked(unit_id=found.id, picks=len(goods), order_state=state)


_GOODS = sa.text(
    """
    WITH RECURSIVE down AS (
        SELECT id FROM unit WHERE id = :unit_id UNION ALL SELECT u.id FROM unit u JOIN down ON u.place_id = down.id
    )
    SELECT s.id AS stock_id, s.quantity AS on_hand, p.id AS pick_id, p.line_id, p.reservation_id, p.list_id, r.quantity,
           (SELECT h.reason FROM holds_on(s.id) h LIMIT 1) AS hold, i.sku
    FROM stock s JOIN trade_item i ON i.id = s.item_id
    LEFT JOIN pick p ON p.stock_id = s.id AND p.order_id = :order_id AND p.state = 'open'
    LEFT JOIN reservation r ON r.id = p.reservation_id
    WHERE s.place_id IN (SELECT id FROM down) AND s.quantity > 0
    """
)


def _check_whole(command: PickUnit, goods: Any) -> None:
    on_hand = {row.stock_id: row.on_hand for row in goods}
    promised = dict.fromkeys(on_hand, 0)
    for row in goods:
        promised[row.stock_id] += row.quantity or 0
    if not goods or promised != on_hand:
        raise Refusal("wrong_unit", field="unit", unit=command.unit)
    for row in goods:
        if row.hold is not None:
            raise Refusal("on_hold", sku=row.sku, reason=row.hold)


async def _lock_lists(tx: Tx, goods: Any) -> None:
    ids = {row.list_id for row in goods if row.list_id is not None}
    tasks = await tx.conn.scalars(sa.select(pick_list.c.task_id).where(among(pick_list.c.id, ids)))
    for id in sorted(id for id in tasks if id is not None):
        await lock_task(tx, id)


async def _target(tx: Tx, site_code: str, name: str | None) -> UUID:
    if name is None:
        return await add_location(tx, site_code, "picking", "transit")
    found: UUID | None = await tx.conn.scalar(
        sa.select(location.c.id).where(
            location.c.site == site_code,
            location.c.name == name,
            location.c.kind.in_(("staging", "packing", "dock", "transit")),
        )
    )
    if found is None:
        raise Refusal("unknown_location", field="to", location=name)
    return found


async def _record(tx: Tx, unit_id: UUID, owned: sa.Row[Any], goods: Any) -> None:
    changes = LineChanges()
    rows = []
    for row in goods:
        changes.add(row.line_id, reserved=-row.quantity, picked=row.quantity, packed=row.quantity)
        rows.append(
            {
                "id": tx.new_id(),
                "order_id": owned.id,
                "line_id": row.line_id,
                "pick_id": row.pick_id,
                "unit_id": unit_id,
                "stock_id": row.stock_id,
                "reservation_id": row.reservation_id,
                "quantity": row.quantity,
                "state": "packed",
                "picked_by": tx.actor.id,
                "picked_at": tx.now,
            }
        )
    await tx.conn.execute(
        pick.update()
        .where(among(pick.c.id, (row.pick_id for row in goods)))
        .values(state="done", picked=pick.c.quantity)
    )
    await tx.conn.execute(
        package.insert().values(
            unit_id=unit_id,
            order_id=owned.id,
            state="open",
            tare_g=0,
            packed_by=tx.actor.id,
            packed_at=tx.now,
            load_id=owned.load_id,
        )
    )
    await tx.conn.execute(picked_goods.insert(), rows)
    await changes.save(tx)
