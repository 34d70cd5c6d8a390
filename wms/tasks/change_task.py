"""What happens to a task besides being taken: renewed, given back, finished by word, cancelled, reassigned."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.access.tables import person
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.tasks.complete_task import lock_task
from wms.tasks.tables import task
from wms.tasks.wire import LeaseSeconds


class TaskId(BaseModel):
    id: UUID


class RenewTask(BaseModel):
    id: UUID
    lease_s: LeaseSeconds


class FinishTask(BaseModel):
    id: UUID
    result: dict[str, Any] = Field(default={}, max_length=50)


class ReassignTask(BaseModel):
    id: UUID
    person: str = Field(min_length=1, max_length=60)


class LeaseRenewed(BaseModel):
    lease_until: datetime


class TaskChanged(BaseModel):
    id: UUID
    state: str


async def renew_task(tx: Tx, command: RenewTask) -> LeaseRenewed:
    """The heartbeat of a handheld. A lease that ran out is taken up again while nobody else has the task."""
    row = await lock_task(tx, command.id)
    _need_at(tx, "task.take", row)
    if row.leased_by != tx.actor.id:
        raise Refusal("task_not_yours")
    lease_until = tx.now + timedelta(seconds=command.lease_s)
    await tx.conn.execute(task.update().where(task.c.id == command.id).values(state="leased", lease_until=lease_until))
    return LeaseRenewed(lease_until=lease_until)


async def release_task(tx: Tx, command: TaskId) -> TaskChanged:
    """Give a task back to whoever asks next."""
    row = await lock_task(tx, command.id)
    _need_at(tx, "task.take", row)
    if row.state == "leased" and row.leased_by != tx.actor.id:
        raise Refusal("task_not_yours")
    return await _save(tx, command.id, state="open", leased_by=None, lease_until=None, device=None)


async def finish_task(tx: Tx, command: FinishTask) -> TaskChanged:
    """Complete a task by word. Refuses `task_needs_its_work` when only posting the work completes it."""
    row = await lock_task(tx, command.id)
    _need_at(tx, "task.take", row)
    if not row.by_hand:
        raise Refusal("task_needs_its_work", kind=row.kind)
    return await _save(
        tx, command.id, state="done", result=command.result, closed_at=tx.now, closed_by=tx.actor.id, lease_until=None
    )


async def cancel_task(tx: Tx, command: TaskId) -> TaskChanged:
    """Cancel a task by a shift leader, whoever holds it."""
    await _lock_live(tx, command.id)
    return await _save(tx, command.id, state="cancelled", closed_at=tx.now, closed_by=tx.actor.id, lease_until=None)


async def reassign_task(tx: Tx, command: ReassignTask) -> TaskChanged:
    """Give a task to a named person: it is offered to nobody else, and its present holder has lost it."""
    row = await _lock_live(tx, command.id)
    other = (
        await tx.conn.execute(
            sa.select(person.c.id, person.c.sites).where(person.c.name == command.person, person.c.active)
        )
    ).one_or_none()
    if other is None or (other.sites is not None and row.site not in other.sites):
        raise Refusal("unknown_person", person=command.person, field="person")
    return await _save(
        tx, command.id, state="open", assigned_to=other.id, leased_by=None, lease_until=None, device=None
    )


async def _lock_live(tx: Tx, id: UUID) -> sa.Row[Any]:
    row = (await tx.conn.execute(sa.select(task).where(task.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    _need_at(tx, "task.lead", row)
    if row.state in ("done", "cancelled"):
        raise Refusal("task_closed", state=row.state)
    return row


def _need_at(tx: Tx, right: str, row: sa.Row[Any]) -> None:
    tx.actor.need(right, row.site)
    tx.actor.need_owner(row.owner_id)


async def _save(tx: Tx, id: UUID, *, state: str, **values: Any) -> TaskChanged:
    await tx.conn.execute(task.update().where(task.c.id == id).values(state=state, **values))
    return TaskChanged(id=id, state=state)
