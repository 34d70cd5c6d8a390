"""Undoing the last pick: the journal gets the entry's reversal, the goods are promised to the order again."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.sql import LineChanges, key_of, lock_order, read_stock, refresh_states
from wms.outbound.tables import pick, pick_list, picked_goods
from wms.outbound.wire import OrderState
from wms.stock.post import Entry, post
from wms.stock.read_entries import of_posting
from wms.stock.reserve import Want, release, reserve
from wms.stock.tables import reservation, stock_entry
from wms.stock.wire import Quantity
from wms.tasks.add_tasks import NewTask, add_tasks


class UndoPick(BaseModel):
    """The last pick of the asking person for this order."""

    order_id: UUID


class PickUndone(BaseModel):
    pick_id: UUID
    quantity: Quantity
    order_state: OrderState


async def undo_pick(tx: Tx, command: UndoPick) -> PickUndone:
    """Put the last pick back where it was taken from. Refuses `nothing_to_undo` when it is packed already or there is none."""
    owned = await lock_order(tx, command.order_id, "pick.work")
    mine = sa.and_(picked_goods.c.order_id == owned.id, picked_goods.c.picked_by == tx.actor.id)
    last = (
        await tx.conn.execute(
            sa.select(picked_goods)
            .where(mine, picked_goods.c.state != "undone")
            .order_by(picked_goods.c.picked_at.desc(), picked_goods.c.id.desc())
            .limit(1)
        )
    ).one_or_none()
    if last is None or last.state != "picked" or last.posting_id is None:
        raise Refusal("nothing_to_undo")
    origin = (await tx.conn.execute(sa.select(pick).where(pick.c.id == last.pick_id))).one()
    await _reopen_list(tx, origin, owned)
    await _post_back(tx, last, origin, owned.site)
    reservation_id = await _promise_again(tx, last, origin)
    whole = origin.quantity if origin.state == "open" else origin.picked
    values = {
        "quantity": whole,
        "picked": origin.picked - last.quantity,
        "state": "open",
        "reservation_id": reservation_id,
    }
    await tx.conn.execute(pick.update().where(pick.c.id == origin.id).values(values))
    await tx.conn.execute(picked_goods.update().where(picked_goods.c.id == last.id).values(state="undone"))
    changes = LineChanges()
    changes.add(last.line_id, reserved=last.quantity, picked=-last.quantity)
    await changes.save(tx)
    state = (await refresh_states(tx, [owned.id]))[owned.id]
    await tell(tx, "order.pick_undone", owned.id, site=owned.site, owner_id=owned.owner_id)
    return PickUndone(pick_id=origin.id, quantity=last.quantity, order_state=state)


async def _post_back(tx: Tx, last: sa.Row[Any], origin: sa.Row[Any], site_code: str) -> None:
    rows = await read_stock(tx, [last.stock_id, origin.stock_id])
    entry = (
        await tx.conn.execute(sa.select(stock_entry.c.id, stock_entry.c.weight_g).where(*of_posting(last.posting_id)))
    ).one()
    back = Entry(
        source=key_of(rows[last.stock_id]),
        target=key_of(rows[origin.stock_id]),
        quantity=last.quantity,
        reservation_id=last.reservation_id,
        document_id=last.line_id,
        weight_g=entry.weight_g,
        reverses_id=entry.id,
    )
    await post(tx, [back], cause="pick_undone", site=site_code)


async def _promise_again(tx: Tx, last: sa.Row[Any], origin: sa.Row[Any]) -> UUID:
    """One reservation for what was put back and for what was still promised."""
    still = await tx.conn.scalar(sa.select(reservation.c.quantity).where(reservation.c.id == origin.reservation_id))
    if origin.state != "open":
        still = None  # it was declared short or given to another lot: that part is no longer this pick's
    await release(tx, [origin.reservation_id] if still else [])
    [id] = await reserve(tx, [Want(origin.stock_id, last.line_id, last.quantity + (still or 0))])
    return id


async def _reopen_list(tx: Tx, origin: sa.Row[Any], owned: sa.Row[Any]) -> None:
    """A list that was done gets a new task, since the old one is ticked off."""
    if origin.list_id is None:
        return
    done = sa.and_(pick_list.c.id == origin.list_id, pick_list.c.state == "done")
    task_id = tx.new_id()
    again = await tx.conn.scalar(
        pick_list.update().where(done).values(state="open", task_id=task_id).returning(pick_list.c.id)
    )
    if again is not None:
        work = NewTask(
            kind="pick",
            site=owned.site,
            priority=owned.priority,
            due_at=owned.cut_off_at,
            location_id=origin.location_id,
            document_id=again,
            subject_id=again,
            id=task_id,
        )
        await add_tasks(tx, [work])
