"""Completing tasks: inside the verb of the slice whose work it was, so that the work and the tick are one transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.tasks.tables import task


async def lock_task(tx: Tx, id: UUID, *, kind: str | None = None) -> sa.Row[Any]:
    """The task, locked, when the actor may finish it. Lock tasks after documents and before anything is posted.

    Refuses `not_found`; `task_closed` when it is done or cancelled; `task_taken_over` while another person holds it. A lease
    that ran out is still the late holder's as long as nobody else has taken the task.
    """
    row = (await tx.conn.execute(sa.select(task).where(task.c.id == id).with_for_update())).one_or_none()
    if row is None or (kind is not None and row.kind != kind):
        raise Refusal("not_found")
    _check_mine(tx, row)
    return row


async def complete_task(tx: Tx, id: UUID, result: dict[str, Any] | None = None, *, kind: str | None = None) -> None:
    """Tick one task off. Refuses as `lock_task` does."""
    await lock_task(tx, id, kind=kind)
    await _close(tx, [id], "done", result)


async def complete_tasks(tx: Tx, ids: Sequence[UUID], result: dict[str, Any] | None = None) -> None:
    """Tick off many at once, all or none."""
    if not ids:
        return
    wanted = sorted(set(ids))
    rows = await tx.conn.execute(
        sa.select(task)
        .where(task.c.id == sa.any_(sa.cast(wanted, ARRAY(sa.Uuid))))
        .order_by(task.c.id)
        .with_for_update()
    )
    found = rows.all()
    if len(found) != len(wanted):
        raise Refusal("not_found")
    for row in found:
        _check_mine(tx, row)
    await _close(tx, wanted, "done", result)


async def cancel_tasks(tx: Tx, *, document_id: UUID | None = None, subject_ids: Sequence[UUID] = ()) -> int:
    """Cancel what is not finished of a document or about subjects; how many. Who holds one learns it at completion."""
    about = task.c.subject_id == sa.any_(sa.cast(list(subject_ids), ARRAY(sa.Uuid)))
    if document_id is not None:
        about = sa.or_(about, task.c.document_id == document_id) if subject_ids else task.c.document_id == document_id
    live = sa.select(task.c.id).where(about, task.c.state.in_(("open", "leased")))
    ids = list(await tx.conn.scalars(live.order_by(task.c.id).with_for_update()))
    await _close(tx, ids, "cancelled", None)
    return len(ids)


def _check_mine(tx: Tx, row: sa.Row[Any]) -> None:
    if row.state in ("done", "cancelled"):
        raise Refusal("task_closed", state=row.state)
    held_by_other = row.state == "leased" and row.leased_by != tx.actor.id and row.lease_until > tx.now
    promised_to_other = row.assigned_to is not None and row.assigned_to != tx.actor.id
    if held_by_other or promised_to_other:
        raise Refusal("task_taken_over")


async def _close(tx: Tx, ids: Sequence[UUID], state: str, result: dict[str, Any] | None) -> None:
    if not ids:
        return
    await tx.conn.execute(
        task.update()
        .where(task.c.id == sa.any_(sa.cast(list(ids), ARRAY(sa.Uuid))))
        .values(state=state, result=result, closed_at=tx.now, closed_by=tx.actor.id, lease_until=None)
    )
