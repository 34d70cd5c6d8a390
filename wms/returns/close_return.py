"""Closing a return of which nothing more will come; with nothing come at all, it is cancelled."""

from uuid import UUID

from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.returns.announce_return import change_returned
from wms.returns.sql import LineChanges, load_lines, lock_return
from wms.returns.tables import goods_return
from wms.returns.wire import ReturnChanged, ReturnState


class CloseReturn(BaseModel):
    id: UUID


async def close_return(tx: Tx, command: CloseReturn) -> ReturnChanged:
    """Let what did not come be returned another time. Refuses `return_state`, and `return_not_inspected` while goods wait."""
    found = await lock_return(tx, command.id, "return.write", "announced", "receiving", "inspected")
    lines = await load_lines(tx, found.id)
    if any(line.received > line.good + line.damaged + line.quarantine for line in lines):
        raise Refusal("return_not_inspected")
    changes = LineChanges()
    for line in lines:
        changes.add(line.id, quantity=line.received - line.quantity)
    await change_returned(tx, [(line.entry_id, line.received - line.quantity) for line in lines])
    await changes.save(tx)
    state: ReturnState = "closed" if any(line.received for line in lines) else "cancelled"
    values = {"state": state, "closed_at": tx.now}
    await tx.conn.execute(goods_return.update().where(goods_return.c.id == found.id).values(values))
    await tell(tx, f"return.{state}", found.id, site=found.site, owner_id=found.owner_id)
    return ReturnChanged(id=found.id, state=state)
