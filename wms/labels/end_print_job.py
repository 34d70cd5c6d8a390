"""What became of a print job, told by whoever prints. A printer that is out of paper or gone is tried again, ever later."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.labels.print_labels import PrintJob
from wms.labels.tables import print_job

MOST_ATTEMPTS = 10
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 5, 600


class EndPrintJob(BaseModel):
    job_id: UUID
    failure: str | None = None


class RetryPrintJob(BaseModel):
    job_id: UUID


def pause_after(attempts: int) -> timedelta:
    """5 s, 10 s, 20 s … ten minutes."""
    return timedelta(seconds=min(_FIRST_PAUSE_S * 2 ** min(attempts - 1, 20), _LONGEST_PAUSE_S))


async def print_job_done(tx: Tx, command: EndPrintJob) -> PrintJob:
    """The label is out. Saying so twice changes nothing; refuses `print_job_ended` when it was given up."""
    row = await _lock(tx, command.job_id)
    if row.state == "sent":
        return PrintJob.model_validate(row)
    if row.state == "failed":
        raise Refusal("print_job_ended", state=row.state)
    return await _save(tx, row.id, state="sent", attempts=row.attempts + 1, next_at=None, ended_at=tx.now, failure=None)


async def print_job_failed(tx: Tx, command: EndPrintJob) -> PrintJob:
    """Try again later, or after the last attempt give up and tell. Refuses `print_job_ended`."""
    row = await _lock(tx, command.job_id)
    if row.state in ("sent", "failed"):
        raise Refusal("print_job_ended", state=row.state)
    attempts = row.attempts + 1
    if attempts < MOST_ATTEMPTS:
        again_at = tx.now + pause_after(attempts)
        return await _save(tx, row.id, state="retry", attempts=attempts, next_at=again_at, failure=command.failure)
    await tell(tx, "print_job.failed", row.id, site=row.site, owner_id=row.owner_id, printer=row.printer)
    return await _save(
        tx, row.id, state="failed", attempts=attempts, next_at=None, ended_at=tx.now, failure=command.failure
    )


async def retry_print_job(tx: Tx, command: RetryPrintJob) -> PrintJob:
    """Begin again with a job that was given up or waits: the printer is back. Refuses `print_job_ended` when it is out."""
    row = await _lock(tx, command.job_id)
    if row.state == "sent":
        raise Refusal("print_job_ended", state=row.state)
    return await _save(tx, row.id, state="queued", attempts=0, next_at=tx.now, ended_at=None, failure=None)


async def _lock(tx: Tx, id: UUID) -> sa.Row[*tuple[object, ...]]:
    row = (await tx.conn.execute(sa.select(print_job).where(print_job.c.id == id).with_for_update())).one_or_none()
    foreign = row is not None and row.site is not None and tx.actor.sites is not None and row.site not in tx.actor.sites
    if row is None or foreign or (tx.actor.owners is not None and row.owner_id not in tx.actor.owners):
        raise Refusal("not_found")
    return row


async def _save(tx: Tx, id: UUID, **values: object) -> PrintJob:
    changed = print_job.update().where(print_job.c.id == id).values(values).returning(print_job)
    return PrintJob.model_validate((await tx.conn.execute(changed)).one())
