"""What a reviewer sees: the picture, with a projected threat where the lot fell on it, and the declaration beside it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from devices.dicos.read import read_dicos
from wms.inspection.analyse_scan import Pictures, group_of, pictures_of
from wms.inspection.calibration import ScannerCalibration
from wms.inspection.find_scans import findings_of
from wms.inspection.image_store import ImageStore
from wms.inspection.pictures import Mosaic, pack, pack_volume
from wms.inspection.project_threat import insert_in_volume, project_threat
from wms.inspection.tables import image, opening, review, scan, scanner
from wms.inspection.wedge import decompose
from wms.inspection.wire import Declaration, Layout, ReviewTask
from wms.kit.actor import Actor
from wms.kit.db import Database
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal, mask_name
from wms.parcels.tables import parcel


@dataclass(frozen=True, slots=True)
class Shown:
    """PNGs for the viewer (wms.inspection.pictures) and where a threat was projected."""

    view: bytes | None
    volume: Mosaic | None
    pixel_mm: float
    voxel_mm: float
    region: tuple[int, int, int, int] | None


async def show_scan(db: Database, store: ImageStore, scan_id: UUID, seed: int | None) -> Shown:
    """The pictures of a scan, with a projected threat for a `seed`."""
    async with db.read() as conn:
        rows = await conn.execute(sa.select(image.c.role, image.c.sha256).where(image.c.scan_id == scan_id))
        digests = {row.role: row.sha256 for row in rows if row.role != "report"}
        query = sa.select(scanner.c.calibration).join(scan, scan.c.scanner_id == scanner.c.id)
        calibration = await conn.scalar(query.where(scan.c.id == scan_id))
    return await asyncio.to_thread(_draw, store, digests, ScannerCalibration.model_validate(calibration), seed)


def _draw(store: ImageStore, digests: dict[str, str], calibration: ScannerCalibration, seed: int | None) -> Shown:
    documents = {role: read_dicos(data) for role, digest in digests.items() if (data := store.read(digest)) is not None}
    pictures = pictures_of(documents)
    region = None
    if seed is not None and calibration.composite is not None and pictures.view is not None:
        pictures, region = _project(pictures, calibration, seed)
    volume = None
    if pictures.density is not None and pictures.zeff is not None:
        volume = pack_volume(pictures.density, pictures.zeff)
    return Shown(_view(pictures, calibration), volume, pictures.pixel_mm, pictures.voxel_mm, region)


def _project(
    pictures: Pictures, calibration: ScannerCalibration, seed: int
) -> tuple[Pictures, tuple[int, int, int, int] | None]:
    assert pictures.view is not None
    assert calibration.composite is not None
    laid = project_threat(pictures.view, calibration.composite.composite(), seed)
    if laid is None:
        return pictures, None
    density, zeff = pictures.density, pictures.zeff
    if density is not None and zeff is not None:
        scale = pictures.pixel_mm / pictures.voxel_mm
        density, zeff = insert_in_volume(density, zeff, laid, scale, pictures.voxel_mm / 10)
    return Pictures(laid.view, pictures.pixel_mm, density, zeff, pictures.voxel_mm), laid.region


def _view(pictures: Pictures, calibration: ScannerCalibration) -> bytes | None:
    """Without wedges there is no Z_eff, and the picture is grey."""
    if pictures.view is None:
        return None
    table = calibration.table()
    if table is None:
        high = -np.log(np.maximum(pictures.view[1], 1e-4))
        return pack(high, np.zeros_like(high))
    seen = decompose(pictures.view, table)
    return pack(seen.attenuation, seen.zeff)


async def held_review(conn: AsyncConnection, who: Actor, id: UUID, *, over: bool = False) -> Any:
    """The review that this person holds, or with `over` held. Refuses `not_found`, `review_not_yours`, `review_over`."""
    row = (
        await conn.execute(
            sa.select(review, scan.c.site, scan.c.tid)
            .join(scan, scan.c.id == review.c.scan_id)
            .where(review.c.id == id)
        )
    ).one_or_none()
    if row is None:
        raise Refusal("not_found")
    who.need("review.do", row.site)
    if row.leased_by != who.id:
        raise Refusal("review_not_yours", tid=row.tid)
    if row.state != "leased" and not over:
        raise Refusal("review_over", tid=row.tid)
    return row


async def count_waiting(conn: AsyncConnection, who: Actor, now: datetime) -> int:
    """How many pictures wait at the sites of this person."""
    query = sa.select(sa.func.count()).select_from(review.join(scan, scan.c.id == review.c.scan_id))
    query = query.where(review.c.state == "open", scan.c.deadline_at > now)
    if who.sites is not None:
        query = query.where(scan.c.site.in_(sorted(who.sites)))
    if not who.may("review.lead"):
        query = query.where(review.c.for_lead.is_(False))
    return await conn.scalar(query) or 0


async def task_of(db: Database, seal: Seal, row: Any, shown: Shown) -> ReviewTask:
    """The task as it goes to the screen."""
    async with db.read() as conn:
        machine = sa.select(scanner.c.name).join(scan, scan.c.scanner_id == scanner.c.id)
        name = await conn.scalar(machine.where(scan.c.id == row.scan_id))
        declaration = await _declaration(conn, seal, row.parcel_id)
        found = await findings_of(conn, row.scan_id)
    layout = shown.volume
    return ReviewTask(
        id=row.id,
        level=row.level,
        site=row.site,
        scanner=name or "",
        for_lead=row.for_lead,
        deadline_at=row.deadline_at,
        left_s=(row.deadline_at - db.clock()).total_seconds(),
        declaration=declaration,
        findings=found,
        machine=row.machine,
        no_model=row.no_model,
        has_view=shown.view is not None,
        has_volume=layout is not None,
        pixel_mm=shown.pixel_mm if shown.view is not None else None,
        voxel_mm=shown.voxel_mm if layout is not None else None,
        layout=Layout(**{name: getattr(layout, name) for name in Layout.model_fields}) if layout is not None else None,
    )


async def _declaration(conn: AsyncConnection, seal: Seal, parcel_id: UUID | None) -> Declaration:
    row = (await conn.execute(sa.select(parcel).where(parcel.c.id == parcel_id))).one_or_none()
    names = ("waybill_no", "goods", "hs_code", "destination", "pieces", "declared_weight_g", "measured_weight_g")
    given = {name: getattr(row, name) if row is not None else None for name in names}
    if row is None:
        return Declaration(**given, group=None, consignee=None, earlier_scans=0, earlier_found=0)
    earlier = sa.select(sa.func.count()).select_from(scan).where(scan.c.parcel_id == parcel_id)
    found = (
        sa.select(sa.func.count())
        .select_from(opening.join(scan, scan.c.id == opening.c.scan_id))
        .where(scan.c.parcel_id == parcel_id, opening.c.outcome.in_(("found", "misdeclared")))
    )
    scans, hits = await conn.scalar(earlier) or 0, await conn.scalar(found) or 0
    return Declaration(
        **given,
        group=group_of(row.hs_code),
        consignee=mask_name(seal.open(row.consignee_name)),
        earlier_scans=max(0, scans - 1),
        earlier_found=hits,
    )
