"""Goods have come: who waits for them gets them at once, the rest becomes put-away tasks. One call for a whole receipt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.putaway.cross_dock import change_promised, lock_open_demand, promise
from wms.putaway.cross_dock_rules import Kind, OpenDemand, Promise, match
from wms.stock.tables import location
from wms.tasks.add_tasks import NewTask, add_tasks
from wms.tasks.tables import task

WORK_KINDS = ("putaway", "cross_dock")


@dataclass(frozen=True, slots=True)
class Arrival:
    """`subject_id`: a unit with all that is in it, or a stock row. `label` is what the person reads on the task."""

    subject_id: UUID
    is_unit: bool
    location_id: UUID
    owner_id: UUID | None
    contents: dict[Kind, Decimal]
    label: str
    document_id: UUID | None = None
    priority: int = 0


async def want_putaway(tx: Tx, site: str, arrivals: Sequence[Arrival]) -> list[UUID]:
    """Tasks for arrivals that have none yet. Call it after the goods are posted."""
    waiting = await _with_work(tx, [one.subject_id for one in arrivals])
    fresh = [one for one in arrivals if one.subject_id not in waiting]
    if not fresh:
        return []
    demands = await lock_open_demand(tx, site, {kind.item_id for one in fresh for kind in one.contents})
    made: list[Promise] = []
    tasks = []
    for one in fresh:
        promises = match(one.contents, demands) if demands else []
        demands = _lowered(demands, promises)
        made += promises
        tasks.append(_task(site, one, promises))
    await promise(tx, made)
    await _name_lanes(tx, tasks)
    return await add_tasks(tx, tasks)


async def drop_putaway(tx: Tx, subject_ids: Sequence[UUID]) -> None:
    """Cancel the put-away of goods that are no longer there, and let demand wait again for what was promised of them."""
    rows = await tx.conn.execute(
        task.update()
        .where(task.c.id.in_(sa.select(task.c.id).where(_live_work(subject_ids)).order_by(task.c.id).with_for_update()))
        .values(state="cancelled", closed_at=tx.now, closed_by=tx.actor.id, lease_until=None)
        .returning(task.c.payload)
    )
    back = [(UUID(one["id"]), -Decimal(one["quantity"])) for row in rows for one in row.payload.get("promises", ())]
    await change_promised(tx, back)


def _live_work(subject_ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    subject = task.c.subject_id == sa.any_(sa.cast(list(subject_ids), ARRAY(sa.Uuid)))
    return sa.and_(subject, task.c.kind.in_(WORK_KINDS), task.c.state.in_(("open", "leased")))


async def _with_work(tx: Tx, subject_ids: list[UUID]) -> set[UUID]:
    return {id for id in await tx.conn.scalars(sa.select(task.c.subject_id).where(_live_work(subject_ids))) if id}


def _lowered(demands: list[OpenDemand], promises: list[Promise]) -> list[OpenDemand]:
    taken = {one.demand.id: one.quantity for one in promises}
    return [replace(one, open=one.open - taken.get(one.id, Decimal(0))) for one in demands] if taken else demands


def _task(site: str, one: Arrival, promises: list[Promise]) -> NewTask:
    payload: dict[str, Any] = {"label": one.label, "unit" if one.is_unit else "stock": str(one.subject_id)}
    due_at = None
    if promises:
        due_at = promises[0].demand.due_at
        payload["lane_id"] = str(promises[0].demand.lane_id)
        payload["promises"] = [
            {
                "id": str(part.demand.id),
                "demand_id": str(part.demand.demand_id),
                "item_id": str(part.demand.kind.item_id),
                "quantity": str(part.quantity),
            }
            for part in promises
        ]
    return NewTask(
        kind="cross_dock" if promises else "putaway",
        site=site,
        priority=one.priority + (10 if promises else 0),
        due_at=due_at,
        location_id=one.location_id,
        owner_id=one.owner_id,
        document_id=one.document_id,
        subject_id=one.subject_id,
        dedupe_key=f"putaway/{one.subject_id}",
        payload=payload,
    )


async def _name_lanes(tx: Tx, tasks: list[NewTask]) -> None:
    lanes = {UUID(one.payload["lane_id"]) for one in tasks if "lane_id" in one.payload}
    if not lanes:
        return
    rows = await tx.conn.execute(sa.select(location.c.id, location.c.name).where(location.c.id.in_(lanes)))
    names = {str(row.id): row.name for row in rows}
    for one in tasks:
        if "lane_id" in one.payload:
            one.payload["lane"] = names[one.payload["lane_id"]]
