"""A file of a scan arrives: read in a child process, kept raw by its digest, noted with the scan."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from devices.dicos.check import DicosGate
from devices.dicos.model import DicosRefusedError
from devices.dicos.read import Document
from wms.inspection.analyse_scan import role_of
from wms.inspection.image_store import ImageStore
from wms.inspection.settle_scan import lock_scan
from wms.inspection.tables import image
from wms.inspection.wire import FileKept
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NoteFile:
    scan_id: UUID
    role: str
    sha256: str
    size_bytes: int
    scan_uid: str
    instance_uid: str


async def read_file(gate: DicosGate, data: bytes) -> Document:
    """The document behind the bytes. Refuses `dicos_refused` with why."""
    try:
        return await asyncio.to_thread(gate.read, data)
    except DicosRefusedError as refused:
        raise Refusal("dicos_refused", why=refused.code) from refused


async def keep_file(gate: DicosGate, store: ImageStore, data: bytes, scan_id: UUID) -> NoteFile:
    """Read and store a file; what `note_file` then writes. The file stays even when that refuses: it names nobody."""
    document = await read_file(gate, data)
    role = role_of(document)
    if role is None:
        raise Refusal("dicos_refused", why="dicos_unknown_class")
    digest = await asyncio.to_thread(store.keep, data)
    header = document.header
    return NoteFile(scan_id, role, digest, len(data), header.scan_uid, header.instance_uid)


async def note_file(tx: Tx, command: NoteFile) -> FileKept:
    """Tie the file to its scan; the same file again changes nothing.

    Refuses `not_found`, `file_of_another_scan`, `scan_complete`.
    """
    row = await lock_scan(tx, command.scan_id)
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("scan.write", row.site)
    if row.scan_uid != command.scan_uid:
        raise Refusal("file_of_another_scan", scan_uid=command.scan_uid, expected=row.scan_uid)
    kept = FileKept(role=command.role, sha256=command.sha256, size_bytes=command.size_bytes)
    there = sa.select(image.c.sha256).where(image.c.scan_id == row.id, image.c.role == command.role)
    if await tx.conn.scalar(there) == command.sha256:
        return kept
    if row.completed_at is not None or row.state != "open":
        raise Refusal("scan_complete", tid=row.tid)
    values = kept.model_dump() | {"instance_uid": command.instance_uid, "received_at": tx.now}
    await tx.conn.execute(
        insert(image)
        .values(scan_id=row.id, **values)
        .on_conflict_do_update(
            index_elements=["scan_id", "role"], set_={k: v for k, v in values.items() if k != "role"}
        )
    )
    await tell(tx, "inspection.image_kept", row.id, site=row.site, role=command.role, sha256=command.sha256)
    return kept
