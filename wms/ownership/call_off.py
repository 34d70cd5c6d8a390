"""Calling off: asking the supplier to fill up what is below its minimum, to its maximum.

What is called off and has not come is counted, so that asking again does not order twice. Closing a call-off, when its goods
came or will not come, ends that.
"""

from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.find_consignments import record_of, select_states
from wms.ownership.tables import call_off, call_off_line, consignment
from wms.ownership.wire import CalledOff


async def call_off_below_min(tx: Tx, consignment_id: UUID) -> CalledOff:
    """Call off for every line of an agreement that is below its minimum. Refuses `not_found`, `consignment_ended`."""
    await tx.conn.execute(sa.select(consignment.c.id).where(consignment.c.id == consignment_id).with_for_update())
    agreement = await record_of(tx.conn, tx.actor, consignment_id)
    tx.actor.need("consignment.pull", agreement.site)
    if agreement.ended_at is not None:
        raise Refusal("consignment_ended", reference=agreement.reference)
    state = select_states(tx.actor).subquery("state")
    there = state.c.on_hand + state.c.called_off
    missing = sa.func.coalesce(state.c.max_quantity, state.c.min_quantity) - there
    low = sa.select(state.c.item_id, missing.label("quantity")).where(
        state.c.consignment_id == consignment_id, there < state.c.min_quantity
    )
    lines = [dict(row._mapping) for row in await tx.conn.execute(low)]
    if not lines:
        return CalledOff(id=None, lines=0)
    id = tx.new_id()
    await tx.conn.execute(
        call_off.insert().values(id=id, consignment_id=consignment_id, called_at=tx.now, called_by=tx.actor.name)
    )
    await tx.conn.execute(call_off_line.insert(), [line | {"call_off_id": id} for line in lines])
    for owner_id in (agreement.supplier_id, agreement.buyer_id):
        await tell(tx, "consignment.called_off", id, site=agreement.site, owner_id=owner_id, lines=len(lines))
    return CalledOff(id=id, lines=len(lines))


async def close_call_off(tx: Tx, id: UUID) -> CalledOff:
    """Closing twice changes nothing. Refuses `not_found`."""
    row = (await tx.conn.execute(sa.select(call_off).where(call_off.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    agreement = await record_of(tx.conn, tx.actor, row.consignment_id)
    tx.actor.need("consignment.pull", agreement.site)
    count = await tx.conn.scalar(
        sa.select(sa.func.count()).select_from(call_off_line).where(call_off_line.c.call_off_id == id)
    )
    if row.closed_at is None:
        await tx.conn.execute(call_off.update().where(call_off.c.id == id).values(closed_at=tx.now))
        for owner_id in (agreement.supplier_id, agreement.buyer_id):
            await tell(tx, "consignment.call_off_closed", id, site=agreement.site, owner_id=owner_id)
    return CalledOff(id=id, lines=count or 0)
