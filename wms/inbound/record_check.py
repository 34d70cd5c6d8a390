"""Recording what a sample showed. One defect too many fails the whole lot, the last good piece of the sample passes it.

A failed lot is held wherever it lies, by law and not by the inspector's own rights, and what of it is free at this site turns
into quarantine. What passed becomes good and is put away.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.inbound.checked_stock import Row, arrivals_of, load_rows
from wms.inbound.receipt_rules import decide_lot
from wms.inbound.tables import quality_check
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.putaway.want_putaway import drop_putaway, want_putaway
from wms.stock.place_hold import PlaceHold, place_hold
from wms.stock.post import Entry, post
from wms.tasks.complete_task import complete_tasks
from wms.tasks.tables import task


class CheckBody(BaseModel):
    """What was looked at now, beside what was recorded before."""

    checked: int = Field(ge=1, le=1_000_000)
    defects: int = Field(ge=0, le=1_000_000)


class RecordCheck(CheckBody):
    id: UUID


class CheckRecorded(BaseModel):
    id: UUID
    state: str
    checked: int
    defects: int
    sample: int


async def record_check(tx: Tx, command: RecordCheck) -> CheckRecorded:
    """Refuses `not_found`, `check_decided`, and what the check's task refuses."""
    if command.defects > command.checked:
        raise Refusal("invalid_request", field="defects")
    row = await lock_check(tx, command.id)
    checked, defects = row.checked + command.checked, row.defects + command.defects
    state = decide_lot(checked, defects, row.sample, row.accept_number)
    values: dict[str, Any] = {"checked": checked, "defects": defects, "state": state}
    if state != "open":
        values |= {"decided_at": tx.now, "decided_by": tx.actor.name}
        await _complete_work(tx, row.id, {"state": state, "checked": checked, "defects": defects})
    await tx.conn.execute(quality_check.update().where(quality_check.c.id == row.id).values(values))
    if state == "passed":
        await _pass(tx, row)
    elif state == "failed":
        await _fail(tx, row, f"{defects}/{checked}")
    return CheckRecorded(id=row.id, state=state, checked=checked, defects=defects, sample=row.sample)


async def lock_check(tx: Tx, id: UUID) -> sa.Row[Any]:
    row = (
        await tx.conn.execute(sa.select(quality_check).where(quality_check.c.id == id).with_for_update())
    ).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("quality.record", row.site)
    tx.actor.need_owner(row.owner_id)
    if row.state != "open":
        raise Refusal("check_decided")
    return row


async def _complete_work(tx: Tx, check_id: UUID, result: dict[str, Any]) -> None:
    live = sa.select(task.c.id).where(task.c.subject_id == check_id, task.c.state.in_(("open", "leased")))
    await complete_tasks(tx, list(await tx.conn.scalars(live)), result)


async def _pass(tx: Tx, check: sa.Row[Any]) -> None:
    rows = await load_rows(tx, check, ("quality_check",))
    await _become(tx, check, rows, "good")
    await want_putaway(tx, check.site, await arrivals_of(tx, rows, "good"))
    told = {"item_id": str(check.item_id), "notice_id": str(check.notice_id)}
    await tell(tx, "quality.passed", check.id, site=check.site, owner_id=check.owner_id, **told)


async def _fail(tx: Tx, check: sa.Row[Any], score: str) -> None:
    conditions = ("quality_check",) if check.lot_id is None else ("quality_check", "good", "returned")
    rows = await load_rows(tx, check, conditions)
    await drop_putaway(tx, [row.key.id for row in rows])
    await _become(tx, check, rows, "quarantine")
    await want_putaway(tx, check.site, await arrivals_of(tx, rows, "quarantine"))
    told = {"item_id": str(check.item_id), "notice_id": str(check.notice_id)}
    await tell(tx, "quality.failed", check.id, site=check.site, owner_id=check.owner_id, **told)
    if check.lot_id is not None:
        by_law = replace(tx.actor, rights=tx.actor.rights | {"hold.write"}, sites=None, owners=None)
        held = PlaceHold(lot_id=check.lot_id, reason="quality", note=f"sample {score}, check {check.id}")
        await place_hold(replace(tx, actor=by_law), held)


async def _become(tx: Tx, check: sa.Row[Any], rows: list[Row], condition: str) -> None:
    entries = [
        Entry(row.key, row.key.become(condition=condition), row.free, weight_g=row.free_weight_g, document_id=check.id)
        for row in rows
        if row.free > 0
    ]
    await post(tx, entries, cause="quality", site=check.site)
