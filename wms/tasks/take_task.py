"""Taking work: the most urgent task that nobody has, leased to the one who asks.

Order: priority, then cut-off, then the way through the house. Among equally urgent tasks the nearest to where the person
stands is given, so that a put-away and a pick of one aisle follow each other. Simultaneous askers never wait for each other
(SKIP LOCKED) and never get the same task. Nothing but a short index range is read, however long the queue is.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import location
from wms.tasks.tables import task
from wms.tasks.wire import DEFAULT_LEASE_S, LeaseSeconds, TaskRecord

_NEIGHBOURS = 60  # more than the people who may ask at one moment in one place


class TakeTask(BaseModel):
    """`near` is the name of the location where the person stands; no kinds or zones means all of them."""

    site: str = Field(max_length=8)
    kinds: list[str] = Field(default=[], max_length=20)
    zones: list[str] = Field(default=[], max_length=50)
    near: str | None = Field(default=None, max_length=60)
    device: str | None = Field(default=None, max_length=60)
    lease_s: LeaseSeconds = DEFAULT_LEASE_S


class Taken(BaseModel):
    """`task` is null when there is no work of this kind."""

    task: TaskRecord | None


async def take_task(tx: Tx, command: TakeTask) -> Taken:
    await _free_expired(tx, command.site)
    wanted = _wanted(tx, command)
    id = await _lock_nearest(tx, command, wanted)
    if id is None:
        id = await _lock_first(tx, sa.select(task.c.id).where(*wanted).order_by(*_queue_order()))
    if id is None:
        return Taken(task=None)
    row = (
        await tx.conn.execute(
            task.update()
            .where(task.c.id == id)
            .values(
                state="leased",
                leased_by=tx.actor.id,
                device=command.device,
                lease_until=tx.now + timedelta(seconds=command.lease_s),
                leases=task.c.leases + 1,
            )
            .returning(task)
        )
    ).one()
    name = await tx.conn.scalar(sa.select(location.c.name).where(location.c.id == row.location_id))
    return Taken(task=TaskRecord(**row._mapping, location=name))


async def _free_expired(tx: Tx, site: str) -> None:
    """Open the tasks whose lease ran out. A row that somebody is just renewing is skipped, not waited for."""
    expired = (
        sa.select(task.c.id)
        .where(task.c.site == site, task.c.state == "leased", task.c.lease_until <= tx.now)
        .limit(100)
        .with_for_update(skip_locked=True)
    )
    await tx.conn.execute(
        task.update().where(task.c.id.in_(expired.scalar_subquery())).values(state="open", lease_until=None)
    )


def _wanted(tx: Tx, command: TakeTask) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = [task.c.site == command.site, task.c.state == "open"]
    if command.kinds:
        wanted.append(task.c.kind.in_(command.kinds))
    if command.zones:
        wanted.append(task.c.zone.in_(command.zones))
    if tx.actor.owners is not None:
        wanted.append(task.c.owner_id.in_(tx.actor.owners))
    wanted.append(sa.or_(task.c.assigned_to.is_(None), task.c.assigned_to == tx.actor.id))
    return wanted


def _queue_order() -> tuple[Any, ...]:
    return task.c.priority.desc(), task.c.due_at, task.c.path_order, task.c.id


async def _lock_nearest(tx: Tx, command: TakeTask, wanted: list[sa.ColumnElement[bool]]) -> UUID | None:
    """The nearest of the most urgent tasks, or None when `near` says nothing or all neighbours are just being taken."""
    if command.near is None:
        return None
    here = (
        await tx.conn.execute(
            sa.select(location.c.path_order).where(location.c.site == command.site, location.c.name == command.near)
        )
    ).one_or_none()
    if here is None:
        raise Refusal("unknown_location", location=command.near, field="near")
    head = (
        await tx.conn.execute(
            sa.select(task.c.priority, task.c.due_at).where(*wanted).order_by(*_queue_order()).limit(1)
        )
    ).one_or_none()
    if here.path_order is None or head is None:
        return None
    # `=` and IS NULL use the index, IS NOT DISTINCT FROM does not.
    same_cut_off = task.c.due_at.is_(None) if head.due_at is None else task.c.due_at == head.due_at
    found = await _neighbours(tx, here.path_order, [*wanted, task.c.priority == head.priority, same_cut_off])
    if not found:
        return None
    by_distance = sa.func.abs(task.c.path_order - here.path_order)
    near = sa.select(task.c.id).where(task.c.id.in_(found), task.c.state == "open")
    return await _lock_first(tx, near.order_by(by_distance, task.c.id))


async def _neighbours(tx: Tx, path_order: int, equal: list[sa.ColumnElement[bool]]) -> list[UUID]:
    columns = sa.select(task.c.id).where(*equal)
    ahead = columns.where(task.c.path_order >= path_order).order_by(task.c.path_order, task.c.id).limit(_NEIGHBOURS)
    behind = columns.where(task.c.path_order < path_order).order_by(task.c.path_order.desc()).limit(_NEIGHBOURS)
    return list(await tx.conn.scalars(sa.union_all(ahead.subquery().select(), behind.subquery().select())))


async def _lock_first(tx: Tx, query: sa.Select[Any]) -> UUID | None:
    found: UUID | None = await tx.conn.scalar(query.limit(1).with_for_update(skip_locked=True))
    return found
