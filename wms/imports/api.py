"""Imports and exports over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from wms.access.api import Who
from wms.imports.export_table import export_csv, export_xlsx
from wms.imports.exports import EXPORTS
from wms.imports.file_refused import FileRefused
from wms.imports.find_jobs import ImportProblem, find_job, find_jobs, find_problems
from wms.imports.read_table import check_file
from wms.imports.row_kind import RowKind, RowKinds
from wms.imports.start_import import ImportJob, RunImport, StartImport, cancel_import, run_import, start_import
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import Limit, Page
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["imports"], responses=ERRORS)
UPLOAD_PATHS = frozenset({"/api/v1/imports"})
_PIECE_BYTES = 1 << 20
_TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}

Site = Annotated[str | None, Query(max_length=8)]
ExportName = Literal["items", "locations", "stock"]
ExportFormat = Literal["csv", "xlsx"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class RowKindInfo(BaseModel):
    """What a header row may hold; `required` columns must be there."""

    kind: str
    columns: list[str]
    required: list[str]


@router.get("/imports/kinds")
async def get_kinds(request: Request, who: Who) -> list[RowKindInfo]:
    """What this person may import."""
    who.need("import.run")
    kinds: RowKinds = request.app.state.row_kinds
    return [
        RowKindInfo(kind=name, columns=list(kind.columns), required=sorted(kind.required))
        for name, kind in kinds.items()
        if who.may(kind.right)
    ]


@router.post("/imports", status_code=202)
async def post_import(
    request: Request,
    file: UploadFile,
    held: Held,
    who: Who,
    kind: Annotated[str, Query(max_length=40)],
    dry_run: bool = False,
    site: Site = None,
    owner_id: UUID | None = None,
    key: IdempotencyKey = None,
) -> ImportJob:
    """Queue a CSV or XLSX file. `dry_run` tells what would happen and changes nothing."""
    _need(who, _kind(request, kind), site, owner_id)
    data = await _read(file, held.max_upload_bytes)
    name = file.filename or "rows"
    try:
        check_file(data, name)
    except FileRefused as error:
        raise Refusal("file_refused", field="file", why=error.code, **error.params) from error
    command = StartImport(kind=kind, filename=name, dry_run=dry_run, site=site, owner_id=owner_id, data=data)
    return await held.db.run(start_import, command, actor=who, key=key)


@router.get("/imports")
async def get_imports(
    held: Held, who: Who, state: JobState | None = None, after: UUID | None = None, limit: Limit = 50
) -> Page[ImportJob]:
    """The newest first."""
    who.need("import.run")
    async with held.db.read() as conn:
        return await find_jobs(conn, who, state=state, after=after, limit=limit)


@router.get("/imports/{id}")
async def get_import(id: UUID, held: Held, who: Who) -> ImportJob:
    who.need("import.run")
    async with held.db.read() as conn:
        return await find_job(conn, who, id)


@router.get("/imports/{id}/problems")
async def get_problems(
    id: UUID, held: Held, who: Who, after: Annotated[str | None, Query(max_length=100)] = None, limit: Limit = 200
) -> Page[ImportProblem]:
    """What was wrong with which cell of which row."""
    who.need("import.run")
    async with held.db.read() as conn:
        await find_job(conn, who, id)
        return await find_problems(conn, id, after=_cursor(after), limit=limit)


@router.post("/imports/{id}/run", status_code=202)
async def post_run(request: Request, id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ImportJob:
    """Import the file of an earlier job for good, most often of a preview."""
    job = await _mine(request, held, who, id)
    return await held.db.run(run_import, RunImport(job_id=job.id), actor=who, key=key)


@router.post("/imports/{id}/cancel")
async def post_cancel(request: Request, id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ImportJob:
    """Stop after the chunk in work. What is in stays in; running the file again goes on from there."""
    job = await _mine(request, held, who, id)
    return await held.db.run(cancel_import, RunImport(job_id=job.id), actor=who, key=key)


@router.get("/exports/{name}", response_class=StreamingResponse)
async def get_export(
    name: ExportName,
    held: Held,
    who: Who,
    format: Annotated[ExportFormat, Query()] = "csv",
    site: Site = None,
    owner_id: UUID | None = None,
) -> StreamingResponse:
    """Articles, locations or stock as a table. Texts that look like formulas are quoted."""
    right, make = EXPORTS[name]
    who.need(right, site)
    if owner_id is not None:
        who.need_owner(owner_id)
    export = make(who, site=site, owner_id=owner_id)
    body = (export_csv if format == "csv" else export_xlsx)(held.db, export)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{format}"'}
    return StreamingResponse(body, media_type=_TYPES[format], headers=headers)


async def _mine(request: Request, held: Held, who: Actor, id: UUID) -> ImportJob:
    who.need("import.run")
    async with held.db.read() as conn:
        job = await find_job(conn, who, id)
    _need(who, _kind(request, job.kind), job.site, job.owner_id)
    return job


def _kind(request: Request, name: str) -> RowKind[object]:
    kinds: RowKinds = request.app.state.row_kinds
    if name not in kinds:
        raise Refusal("invalid_request", field="kind")
    return kinds[name]


def _need(who: Actor, kind: RowKind[object], site: str | None, owner_id: UUID | None) -> None:
    who.need("import.run", site)
    who.need(kind.right, site)
    if owner_id is not None:
        who.need_owner(owner_id)


def _cursor(after: str | None) -> tuple[int, str] | None:
    if after is None:
        return None
    row_no, _, column = after.partition("~")
    if not (row_no.isascii() and row_no.isdigit() and len(row_no) < 10):
        raise Refusal("invalid_request", field="after")
    return int(row_no), column


async def _read(file: UploadFile, limit: int) -> bytes:
    data = bytearray()
    while piece := await file.read(_PIECE_BYTES):
        data += piece
        if len(data) > limit:
            raise Refusal("too_large", field="file", limit_bytes=limit)
    return bytes(data)
