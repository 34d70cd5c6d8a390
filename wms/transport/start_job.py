"""Queueing a job that plans, and asking one to end."""

import asyncio
import hashlib
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from routing.data.build import Built
from routing.data.faults import DataFaults
from routing.fault import ProblemFault
from wms.kit.actor import Actor
from wms.kit.db import Database, Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.transport.rebuild import Given, Names, Source, built_from
from wms.transport.save_network import need_network, refused, tables_of
from wms.transport.tables import booked_space, plan_goods, plan_job

PLAN_CHANNEL = "kouan_plan"
MOST_WAITING = 50


class StartPlan(BaseModel):
    """`data` is told apart by its digest: a repeated request compares equal without keeping the bytes."""

    name: str
    filename: str
    network_version: int
    seconds: float
    seed: int
    co2_price: int = 0
    day_price: int = 0
    digest: str = ""
    data: bytes = Field(exclude=True, repr=False)

    def model_post_init(self, _: Any) -> None:
        self.digest = hashlib.sha256(self.data).hexdigest()


class QueueChange(BaseModel):
    """An edit or a replan of a proposal."""

    kind: str
    name: str
    root_id: UUID
    goods_id: UUID
    network_version: int
    base_id: UUID
    given: Given
    moves: dict[str, Names | None]
    seed: int


class JobQueued(BaseModel):
    id: UUID


class AskJob(BaseModel):
    id: UUID
    ask: str


async def judge_goods(db: Database, command: StartPlan) -> None:
    """Read the file as planning would. Refuses `plan_file_refused` with the first wrong cell, `not_found` for a version."""
    async with db.read() as conn:
        tables = await tables_of(conn, command.network_version)
    if not tables:
        raise Refusal("not_found")

    def read() -> Built:
        return built_from(Source(tables, command.data, command.filename))[1]

    try:
        await asyncio.to_thread(read)
    except DataFaults as error:
        raise refused("plan_file_refused", error) from error
    except ProblemFault as error:
        name = command.filename
        raise Refusal(
            "plan_file_refused", field="file", file=name, row=0, column="", why=error.code, faults=[]
        ) from error


async def start_plan(tx: Tx, command: StartPlan) -> JobQueued:
    """Refuses `too_many_plans`. What other plans have booked is not planned with again."""
    goods_id, id = tx.new_id(), tx.new_id()
    await _need_room(tx)
    goods = {"id": goods_id, "filename": command.filename, "data": command.data, "uploaded_at": tx.now}
    await tx.conn.execute(plan_goods.insert().values(goods))
    booked = await booked_by_others(tx, id)
    given = Given(co2_price=command.co2_price, day_price=command.day_price, booked=booked)
    await _queue(
        tx,
        {
            "id": id,
            "root_id": id,
            "kind": "plan",
            "name": command.name,
            "goods_id": goods_id,
            "network_version": command.network_version,
            "base_id": None,
            "given": given.model_dump(mode="json"),
            "moves": {},
            "seconds": command.seconds,
            "seed": command.seed,
        },
    )
    return JobQueued(id=id)


async def queue_change(tx: Tx, command: QueueChange) -> JobQueued:
    """Refuses `too_many_plans`."""
    await _need_room(tx)
    id = tx.new_id()
    command.given.booked = await booked_by_others(tx, command.root_id)
    row = command.model_dump(mode="json") | {"root_id": command.root_id, "goods_id": command.goods_id}
    await _queue(tx, row | {"id": id, "base_id": command.base_id, "seconds": 10.0})
    return JobQueued(id=id)


async def booked_by_others(tx: Tx, root_id: UUID) -> dict[str, int]:
    query = sa.select(booked_space.c.departure, sa.func.sum(booked_space.c.units)).where(
        booked_space.c.root_id != root_id
    )
    return {name: int(units) for name, units in await tx.conn.execute(query.group_by(booked_space.c.departure))}


async def ask_job(tx: Tx, command: AskJob) -> JobQueued:
    """Stop keeps the best plan so far, cancel keeps none; again it changes nothing. Refuses `not_found`, `plan_job_ended`."""
    row = (
        await tx.conn.execute(sa.select(plan_job).where(plan_job.c.id == command.id).with_for_update())
    ).one_or_none()
    if row is None:
        raise Refusal("not_found")
    if row.state not in ("queued", "running"):
        raise Refusal("plan_job_ended", state=row.state)
    values: dict[str, object] = {"asked": command.ask}
    if row.state == "queued" and command.ask == "cancel":
        values |= {"state": "cancelled", "finished_at": tx.now}
    await tx.conn.execute(plan_job.update().where(plan_job.c.id == command.id).values(values))
    tx.notify.add(PLAN_CHANNEL)
    return JobQueued(id=command.id)


async def _need_room(tx: Tx) -> None:
    waiting = await tx.conn.scalar(sa.select(sa.func.count()).where(plan_job.c.state == "queued"))
    if (waiting or 0) >= MOST_WAITING:
        raise Refusal("too_many_plans", limit=MOST_WAITING)


async def _queue(tx: Tx, row: dict[str, Any]) -> None:
    fixed = {"state": "queued", "progress": [], "created_by": tx.actor.name, "created_at": tx.now}
    await tx.conn.execute(plan_job.insert().values(row | fixed))
    await tell(tx, "plan.queued", row["id"], what=row["kind"], name=row["name"])
    tx.notify.add(PLAN_CHANNEL)


def need_planner(who: Actor, right: str) -> None:
    """The network and its plans tell of every owner's goods: refuse who may see only some owners' goods."""
    who.need(right)
    if who.owners is not None:
        raise Refusal("not_allowed", right=right)


async def need_version(db: Database, wanted: int | None) -> int:
    newest = await need_network(db)
    return newest if wanted is None else wanted
