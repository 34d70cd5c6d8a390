"""Importing one file, chunk by chunk, so that anyone may die at any moment and nothing is lost or done twice.

A job is leased. Every chunk is one transaction: it takes the job's row only as the holder, applies the rows, writes what
was wrong, and moves `done` on. A worker that was thought dead and wakes up finds that it
holds nothing. When rows are refused together they are tried in halves, until the one that is to blame is alone.
"""

import asyncio
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from wms.access.rights import rights_of
from wms.access.tables import person
from wms.imports.file_refused import FileRefused
from wms.imports.read_table import Table, TableRow, read_table
from wms.imports.row_kind import CellProblem, ImportScope, Outcome, RowKind, RowKinds
from wms.imports.tables import import_chunk, import_file, import_job, import_problem
from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database, Tx, is_bad_value, is_outage
from wms.kit.facts import tell
from wms.kit.refusal import Refusal

CHUNK_ROWS = 100
LEASE = timedelta(seconds=60)
# After each chunk the worker rests this many times as long as it took: scans wait behind at most one short chunk.
_REST = 3.0
# A chunk need not be on the disk when it is committed: a crash takes its rows and its progress together, and it is done again.
_WITHOUT_WAITING = sa.text("SET LOCAL synchronous_commit = off")
_log = structlog.get_logger()


class LeaseLost(Exception):
    """Another worker has the job, or a person cancelled it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in our hands, and how far it is."""

    job_id: UUID
    holder: UUID
    file_id: UUID
    kind: str
    dry_run: bool
    scope: ImportScope
    actor_id: UUID
    done: int


