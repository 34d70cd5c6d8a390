"""Tasks over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from wms.access.api import Who
from wms.kit.http import ERRORS, Actor, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.stock.tables import location
from wms.tasks.change_task import (
    FinishTask,
    LeaseRenewed,
    ReassignTask,
    RenewTask,
    TaskChanged,
    TaskId,
    cancel_task,
    finish_task,
    reassign_task,
    release_task,
    renew_task,
)
from wms.tasks.tables import task
from wms.tasks.take_task import Taken, TakeTask, take_quickly, take_task
from wms.tasks.wire import DEFAULT_LEASE_S, LeaseSeconds, TaskRecord, TaskState

router = APIRouter(prefix="/api/v1", tags=["tasks"], responses=ERRORS)


class RenewBody(BaseModel):
    lease_s: LeaseSeconds = DEFAULT_LEASE_S


class FinishBody(BaseModel):
    result: dict[str, Any] = Field(default={}, max_length=50)


class ReassignBody(BaseModel):
    person: str = Field(min_length=1, max_length=60)


@router.post("/tasks/take")
async def post_take(command: TakeTask, held: Held, who: Who, key: IdempotencyKey = None) -> Taken:
    """The next work for me: the most urgent, and among equally urgent the nearest to `near`."""
    who.need("task.take", command.site)
    if key is None:
        return await take_quickly(held.db, command, who)
    return await held.db.run(take_task, command, actor=who, key=key)


@router.post("/tasks/{id}/renew")
async def post_renew(id: UUID, body: RenewBody, held: Held, who: Who, key: IdempotencyKey = None) -> LeaseRenewed:
    who.need("task.take")
    return await held.db.run(renew_task, RenewTask(id=id, lease_s=body.lease_s), actor=who, key=key)


@router.post("/tasks/{id}/release")
async def post_release(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> TaskChanged:
    who.need("task.take")
    return await held.db.run(release_task, TaskId(id=id), actor=who, key=key)


@router.post("/tasks/{id}/complete")
async def post_complete(id: UUID, body: FinishBody, held: Held, who: Who, key: IdempotencyKey = None) -> TaskChanged:
    """Finish by word what needs no posting. Put-away, picks, counts … finish by posting them."""
    who.need("task.take")
    return await held.db.run(finish_task, FinishTask(id=id, result=body.result), actor=who, key=key)


@router.post("/tasks/{id}/cancel")
async def post_cancel(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> TaskChanged:
    who.need("task.lead")
    return await held.db.run(cancel_task, TaskId(id=id), actor=who, key=key)


@router.post("/tasks/{id}/reassign")
async def post_reassign(id: UUID, body: ReassignBody, held: Held, who: Who, key: IdempotencyKey = None) -> TaskChanged:
    who.need("task.lead")
    return await held.db.run(reassign_task, ReassignTask(id=id, person=body.person), actor=who, key=key)


@router.get("/tasks")
async def get_tasks(
    held: Held,
    who: Who,
    site: Annotated[str | None, Query(max_length=8)] = None,
    kind: Annotated[str | None, Query(max_length=16)] = None,
    state: TaskState | None = None,
    zone: Annotated[str | None, Query(max_length=20)] = None,
    document_id: UUID | None = None,
    mine: bool = False,
    after: After = None,
    limit: Limit = 100,
) -> Page[TaskRecord]:
    """Tasks in the order in which they were made. `mine`: those that I hold."""
    who.need("task.read", site)
    query = _visible(who).order_by(task.c.id).limit(limit + 1)
    exact = {"site": site, "kind": kind, "state": state, "zone": zone, "document_id": document_id}
    for name, value in exact.items():
        if value is not None:
            query = query.where(task.c[name] == value)
    if mine:
        query = query.where(task.c.leased_by == who.id, task.c.state == "leased")
    if after is not None:
        query = query.where(task.c.id > read_id(after))
    async with held.db.read() as conn:
        found = [TaskRecord.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


@router.get("/tasks/{id}")
async def get_task(id: UUID, held: Held, who: Who) -> TaskRecord:
    who.need("task.read")
    async with held.db.read() as conn:
        row = (await conn.execute(_visible(who).where(task.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return TaskRecord.model_validate(dict(row._mapping))


def _visible(who: Actor) -> sa.Select[Any]:
    query = sa.select(task, location.c.name.label("location")).outerjoin(location, location.c.id == task.c.location_id)
    if who.sites is not None:
        query = query.where(task.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(task.c.owner_id.in_(who.owners))
    return query
