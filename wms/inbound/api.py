"""Manifests over HTTP."""

import asyncio
from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query, UploadFile
from pydantic import BaseModel

from wms.access.api import Who
from wms.inbound.announce import Announce, Announced, RowProblem, announce
from wms.inbound.read_manifest import Manifest, ManifestRefused, read_manifest
from wms.inbound.tables import manifest, manifest_error
from wms.kit.http import ERRORS, Held
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["inbound"], responses=ERRORS)
UPLOAD_PATHS = frozenset({"/api/v1/manifests"})
_CHUNK = 1 << 20


class ManifestRecord(BaseModel):
    id: UUID
    site: str
    filename: str
    format: str
    announced_at: datetime
    announced_by: str
    rows: int
    accepted: int
    repeated: int
    refused: int


class ManifestWithProblems(ManifestRecord):
    problems: list[RowProblem]
    problems_total: int


@router.post("/manifests", status_code=201)
async def post_manifest(
    file: UploadFile,
    held: Held,
    who: Who,
    site: Annotated[str, Query(max_length=8)],
    destination: Annotated[str | None, Query(max_length=16)] = None,
    service: Annotated[str | None, Query(max_length=16)] = None,
) -> Announced:
    """Announce parcels from a CSV, XLSX or CEB505 file. `destination` and `service` fill what the file does not say."""
    who.need("manifest.announce", site)
    data = await _read(file, held.max_upload_bytes)
    name = file.filename or "manifest"
    # Parsing 100,000 rows takes seconds of CPU; in a thread it does not stop the line screen.
    content = await asyncio.to_thread(_parse, data, name, destination, service)
    return await held.db.run(announce, Announce(site, name, data, content, held.seal), actor=who)


@router.get("/manifests")
async def get_manifests(
    held: Held,
    who: Who,
    site: Annotated[str | None, Query(max_length=8)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[ManifestRecord]:
    """The newest manifests first."""
    who.need("manifest.read", site)
    query = sa.select(manifest).order_by(manifest.c.announced_at.desc()).limit(limit)
    if site is not None:
        query = query.where(manifest.c.site == site)
    elif who.sites is not None:
        query = query.where(manifest.c.site.in_(who.sites))
    async with held.db.read() as conn:
        return [ManifestRecord.model_validate(row._mapping) for row in await conn.execute(query)]


@router.get("/manifests/{id}")
async def get_manifest(
    id: UUID,
    held: Held,
    who: Who,
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> ManifestWithProblems:
    who.need("manifest.read")
    async with held.db.read() as conn:
        row = (await conn.execute(sa.select(manifest).where(manifest.c.id == id))).one_or_none()
        if row is None:
            raise Refusal("not_found")
        who.need("manifest.read", row.site)
        mine = manifest_error.c.manifest_id == id
        total = await conn.scalar(sa.select(sa.func.count()).select_from(manifest_error).where(mine))
        found = await conn.execute(
            sa.select(manifest_error).where(mine).order_by(manifest_error.c.position).offset(offset).limit(limit)
        )
        problems = [_problem(one) for one in found.mappings()]
    return ManifestWithProblems(**row._mapping, problems=problems, problems_total=total or 0)


def _problem(row: sa.RowMapping) -> RowProblem:
    return RowProblem(row_no=row["row_no"], column=row["column_name"], code=row["code"], params=row["params"])


def _parse(data: bytes, name: str, destination: str | None, service: str | None) -> Manifest:
    try:
        return read_manifest(data, name, default_destination=destination, default_service=service)
    except ManifestRefused as error:
        raise Refusal("manifest_refused", field="file", why=error.code, **error.params) from error


async def _read(file: UploadFile, limit: int) -> bytes:
    data = bytearray()
    while chunk := await file.read(_CHUNK):
        data += chunk
        if len(data) > limit:
            raise Refusal("too_large", field="file", limit_bytes=limit)
    return bytes(data)
