"""Taking a file and queueing its import: as a preview that changes nothing, or for good."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from wms.imports.tables import import_chunk, import_file, import_job
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.sites.tables import site

IMPORT_CHANNEL = "kouan_import"
_CHUNK_BYTES = 256 * 1024


class ImportJob(BaseModel):
    """`done` = `accepted` + `repeated` + `refused`; `total` is null until the file was read."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    dry_run: bool
    site: str | None
    owner_id: UUID | None
    filename: str
    state: str
    actor_name: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    total: int | None
    done: int
    accepted: int
    repeated: int
    refused: int
    error: dict[str, Any] | None


class StartImport(BaseModel):
    """`data` is told apart by its digest: a repeated request compares equal without keeping the bytes."""

    kind: str
    filename: str
    dry_run: bool
    site: str | None = None
    owner_id: UUID | None = None
    digest: str = ""
    data: bytes = Field(exclude=True, repr=False)

    def model_post_init(self, _: Any) -> None:
        self.digest = hashlib.sha256(self.data).hexdigest()
        self.filename = self.filename[-200:]


class RunImport(BaseModel):
    """A preview that pleased, now for good."""

    job_id: UUID


async def start_import(tx: Tx, command: StartImport) -> ImportJob:
    """Refuses `unknown_site`, and `not_found` for an owner that is none."""
    if command.site and not await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)):
        raise Refusal("unknown_site", site=command.site)
    if command.owner_id and not await tx.conn.scalar(sa.select(party.c.id).where(party.c.id == command.owner_id)):
        raise Refusal("not_found", field="owner_id")
    file_id = tx.new_id()
    await tx.conn.execute(
        import_file.insert().values(
            id=file_id,
            filename=command.filename,
            size_bytes=len(command.data),
            digest=command.digest,
            uploaded_at=tx.now,
        )
    )
    await tx.conn.execute(
        import_chunk.insert(),
        [
            {"file_id": file_id, "position": start, "data": command.data[start : start + _CHUNK_BYTES]}
            for start in range(0, len(command.data), _CHUNK_BYTES)
        ],
    )
    given = {"kind": command.kind, "dry_run": command.dry_run, "site": command.site, "owner_id": command.owner_id}
    return await _queue(tx, file_id, given)


async def run_import(tx: Tx, command: RunImport) -> ImportJob:
    """Queue the file of an earlier job for good. Refuses `not_found`, and `file_refused` when its bytes are gone."""
    row = (
        await tx.conn.execute(
            sa.select(import_job, import_file.c.forgotten)
            .join(import_file, import_file.c.id == import_job.c.file_id)
            .where(import_job.c.id == command.job_id)
        )
    ).one_or_none()
    if row is None:
        raise Refusal("not_found")
    if row.forgotten:
        raise Refusal("file_refused", why="forgotten")
    given = {"kind": row.kind, "dry_run": False, "site": row.site, "owner_id": row.owner_id}
    return await _queue(tx, row.file_id, given)


async def cancel_import(tx: Tx, command: RunImport) -> ImportJob:
    """Stop a job between two chunks; what is in stays in. Refuses `import_running` when it is over."""
    changed = await tx.conn.execute(
        import_job.update()
        .where(import_job.c.id == command.job_id, import_job.c.state.in_(("queued", "running")))
        .values(state="cancelled", finished_at=tx.now, holder=None, leased_until=None)
    )
    if changed.rowcount == 0:
        raise Refusal("import_running")
    return await _shown(tx, command.job_id)


async def _queue(tx: Tx, file_id: UUID, given: dict[str, Any]) -> ImportJob:
    id = tx.new_id()
    counts = dict.fromkeys(("done", "accepted", "repeated", "refused"), 0)
    await tx.conn.execute(
        import_job.insert().values(
            id=id,
            file_id=file_id,
            state="queued",
            actor_id=tx.actor.id,
            actor_name=tx.actor.name,
            created_at=tx.now,
            **counts,
            **given,
        )
    )
    tx.notify.add(IMPORT_CHANNEL)
    return await _shown(tx, id)


async def _shown(tx: Tx, id: UUID) -> ImportJob:
    return ImportJob.model_validate((await tx.conn.execute(select_jobs().where(import_job.c.id == id))).one())


def select_jobs() -> sa.Select[*tuple[Any, ...]]:
    return sa.select(import_job, import_file.c.filename).join(import_file, import_file.c.id == import_job.c.file_id)
