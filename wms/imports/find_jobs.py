"""Looking at imports. Who is bound to sites or owners sees his own only: a file may tell of anybody."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.imports.start_import import ImportJob, select_jobs
from wms.imports.tables import import_job, import_problem
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal


class ImportProblem(BaseModel):
    """`column` is empty when the row as a whole is wrong."""

    row_no: int
    column: str
    code: str
    params: dict[str, Any]


async def find_jobs(
    conn: AsyncConnection, who: Actor, *, state: str | None, after: UUID | None, limit: int
) -> Page[ImportJob]:
    """The newest first; ids grow with time."""
    query = select_jobs().where(_seen_by(who)).order_by(import_job.c.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(import_job.c.state == state)
    if after is not None:
        query = query.where(import_job.c.id < after)
    found = [ImportJob.model_validate(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda job: str(job.id))


async def find_job(conn: AsyncConnection, who: Actor, id: UUID) -> ImportJob:
    """Refuses `not_found`."""
    row = (await conn.execute(select_jobs().where(import_job.c.id == id, _seen_by(who)))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return ImportJob.model_validate(row)


async def find_problems(
    conn: AsyncConnection, id: UUID, *, after: tuple[int, str] | None, limit: int
) -> Page[ImportProblem]:
    """What was wrong, by row and column."""
    where = import_problem.c.job_id == id
    query = sa.select(import_problem).where(where).order_by(import_problem.c.row_no, import_problem.c.column_name)
    if after is not None:
        query = query.where(sa.tuple_(import_problem.c.row_no, import_problem.c.column_name) > sa.tuple_(*after))
    found = [
        ImportProblem(row_no=row.row_no, column=row.column_name, code=row.code, params=row.params)
        for row in await conn.execute(query.limit(limit + 1))
    ]
    return page_of(found, limit, lambda one: f"{one.row_no}~{one.column}")


def _seen_by(who: Actor) -> sa.ColumnElement[bool]:
    if who.sites is None and who.owners is None:
        return sa.true()
    return import_job.c.actor_id == who.id
