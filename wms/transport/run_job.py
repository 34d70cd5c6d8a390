"""Running one planning job in a child process: leased, watched, and kept whole or not at all.

A worker that dies leaves its job to the next one when the lease ends; a job that kills its worker twice is given up.
"""

import asyncio
import base64
import json
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog

from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.facts import tell
from wms.transport.save_network import tables_of
from wms.transport.tables import plan_goods, plan_job, plan_proposal

LEASE = timedelta(seconds=30)
_LOOK_S = 1.0
_GRACE_S = 240.0  # beyond the search: compiling, bounds, referees
_MOST_POINTS = 300
_MOST_TRIES = 2
_LINE_BYTES = 64 * 1024 * 1024
_log = structlog.get_logger()
Ended = dict[str, Any]
_PAST = {"done": "finished", "failed": "failed", "cancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Lease:
    job_id: UUID
    holder: UUID
    seconds: float
    task: bytes


class LeaseLost(Exception):
    """Another worker has the job now."""


async def run_next(db: Database) -> bool:
    """Take the oldest waiting job, or one whose worker died; False when there is none."""
    lease = await db.run(take_job, uuid4(), actor=SYSTEM)
    if lease is None:
        return False
    try:
        ended = await _watch(db, lease)
        await db.run(_end, (lease, ended), actor=SYSTEM)
    except LeaseLost:
        _log.warning("plan_lease_lost", job=str(lease.job_id))
    return True


async def take_job(tx: Tx, holder: UUID) -> Lease | None:
    waiting = sa.or_(
        plan_job.c.state == "queued", sa.and_(plan_job.c.state == "running", plan_job.c.leased_until < tx.now)
    )
    oldest = sa.select(plan_job.c.id).where(waiting).order_by(plan_job.c.created_at).limit(1)
    taken = (
        plan_job.update()
        .where(plan_job.c.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
        .values(
            state="running",
            holder=holder,
            leased_until=tx.now + LEASE,
            started_at=tx.now,
            progress=[],
            tries=plan_job.c.tries + 1,
        )
        .returning(plan_job)
    )
    row = (await tx.conn.execute(taken)).one_or_none()
    if row is None:
        return None
    if row.tries > _MOST_TRIES:
        await _close(tx, row.id, {"error": {"code": "plan_worker_died", "params": {}}})
        return await take_job(tx, holder)
    return Lease(row.id, holder, row.seconds, await _task(tx, row))


async def _task(tx: Tx, row: Any) -> bytes:
    """All the child needs: it has no database."""
    goods = (await tx.conn.execute(sa.select(plan_goods).where(plan_goods.c.id == row.goods_id))).one()
    routes = None
    if row.base_id is not None:
        routes = await tx.conn.scalar(sa.select(plan_proposal.c.routes).where(plan_proposal.c.id == row.base_id))
    return json.dumps(
        {
            "kind": row.kind,
            "tables": await tables_of(tx.conn, row.network_version),
            "goods": base64.b64encode(goods.data).decode(),
            "filename": goods.filename,
            "given": row.given,
            "moves": row.moves,
            "routes": routes,
            "seconds": row.seconds,
            "seed": row.seed,
        }
    ).encode()


@dataclass(slots=True)
class _Heard:
    """What the child has said so far."""

    points: list[list[Any]] = field(default_factory=list)
    ended: Ended | None = None


async def _watch(db: Database, lease: Lease) -> Ended:
    """Renew the lease every second with what the child said, and pass on what people ask."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-m", "wms.transport.solve_child")
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=_LINE_BYTES)
    heard = _Heard()
    talking = asyncio.create_task(_talk(child, lease.task, heard))
    deadline_s = asyncio.get_running_loop().time() + lease.seconds + _GRACE_S
    try:
        while True:
            await asyncio.wait([talking], timeout=_LOOK_S)
            asked = await db.run(_note, (lease, heard.points[-_MOST_POINTS:]), actor=SYSTEM)
            if asked == "cancel":
                return {"cancelled": True}
            if talking.done():
                talking.result()
                return heard.ended or {"error": {"code": "plan_worker_died", "params": {}}}
            if asked == "stop" and heard.points:
                child.terminate()
            if asyncio.get_running_loop().time() > deadline_s:
                return {"error": {"code": "plan_took_too_long", "params": {"seconds": round(lease.seconds + _GRACE_S)}}}
    finally:
        talking.cancel()
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _talk(child: asyncio.subprocess.Process, task: bytes, heard: _Heard) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(task)
        await child.stdin.drain()
        child.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        return
    while line := await child.stdout.readline():
        said = json.loads(line)
        if "progress" in said:
            heard.points.append(said["progress"])
        else:
            heard.ended = said


async def _note(tx: Tx, command: tuple[Lease, list[list[Any]]]) -> str | None:
    """Keep the progress and the lease; what is asked of the job. Raises LeaseLost."""
    lease, points = command
    held = plan_job.c.id == lease.job_id, plan_job.c.holder == lease.holder, plan_job.c.state == "running"
    values = {"leased_until": tx.now + LEASE, "progress": points}
    row = (
        await tx.conn.execute(plan_job.update().where(*held).values(values).returning(plan_job.c.asked))
    ).one_or_none()
    if row is None:
        raise LeaseLost
    asked: str | None = row.asked
    return asked


async def _end(tx: Tx, command: tuple[Lease, Ended]) -> None:
    lease, ended = command
    held = plan_job.c.id == lease.job_id, plan_job.c.holder == lease.holder, plan_job.c.state == "running"
    if (await tx.conn.execute(sa.select(plan_job.c.id).where(*held).with_for_update())).one_or_none() is None:
        raise LeaseLost
    await _close(tx, lease.job_id, ended)


async def _close(tx: Tx, job_id: UUID, ended: Ended) -> None:
    """Write the proposal, if there is one, and the end of the job."""
    result = ended.get("result")
    state = "cancelled" if "cancelled" in ended else "done" if result else "failed"
    if result:
        proposal = {
            "id": tx.new_id(),
            "job_id": job_id,
            "state": "open",
            "cost": result["cost"],
            "bound": result["bound"],
            "moved": result["moved"],
            "routes": result["routes"],
            "certificate": base64.b64decode(result["certificate"]),
            "made_at": tx.now,
        }
        await tx.conn.execute(plan_proposal.insert().values(proposal))
    values = {"state": state, "error": ended.get("error"), "finished_at": tx.now, "holder": None, "leased_until": None}
    await tx.conn.execute(plan_job.update().where(plan_job.c.id == job_id).values(values))
    await tell(tx, f"plan.{_PAST[state]}", job_id)
