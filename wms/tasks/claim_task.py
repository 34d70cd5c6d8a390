"""Work that a person begins without having asked for a task: the task that waits for it becomes theirs and their document's."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.tasks.complete_task import lock_task
from wms.tasks.tables import task
from wms.tasks.wire import DEFAULT_LEASE_S


async def find_live_task(tx: Tx, site: str, dedupe_key: str) -> UUID | None:
    """The task of this key that is waiting or in work, if there is one."""
    live = sa.and_(task.c.site == site, task.c.dedupe_key == dedupe_key, task.c.state.in_(("open", "leased")))
    id: UUID | None = await tx.conn.scalar(sa.select(task.c.id).where(live))
    return id


async def claim_task(tx: Tx, site: str, dedupe_key: str, document_id: UUID) -> UUID | None:
    """Lease the task to the actor and tie it to a document: from then on only the document's verb completes it.

    Refuses `task_taken_over` while another person holds it.
    """
    id = await find_live_task(tx, site, dedupe_key)
    if id is None:
        return None
    await lock_task(tx, id)
    values = {"state": "leased", "leased_by": tx.actor.id, "lease_until": tx.now + timedelta(seconds=DEFAULT_LEASE_S)}
    await tx.conn.execute(
        task.update()
        .where(task.c.id == id)
        .values(values | {"document_id": document_id, "by_hand": False, "leases": task.c.leases + 1})
    )
    return id
