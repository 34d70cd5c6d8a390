"""Scanners, scans, openings and figures over HTTP. Images come in as files and are never sent over MQTT."""

import asyncio
import random
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, UploadFile
from pydantic import AwareDatetime

from devices.dicos.check import DicosGate
from wms.access.api import Who
from wms.inspection.complete_scan import complete_scan, examine
from wms.inspection.find_scans import find_openings, find_scans, read_opening, read_scan
from wms.inspection.image_store import ImageStore
from wms.inspection.instruct_scan import InstructScan, instruct_scan
from wms.inspection.keep_file import keep_file, note_file
from wms.inspection.measure_reviews import measure_reviews
from wms.inspection.note_lane import NoteLane, note_lane
from wms.inspection.open_scan import Induct, open_scan
from wms.inspection.record_opening import AddPhoto, EndOpening, add_photo, record_opening
from wms.inspection.set_scanner import find_scanners, set_scanner
from wms.inspection.show_review import Shown, show_scan
from wms.inspection.wire import (
    FileKept,
    Instruct,
    LaneTaken,
    Measures,
    OpeningRecord,
    OpenScan,
    RecordOpening,
    ScannerRecord,
    ScanRecord,
    ScanState,
    SetScanner,
)
from wms.kit.db import Database
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1/inspection", tags=["inspection"], responses=ERRORS)
UPLOAD_PATHS = frozenset({"/api/v1/inspection/files", "/api/v1/inspection/photos"})
_PHOTO_BYTES = 12_000_000
_REMEMBERED = 12
_PHOTO_HEADS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
Site = Annotated[str | None, Query(max_length=8)]
PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}


class Inspection:
    """What the routes of a process share: the images, the child that reads files, and where lots are drawn."""

    def __init__(self, store: ImageStore, gate: DicosGate, draw: random.Random) -> None:
        self.store = store
        self.gate = gate
        self.draw = draw
        self._shown: dict[tuple[UUID, int | None], Shown] = {}

    async def show(self, db: Database, scan_id: UUID, seed: int | None) -> Shown:
        """The pictures of a scan; the last few are remembered: a task, its pictures and its decision ask for the same."""
        known = self._shown.get((scan_id, seed))
        if known is not None:
            return known
        shown = await show_scan(db, self.store, scan_id, seed)
        if len(self._shown) >= _REMEMBERED:
            self._shown.pop(next(iter(self._shown)))
        self._shown[scan_id, seed] = shown
        return shown


def inspection_of(request: Request) -> Inspection:
    held: Inspection = request.app.state.inspection
    return held


@router.post("/scanners")
async def post_scanner(body: SetScanner, held: Held, who: Who, key: IdempotencyKey = None) -> ScannerRecord:
    """Add a scanner or change it; scans made before keep the calibration they name."""
    who.need("scanner.write")
    return await held.db.run(set_scanner, body, actor=who, key=key)


@router.get("/scanners")
async def get_scanners(held: Held, who: Who, site: Site = None) -> list[ScannerRecord]:
    who.need("scan.read", site)
    async with held.db.read() as conn:
        return await find_scanners(conn, who, site)


@router.post("/scans", status_code=201)
async def post_scan(body: OpenScan, request: Request, held: Held, who: Who) -> ScanRecord:
    """A parcel enters the machine and is blocked. The same scan again is the same: repeat it after a lost answer."""
    who.need("scan.write", body.site)
    who.need_owner(None)
    draw = inspection_of(request).draw
    command = Induct(body, (draw.random(), draw.random(), draw.random()))
    opened = await held.db.run(open_scan, command, actor=who)
    async with held.db.read() as conn:
        return await read_scan(conn, who, opened.id)


@router.post("/files", status_code=201)
async def post_file(
    request: Request, file: UploadFile, held: Held, who: Who, scan_id: Annotated[UUID, Query()]
) -> FileKept:
    """A DICOS file of a scan: CT volume (density, Z_eff), DX (low, high) or threat report."""
    who.need("scan.write")
    data = await file.read(held.max_upload_bytes + 1)
    if len(data) > held.max_upload_bytes:
        raise Refusal("picture_too_large", limit=held.max_upload_bytes, unit="bytes")
    async with held.db.read() as conn:
        await read_scan(conn, who, scan_id)  # before anything is written to disk
    shared = inspection_of(request)
    note = await keep_file(shared.gate, shared.store, data, scan_id)
    return await held.db.run(note_file, note, actor=who)


@router.post("/scans/{id}/complete")
async def post_complete(id: UUID, request: Request, held: Held, who: Who) -> ScanRecord:
    """All files are there: analyse them and decide who looks."""
    who.need("scan.write")
    async with held.db.read() as conn:
        known = await read_scan(conn, who, id)
    if known.completed_at is None:
        command = await examine(held.db, inspection_of(request).store, id)
        await held.db.run(complete_scan, command, actor=who)
    async with held.db.read() as conn:
        return await read_scan(conn, who, id)


