"""Adding tasks: any number in one statement; of two with one `dedupe_key` that are not finished, only the first is made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.kit.db import Tx
from wms.stock.tables import location
from wms.tasks.tables import task


@dataclass(frozen=True, slots=True)
class NewTask:
    """`priority`: the larger, the sooner. Zone and path come from the location unless they are given.

    `by_hand`: done when a person says so over POST /tasks/{id}/complete. Otherwise only the owning slice's verb completes it,
    in the transaction in which it posts what was done.
    """

    kind: str
    site: str
    priority: int = 0
    due_at: datetime | None = None
    location_id: UUID | None = None
    zone: str | None = None
    path_order: int | None = None
    owner_id: UUID | None = None
    document_id: UUID | None = None
    subject_id: UUID | None = None
    dedupe_key: str | None = None
    by_hand: bool = False
    assigned_to: UUID | None = None
    payload: dict[str, Any] = field(default_factory=dict)
    id: UUID | None = None


async def add_tasks(tx: Tx, tasks: Sequence[NewTask]) -> list[UUID]:
    """The ids of the tasks that were made, without those whose `dedupe_key` is already waiting or in work."""
    if not tasks:
        return []
    where = await _walk_of(tx, {one.location_id for one in tasks if one.location_id is not None})
    # In key order: two that trigger the same tasks wait for each other in turn and never crosswise.
    rows = [_row(tx, one, where) for one in sorted(tasks, key=lambda one: one.dedupe_key or "")]
    if all(row["dedupe_key"] is None for row in rows):
        await tx.conn.execute(task.insert(), rows)
        return [row["id"] for row in rows]
    statement = insert(task).on_conflict_do_nothing(
        index_elements=["site", "dedupe_key"],
        index_where=sa.text("dedupe_key IS NOT NULL AND state IN ('open','leased')"),
    )
    made = await tx.conn.scalars(statement.returning(task.c.id), rows)
    return list(made)


async def _walk_of(tx: Tx, ids: set[UUID]) -> dict[UUID, tuple[str | None, int | None]]:
    if not ids:
        return {}
    rows = await tx.conn.execute(
        sa.select(location.c.id, location.c.zone, location.c.path_order).where(
            location.c.id == sa.any_(sa.cast(list(ids), ARRAY(sa.Uuid)))
        )
    )
    return {row.id: (row.zone, row.path_order) for row in rows}


def _row(tx: Tx, one: NewTask, where: dict[UUID, tuple[str | None, int | None]]) -> dict[str, Any]:
    zone, path_order = where.get(one.location_id, (None, None)) if one.location_id is not None else (None, None)
    return {
        "id": one.id or tx.new_id(),
        "site": one.site,
        "kind": one.kind,
        "state": "open",
        "priority": one.priority,
        "due_at": one.due_at,
        "location_id": one.location_id,
        "zone": one.zone or zone,
        "path_order": one.path_order if one.path_order is not None else path_order,
        "owner_id": one.owner_id,
        "document_id": one.document_id,
        "subject_id": one.subject_id,
        "dedupe_key": one.dedupe_key,
        "by_hand": one.by_hand,
        "payload": one.payload,
        "assigned_to": one.assigned_to,
        "leases": 0,
        "created_at": tx.now,
    }
