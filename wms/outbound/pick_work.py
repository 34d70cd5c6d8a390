"""What the verbs of picking share: one pick with all that is known of it, and the end of a list."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.sql import among, lock_order
from wms.outbound.tables import pick, pick_list, pick_slot
from wms.stock.tables import location, lot, serial, stock, unit
from wms.tasks.complete_task import cancel_tasks, complete_task, lock_task
from wms.tasks.tables import task


async def lock_pick(tx: Tx, id: UUID) -> tuple[sa.Row[Any], sa.Row[Any]]:
    """A pick that is still open, and its order, which is locked.

    The location is where the goods are now: a pallet may have been driven elsewhere since they were promised. Refuses
    `not_found`, `pick_closed`, and `task_taken_over` while another person works on its list.
    """
    order_id = await tx.conn.scalar(sa.select(pick.c.order_id).where(pick.c.id == id))
    if order_id is None:
        tx.actor.need("pick.work")
        raise Refusal("not_found")
    owned = await lock_order(tx, order_id, "pick.work")
    found = (await tx.conn.execute(_PICK.where(pick.c.id == id))).one()
    if found.state != "open":
        raise Refusal("pick_closed", state=found.state)
    if found.list_task_id is not None:
        await lock_task(tx, found.list_task_id)
    return found, owned


_PICK = (
    sa.select(
        pick.c.id,
        pick.c.order_id,
        pick.c.line_id,
        pick.c.stock_id,
        pick.c.reservation_id,
        pick.c.quantity,
        pick.c.picked,
        pick.c.state,
        pick.c.list_id,
        pick_list.c.task_id.label("list_task_id"),
        pick_slot.c.slot_no,
        pick_slot.c.unit_id.label("slot_tote_id"),
        location.c.id.label("location_id"),
        location.c.name.label("location"),
        trade_item.c.sku,
        lot.c.lot_no,
        serial.c.serial_no,
        *(
            stock.c[name]
            for name in ("place_id", "item_id", "owner_id", "customs_status", "condition", "lot_id", "serial_id")
        ),
        stock.c.account_line_id,
        stock.c.quantity.label("on_hand"),
        stock.c.weight_g,
    )
    .select_from(pick)
    .join(stock, stock.c.id == pick.c.stock_id)
    .join(trade_item, trade_item.c.id == stock.c.item_id)
    .outerjoin(unit, unit.c.id == stock.c.place_id)
    .join(location, location.c.id == sa.func.coalesce(unit.c.location_id, stock.c.place_id))
    .outerjoin(lot, lot.c.id == stock.c.lot_id)
    .outerjoin(serial, serial.c.id == stock.c.serial_id)
    .outerjoin(pick_list, pick_list.c.id == pick.c.list_id)
    .outerjoin(pick_slot, sa.and_(pick_slot.c.list_id == pick.c.list_id, pick_slot.c.order_id == pick.c.order_id))
)


async def finish_lists(tx: Tx, list_ids: Iterable[UUID | None], *, worked: bool = True) -> None:
    """Close the lists on which nothing is open any more, and tick their tasks off.

    Not `worked`: the picks went away under the picker, so the task is cancelled, whoever holds it.
    """
    ids = {id for id in list_ids if id is not None}
    if not ids:
        return
    left = sa.exists().where(pick.c.list_id == pick_list.c.id, pick.c.state == "open")
    closed = await tx.conn.execute(
        pick_list.update()
        .where(among(pick_list.c.id, ids), pick_list.c.state == "open", ~left)
        .values(state="done")
        .returning(pick_list.c.id, pick_list.c.task_id)
    )
    closed_of = {row.task_id: row.id for row in closed if row.task_id is not None}
    for task_id in sorted(closed_of):
        if not worked:
            await cancel_tasks(tx, document_id=closed_of[task_id])
        elif await tx.conn.scalar(sa.select(task.c.state).where(task.c.id == task_id)) in ("open", "leased"):
            await complete_task(tx, task_id)


async def tell_when_picked(tx: Tx, owned: sa.Row[Any]) -> None:
    """Tell `order.picked` once nothing of the order is left to pick."""
    left = sa.exists().where(pick.c.order_id == owned.id, pick.c.state == "open")
    if not await tx.conn.scalar(sa.select(left)):
        await tell(tx, "order.picked", owned.id, site=owned.site, owner_id=owned.owner_id)
