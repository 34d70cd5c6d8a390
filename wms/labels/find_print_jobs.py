"""Looking at print jobs: what a printer should print now, and what became of the rest."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.labels.print_labels import PrintJob
from wms.labels.tables import print_job


class PrintJobWithLabel(PrintJob):
    """`zpl` is what goes to the printer, copies included."""

    zpl: str


async def find_print_jobs(
    conn: AsyncConnection,
    who: Actor,
    *,
    printer: str | None,
    state: str | None,
    due_at: datetime | None,
    after: UUID | None,
    limit: int,
) -> Page[PrintJobWithLabel]:
    """In the order they were asked for. With `due_at` only what waits and may be tried by then."""
    query = sa.select(print_job).order_by(print_job.c.id).limit(limit + 1)
    if printer is not None:
        query = query.where(print_job.c.printer == printer)
    if state is not None:
        query = query.where(print_job.c.state == state)
    if due_at is not None:
        query = query.where(print_job.c.state.in_(("queued", "retry")), print_job.c.next_at <= due_at)
    if after is not None:
        query = query.where(print_job.c.id > after)
    if who.sites is not None:
        query = query.where(sa.or_(print_job.c.site.in_(who.sites), print_job.c.site.is_(None)))
    if who.owners is not None:
        query = query.where(print_job.c.owner_id.in_(who.owners))
    found = [PrintJobWithLabel.model_validate(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda job: str(job.id))