@dataclass(slots=True)
class Judged:
    """One row of the file: what it says, or what is wrong with it."""

    row_no: int
    row: Any = None
    problems: list[CellProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows that start at `start` of the file, counted from 0 without header and empty rows."""

    lease: Lease
    start: int
    rows: Sequence[Judged]


async def run_next(db: Database, kinds: RowKinds) -> bool:
    """Take the oldest waiting job, or one whose worker died, and run it to its end; False when there is none."""
    lease = await db.run(take_job, uuid4(), actor=SYSTEM)
    if lease is None:
        return False
    try:
        kind = kinds.get(lease.kind)
        if kind is None:
            raise Refusal("invalid_request", field="kind")
        await _run(db, lease, kind)
    except LeaseLost:
        _log.warning("import_lease_lost", job=str(lease.job_id))
    except FileRefused as error:
        await db.run(
            _end, (lease, {"code": "file_refused", "params": {"why": error.code, **error.params}}), actor=SYSTEM
        )
    except Refusal as error:
        if error.code == "busy":
            raise
        await db.run(_end, (lease, {"code": error.code, "params": error.params}), actor=SYSTEM)
    except Exception as error:
        if is_outage(error):
            raise
        # A file that breaks the code must not break every worker that takes it after this one.
        _log.exception("import_broken", job=str(lease.job_id))
        await db.run(_end, (lease, {"code": "unexpected", "params": {}}), actor=SYSTEM)
    return True


async def take_job(tx: Tx, holder: UUID) -> Lease | None:
    waiting = sa.or_(
        import_job.c.state == "queued", sa.and_(import_job.c.state == "running", import_job.c.leased_until < tx.now)
    )
    oldest = sa.select(import_job.c.id).where(waiting).order_by(import_job.c.created_at).limit(1)
    row = (
        await tx.conn.execute(
            import_job.update()
            .where(import_job.c.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
            .values(
                state="running",
                holder=holder,
                leased_until=tx.now + LEASE,
                started_at=sa.func.coalesce(import_job.c.started_at, tx.now),
            )
            .returning(import_job)
        )
    ).one_or_none()
    if row is None:
        return None
    scope = ImportScope(row.site, row.owner_id)
    return Lease(row.id, holder, row.file_id, row.kind, row.dry_run, scope, row.actor_id, row.done)


async def _run(db: Database, lease: Lease, kind: RowKind[Any]) -> None:
    actor = await _actor(db, lease, kind)
    table = await _read(db, lease, kind)
    await db.run(_begin, (lease, len(table.rows)), actor=SYSTEM)
    seen: dict[Hashable, int] = {}
    for start in range(0, len(table.rows), CHUNK_ROWS):
        began = time.perf_counter()
        # In a thread: the loop of this process goes on with its leases and signals.
        judged = await asyncio.to_thread(judge, kind, table.rows[start : start + CHUNK_ROWS], seen)
        if start + len(judged) <= lease.done:
            continue  # behind us already; read again only to know the duplicates
        skipped = max(0, lease.done - start)
        await _apply(db, kind, Chunk(lease, start + skipped, judged[skipped:]), actor)
        await asyncio.sleep(_REST * (time.perf_counter() - began))
    await db.run(_end, (lease, None), actor=actor)


def judge(kind: RowKind[Any], rows: Sequence[TableRow], seen: dict[Hashable, int]) -> list[Judged]:
    """Parse rows; a second row of the same thing is wrong, since nobody knows which of the two counts. Pure but for `seen`."""
    judged = []
    for row in rows:
        problems = [CellProblem(one.column, one.code, one.params) for one in row.errors]
        found = problems or kind.parse(row.cells)
        if isinstance(found, list):
            judged.append(Judged(row.row_no, problems=found))
            continue
        first = seen.setdefault(kind.key(found), row.row_no)
        if first != row.row_no:
            problem = CellProblem(kind.columns[0], "duplicate_row", {"first_row": first})
            judged.append(Judged(row.row_no, problems=[problem]))
        else:
            judged.append(Judged(row.row_no, found))
    return judged


async def _apply(db: Database, kind: RowKind[Any], chunk: Chunk, actor: Actor) -> None:
    """Apply rows in one transaction, or, when they are refused, in halves, in order."""

    async def apply(tx: Tx, wanted: Chunk) -> None:
        await _take_chunk(tx, wanted, kind)

    try:
        await db.run(apply, chunk, actor=actor)
    except (Refusal, SQLAlchemyError) as error:
        refusal = error if isinstance(error, Refusal) else Refusal("invalid_request")
        if refusal.code == "busy" or not (refusal is error or is_bad_value(error)):
            raise
        if len(chunk.rows) == 1:
            problem = CellProblem(refusal.field or "", refusal.code, refusal.params)
            blamed = Judged(chunk.rows[0].row_no, problems=[problem])
            await db.run(apply, Chunk(chunk.lease, chunk.start, [blamed]), actor=actor)
            return
        half = len(chunk.rows) // 2
        await _apply(db, kind, Chunk(chunk.lease, chunk.start, chunk.rows[:half]), actor)
        await _apply(db, kind, Chunk(chunk.lease, chunk.start + half, chunk.rows[half:]), actor)


async def _take_chunk(tx: Tx, chunk: Chunk, kind: RowKind[Any]) -> None:
    await tx.conn.execute(_WITHOUT_WAITING)
    await _need_lease(tx, chunk.lease)
    good = [one for one in chunk.rows if not one.problems]
    outcomes: list[Outcome] = []
    if good:
        rows = [one.row for one in good]
        if chunk.lease.dry_run:
            async with tx.conn.begin_nested() as attempt:
                outcomes = await kind.apply(tx, rows, chunk.lease.scope)
                await attempt.rollback()
            tx.notify.clear()
        else:
            outcomes = await kind.apply(tx, rows, chunk.lease.scope)
    problems = [(one.row_no, problem) for one in chunk.rows for problem in one.problems]
    problems += [
        (one.row_no, outcome) for one, outcome in zip(good, outcomes, strict=True) if isinstance(outcome, CellProblem)
    ]
    await _keep_problems(tx, chunk.lease.job_id, problems)
    accepted, repeated = outcomes.count("accepted"), outcomes.count("repeated")
    await tx.conn.execute(
        import_job.update()
        .where(import_job.c.id == chunk.lease.job_id)
        .values(
            done=chunk.start + len(chunk.rows),
            accepted=import_job.c.accepted + accepted,
            repeated=import_job.c.repeated + repeated,
            refused=import_job.c.refused + len(chunk.rows) - accepted - repeated,
            leased_until=tx.now + LEASE,
        )
    )


async def _need_lease(tx: Tx, lease: Lease) -> None:
    """Lock the job's row, as its holder; a holder works its chunks in order, and every taking makes a new one."""
    mine = sa.and_(
        import_job.c.id == lease.job_id, import_job.c.holder == lease.holder, import_job.c.state == "running"
    )
    if await tx.conn.scalar(sa.select(import_job.c.id).where(mine).with_for_update()) is None:
        raise LeaseLost


async def _keep_problems(tx: Tx, job_id: UUID, problems: list[tuple[int, CellProblem]]) -> None:
    rows = {
        (row_no, one.column[:60]): {
            "job_id": job_id,
            "row_no": row_no,
            "column_name": one.column[:60],
            "code": one.code,
            "params": dict(one.params),
        }
        for row_no, one in problems
    }
    if rows:
        await tx.conn.execute(import_problem.insert(), list(rows.values()))


async def _begin(tx: Tx, command: tuple[Lease, int]) -> None:
    lease, total = command
    await _need_lease(tx, lease)
    await tx.conn.execute(
        import_job.update().where(import_job.c.id == lease.job_id).values(total=total, leased_until=tx.now + LEASE)
    )


async def _end(tx: Tx, command: tuple[Lease, dict[str, Any] | None]) -> None:
    lease, error = command
    await _need_lease(tx, lease)
    state = "failed" if error else "done"
    row = (
        await tx.conn.execute(
            import_job.update()
            .where(import_job.c.id == lease.job_id)
            .values(state=state, error=error, finished_at=tx.now, holder=None, leased_until=None)
            .returning(import_job)
        )
    ).one()
    if not lease.dry_run:
        counts = {name: row._mapping[name] for name in ("accepted", "repeated", "refused")}
        kind = "import.failed" if error else "import.finished"
        await tell(tx, kind, lease.job_id, site=row.site, owner_id=row.owner_id, rows=row.kind, **counts)


async def _actor(db: Database, lease: Lease, kind: RowKind[Any]) -> Actor:
    """Who uploaded the file, with the rights they have now. Refuses `not_allowed`."""
    async with db.read() as conn:
        row = (
            await conn.execute(sa.select(person).where(person.c.id == lease.actor_id, person.c.active))
        ).one_or_none()
    if row is None:
        raise Refusal("not_allowed", right="import.run")
    sites = frozenset(row.sites) if row.sites is not None else None
    owners = frozenset(map(UUID, row.owners)) if row.owners is not None else None
    actor = Actor(row.id, row.name, row.role, rights_of(row.role), sites, owners)
    actor.need("import.run", lease.scope.site)
    actor.need(kind.right)
    if lease.scope.owner_id is not None:
        actor.need_owner(lease.scope.owner_id)
    return actor


async def _read(db: Database, lease: Lease, kind: RowKind[Any]) -> Table:
    chunks = sa.select(import_chunk.c.data).where(import_chunk.c.file_id == lease.file_id)
    async with db.read() as conn:
        name = await conn.scalar(sa.select(import_file.c.filename).where(import_file.c.id == lease.file_id))
        data = b"".join(await conn.scalars(chunks.order_by(import_chunk.c.position)))
    return await asyncio.to_thread(read_table, data, name or "", kind.columns, kind.required)
