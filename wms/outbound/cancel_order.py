"""Cancelling: what is promised goes back to everybody, what has left stays left."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.pick_work import finish_lists
from wms.outbound.sql import REMAINDER, LineChanges, lock_order, refresh_states
from wms.outbound.tables import order_line, pick
from wms.outbound.wire import OrderChanged
from wms.putaway.cross_dock import withdraw_cross_dock
from wms.stock.reserve import release


class CancelReason(BaseModel):
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class CancelOrder(CancelReason):
    id: UUID


async def cancel_order(tx: Tx, command: CancelOrder) -> OrderChanged:
    """Cancel what has not been picked and give its reservations back.

    An order of which a part has left keeps that part and ends as shipped. Refuses `order_in_work` while goods of it are in
    hand, and `order_ended` when it is over.
    """
    found = await lock_order(tx, command.id, "order.write")
    if found.state in ("shipped", "cancelled"):
        raise Refusal("order_ended", state=found.state)
    lines = await tx.conn.execute(
        sa.select(order_line, REMAINDER.label("remainder")).where(order_line.c.order_id == command.id)
    )
    changes = LineChanges()
    waiting = []
    for line in lines:
        waiting.append(line.id)
        if line.picked > line.shipped:
            raise Refusal("order_in_work", line_no=line.line_no)
        changes.add(line.id, cancelled=line.remainder + line.reserved, reserved=-line.reserved)
    picks = await tx.conn.execute(
        pick.update()
        .where(pick.c.order_id == command.id, pick.c.state == "open")
        .values(state="released")
        .returning(pick.c.reservation_id, pick.c.list_id)
    )
    rows = picks.all()
    await changes.save(tx)
    await withdraw_cross_dock(tx, waiting)
    await finish_lists(tx, [row.list_id for row in rows], worked=False)
    await release(tx, [row.reservation_id for row in rows])
    state = (await refresh_states(tx, [command.id]))[command.id]
    await tell(
        tx, "order.cancelled", command.id, site=found.site, owner_id=found.owner_id, reason=command.reason, left=state
    )
    return OrderChanged(id=command.id, state=state)