@router.post("/scans/{id}/lane")
async def post_lane(id: UUID, body: LaneTaken, held: Held, who: Who) -> ScanRecord:
    """Where the diverter sent the parcel: R released, U opening, S scan again. What came too late for it is opened."""
    who.need("scan.write")
    await held.db.run(note_lane, NoteLane(id, body.lane), actor=who)
    async with held.db.read() as conn:
        return await read_scan(conn, who, id)


@router.get("/scans")
async def get_scans(
    held: Held,
    who: Who,
    site: Site = None,
    scanner: Annotated[str | None, Query(max_length=40)] = None,
    tid: Annotated[str | None, Query(max_length=60)] = None,
    state: ScanState | None = None,
    parcel_id: UUID | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ScanRecord]:
    """Scans in the order in which they were opened, with the verdict in force."""
    who.need("scan.read", site)
    filters: dict[str, object] = {"site": site, "scanner": scanner, "tid": tid, "state": state, "parcel_id": parcel_id}
    async with held.db.read() as conn:
        return await find_scans(conn, who, filters, after, limit)


@router.get("/scans/{id}")
async def get_scan(id: UUID, held: Held, who: Who) -> ScanRecord:
    who.need("scan.read")
    async with held.db.read() as conn:
        return await read_scan(conn, who, id)


@router.get("/scans/{id}/{picture}.png", response_class=Response, responses=PNG)
async def get_picture(id: UUID, picture: Literal["view", "volume"], request: Request, held: Held, who: Who) -> Response:
    """The real picture, for whoever opens the parcel. Reviewers see theirs by `/reviews/{id}`: here a projection would show."""
    who.need("opening.do")
    async with held.db.read() as conn:
        await read_scan(conn, who, id)
    shown = await inspection_of(request).show(held.db, id, None)
    data = shown.view if picture == "view" else (shown.volume.png if shown.volume is not None else None)
    if data is None:
        raise Refusal("not_found")
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, no-store"})


@router.post("/scans/{id}/instruct")
async def post_instruct(id: UUID, body: Instruct, held: Held, who: Who, key: IdempotencyKey = None) -> ScanRecord:
    """An instruction of customs: it outranks reviewers, openings and the clock."""
    who.need("inspection.instruct")
    await held.db.run(instruct_scan, InstructScan(id, body), actor=who, key=key)
    async with held.db.read() as conn:
        return await read_scan(conn, who, id)


@router.get("/openings")
async def get_openings(
    held: Held,
    who: Who,
    site: Site = None,
    state: Literal["open", "done", "cancelled"] = "open",
    after: After = None,
    limit: Limit = 100,
) -> Page[OpeningRecord]:
    """Parcels to be opened, the longest waiting first, with where reviewers marked them."""
    who.need("opening.do", site)
    async with held.db.read() as conn:
        return await find_openings(conn, who, site, state, after, limit)


@router.post("/photos", status_code=201)
async def post_photo(
    request: Request, file: UploadFile, held: Held, who: Who, opening_id: Annotated[UUID, Query()]
) -> OpeningRecord:
    """A photograph of an opening, JPEG or PNG; kept raw by its digest."""
    who.need("opening.do")
    limit = min(_PHOTO_BYTES, held.max_upload_bytes)
    data = await file.read(limit + 1)
    if len(data) > limit:
        raise Refusal("picture_too_large", limit=limit, unit="bytes")
    if not data.startswith(_PHOTO_HEADS):
        raise Refusal("photo_refused")
    async with held.db.read() as conn:
        await read_opening(conn, who, opening_id)
    digest = await asyncio.to_thread(inspection_of(request).store.keep, data)
    await held.db.run(add_photo, AddPhoto(opening_id, digest), actor=who)
    async with held.db.read() as conn:
        return await read_opening(conn, who, opening_id)


@router.post("/openings/{id}/record")
async def post_opening(
    id: UUID, body: RecordOpening, held: Held, who: Who, key: IdempotencyKey = None
) -> OpeningRecord:
    """End an opening: nothing found releases the parcel, anything else detains it until customs decide."""
    who.need("opening.do")
    await held.db.run(record_opening, EndOpening(id, body), actor=who, key=key)
    async with held.db.read() as conn:
        return await read_opening(conn, who, id)


@router.get("/measures")
async def get_measures(
    held: Held, who: Who, since: AwareDatetime, until: AwareDatetime, site: Site = None, person: UUID | None = None
) -> Measures:
    """Detection, false alarms, agreement and times of a period, each with n and its 95 % interval."""
    who.need("inspection.measure", site)
    who.need_owner(None)
    async with held.db.read() as conn:
        return await measure_reviews(conn, who, since, until, site, person)
