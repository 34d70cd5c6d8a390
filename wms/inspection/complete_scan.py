"""All files are there: analyse them, write what was found, and decide who looks."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from devices.dicos.model import ThreatReport
from devices.dicos.read import Document, read_dicos
from wms.inspection.analyse_scan import analyse, most_alike, pictures_of, small_picture
from wms.inspection.calibration import ScannerCalibration
from wms.inspection.finding import Finding
from wms.inspection.image_store import ImageStore
from wms.inspection.rules import Step, after_machine
from wms.inspection.settle_scan import lock_scan, settle_scan
from wms.inspection.tables import finding, image, scan, scanner
from wms.kit.db import Database, Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.parcels.tables import parcel

_COMPARED = 400  # the latest scans of the machine in which a picture is searched
_COMPARED_SINCE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class CompleteScan:
    """`findings` are rows for the table; `readable` is False when there is nothing to look at."""

    id: UUID
    findings: tuple[dict[str, Any], ...]
    machine: str | None
    readable: bool
    thumbnail: bytes | None


async def examine(db: Database, store: ImageStore, id: UUID) -> CompleteScan:
    """Read the files of a scan and analyse them, outside any transaction. Refuses `not_found`."""
    async with db.read() as conn:
        query = sa.select(scan, scanner.c.calibration).join(scanner, scanner.c.id == scan.c.scanner_id)
        row = (await conn.execute(query.where(scan.c.id == id))).one_or_none()
        if row is None:
            raise Refusal("not_found")
        rows = await conn.execute(sa.select(image.c.role, image.c.sha256).where(image.c.scan_id == id))
        digests = {one.role: one.sha256 for one in rows}
        about = (
            await conn.execute(
                sa.select(parcel.c.hs_code, parcel.c.measured_weight_g).where(parcel.c.id == row.parcel_id)
            )
        ).one_or_none()
        others = await _others(conn, row)
    hs_code, weight_g = (about.hs_code, about.measured_weight_g) if about is not None else (None, None)
    calibration = ScannerCalibration.model_validate(row.calibration)
    return await asyncio.to_thread(_examine, store, id, digests, calibration, hs_code, weight_g, others)


async def _others(conn: Any, row: Any) -> list[bytes]:
    query = (
        sa.select(scan.c.thumbnail)
        .where(scan.c.scanner_id == row.scanner_id, scan.c.id != row.id, scan.c.thumbnail.is_not(None))
        .where(scan.c.opened_at > row.opened_at - _COMPARED_SINCE)
        .where(sa.or_(scan.c.parcel_id.is_distinct_from(row.parcel_id), scan.c.parcel_id.is_(None)))
        .order_by(scan.c.opened_at.desc())
        .limit(_COMPARED)
    )
    return list(await conn.scalars(query))


def _examine(
    store: ImageStore,
    id: UUID,
    digests: Mapping[str, str],
    calibration: ScannerCalibration,
    hs_code: str | None,
    weight_g: int | None,
    others: list[bytes],
) -> CompleteScan:
    documents: dict[str, Document] = {}
    for role, digest in digests.items():
        if (data := store.read(digest)) is not None:
            documents[role] = read_dicos(data)
    pictures = pictures_of(documents)
    found = [_finding_row(one) for one in analyse(pictures, calibration, hs_code, weight_g)]
    thumbnail = small_picture(pictures)
    if thumbnail is not None and (alike := most_alike(thumbnail, others)) is not None and calibration.duplicate:
        threshold = calibration.duplicate.threshold()
        same = Finding(
            "duplicate_scan", alike[1], alike[1] > threshold.value, "same_picture", 1, calibration=threshold.calibration
        )
        found.append(_finding_row(same))
    report = documents.get("report")
    machine = report.decision if isinstance(report, ThreatReport) else None
    if isinstance(report, ThreatReport):
        found += _machine_rows(report)
    readable = pictures.view is not None or pictures.density is not None
    return CompleteScan(id, tuple(found), machine, readable, thumbnail)


def _finding_row(one: Finding) -> dict[str, Any]:
    told = one.calibration
    mass = one.evidence.get("mass_g", one.evidence.get("image_mass_g"))
    return {
        "source": "analysis",
        "kind": one.kind,
        "is_alarm": one.is_alarm,
        "score": _finite(one.score),
        "region": list(one.region) if one.region is not None else None,
        "mass_g": round(mass) if mass is not None and math.isfinite(mass) else None,
        "density": _finite(one.evidence["density"]) if "density" in one.evidence else None,
        "z_eff": _finite(one.evidence["zeff"]) if "zeff" in one.evidence else None,
        "evidence": {name: _finite(value) for name, value in one.evidence.items()},
        "rule": one.rule,
        "version": one.version,
        "calibration": {"pfa": told.pfa, "n": told.n, "dataset": told.dataset} if told is not None else None,
    }


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _machine_rows(report: ThreatReport) -> list[dict[str, Any]]:
    rows = []
    for one in report.objects:
        x, y, z = one.base
        width, depth, height = one.extents
        rows.append(
            {
                "source": "machine",
                "kind": one.category.lower(),
                "is_alarm": one.flag in ("THREAT", "HIGH_THREAT"),
                "score": one.probability,
                "region": [z, y, x, z + height, y + depth, x + width],
                "mass_g": round(one.mass_g) if abs(one.mass_g) < 1e9 else None,
                "density": one.density,
                "z_eff": one.zeff,
                "evidence": {},
                "rule": report.algorithm or "machine",
                "version": 1,
                "calibration": None,
            }
        )
    return rows


async def complete_scan(tx: Tx, command: CompleteScan) -> UUID:
    """Write findings and the machine's verdict; a scan that is complete already stays as it is.

    Nothing to look at means RESCAN, and a deadline that passed meanwhile UNPACK.
    """
    row = await lock_scan(tx, command.id)
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("scan.write", row.site)
    if row.completed_at is not None or row.state != "open":
        return command.id
    alarmed = command.machine == "ALARM" or any(one["is_alarm"] for one in command.findings)
    if command.findings:
        rows = [{"id": tx.new_id(), "scan_id": row.id, **one} for one in command.findings]
        await tx.conn.execute(finding.insert(), rows)
    changes: dict[str, Any] = {"completed_at": tx.now, "machine": command.machine, "alarmed": alarmed}
    changes["thumbnail"] = command.thumbnail
    await tell(tx, "inspection.scan_completed", row.id, site=row.site, tid=row.tid, alarmed=alarmed)
    if tx.now >= row.deadline_at:
        await settle_scan(tx, row, Step("UNPACK", "too_late"), "timeout", timed_out_at=tx.now, **changes)
        return command.id
    await settle_scan(tx, row, await _first_step(tx, row, command, alarmed), "machine", **changes)
    return command.id


async def _first_step(tx: Tx, row: Any, command: CompleteScan, alarmed: bool) -> Step:
    if not command.readable:
        earlier = await count_rescans(tx, row)
        return Step("RESCAN", "no_image") if earlier == 0 else Step("UNPACK", "no_image_twice")
    auto = await tx.conn.scalar(sa.select(scanner.c.auto_release).where(scanner.c.id == row.scanner_id))
    return after_machine(alarmed=alarmed, reported=command.machine == "CLEAR", auto_release=bool(auto))


async def count_rescans(tx: Tx, row: Any) -> int:
    """How often this parcel was sent round again before because nothing could be seen."""
    if row.parcel_id is None:
        return 0
    query = sa.select(sa.func.count()).where(scan.c.parcel_id == row.parcel_id, scan.c.state == "rescan")
    return await tx.conn.scalar(query.where(scan.c.id != row.id)) or 0
