"""Reading scans with their images, findings and verdicts, and the openings that wait."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.inspection.tables import finding, image, opening, scan, scanner, verdict
from wms.inspection.wire import FindingRecord, OpeningRecord, ScanRecord, VerdictRecord
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.parcels.tables import parcel

_FINDING = [finding.c[name] for name in FindingRecord.model_fields]


def _scans() -> sa.Select[Any]:
    return sa.select(scan, scanner.c.name.label("scanner")).join(scanner, scanner.c.id == scan.c.scanner_id)


async def find_scans(
    conn: AsyncConnection, who: Actor, filters: dict[str, object], after: str | None, limit: int
) -> Page[ScanRecord]:
    """Scans in the order of their opening, without findings; `filters` by column."""
    query = _visible(_scans(), who).order_by(scan.c.id).limit(limit + 1)
    for name, value in filters.items():
        if value is not None:
            query = query.where((scanner.c.name if name == "scanner" else scan.c[name]) == value)
    if after is not None:
        query = query.where(scan.c.id > read_id(after))
    rows = (await conn.execute(query)).all()
    return page_of(await _records(conn, rows, whole=False), limit, lambda one: str(one.id))


async def read_scan(conn: AsyncConnection, who: Actor, id: UUID) -> ScanRecord:
    """One scan with all that was found and decided. Refuses `not_found`."""
    row = (await conn.execute(_visible(_scans(), who).where(scan.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    (record,) = await _records(conn, [row], whole=True)
    return record


async def findings_of(conn: AsyncConnection, scan_id: UUID) -> list[FindingRecord]:
    query = sa.select(*_FINDING).where(finding.c.scan_id == scan_id).order_by(finding.c.is_alarm.desc(), finding.c.id)
    return [FindingRecord(**row._mapping) for row in await conn.execute(query)]


def _visible(query: sa.Select[Any], who: Actor) -> sa.Select[Any]:
    """Parcels on a line belong to no tenant of the warehouse: who sees one owner's goods only sees no scan."""
    if not who.owns(None):
        return query.where(sa.false())
    return query if who.sites is None else query.where(scan.c.site.in_(sorted(who.sites)))


async def _records(conn: AsyncConnection, rows: Sequence[Any], *, whole: bool) -> list[ScanRecord]:
    ids = [row.id for row in rows]
    images: dict[UUID, dict[str, str]] = defaultdict(dict)
    for one in await conn.execute(sa.select(image).where(image.c.scan_id.in_(ids))):
        images[one.scan_id][one.role] = one.sha256
    verdicts: dict[UUID, list[VerdictRecord]] = defaultdict(list)
    for one in await conn.execute(sa.select(verdict).where(verdict.c.scan_id.in_(ids)).order_by(verdict.c.id)):
        told = {name: getattr(one, name) for name in ("verdict", "level", "reason", "reference", "at")}
        verdicts[one.scan_id].append(VerdictRecord(**told, by=one.actor_name))
    found = []
    for row in rows:
        given = {name: getattr(row, name) for name in ScanRecord.model_fields if hasattr(row, name)}
        last = verdicts[row.id][-1].verdict if verdicts[row.id] else "REVIEW"
        record = ScanRecord(**given, verdict=last, images=images[row.id])
        if whole:
            record.findings, record.verdicts = await findings_of(conn, row.id), verdicts[row.id]
        found.append(record)
    return found


async def find_openings(
    conn: AsyncConnection, who: Actor, site: str | None, state: str, after: str | None, limit: int
) -> Page[OpeningRecord]:
    query = _visible(_openings(), who).where(opening.c.state == state).order_by(opening.c.id).limit(limit + 1)
    if site is not None:
        query = query.where(scan.c.site == site)
    if after is not None:
        query = query.where(opening.c.id > read_id(after))
    rows = (await conn.execute(query)).all()
    return page_of([_opening(row) for row in rows], limit, lambda one: str(one.id))


async def read_opening(conn: AsyncConnection, who: Actor, id: UUID) -> OpeningRecord:
    row = (await conn.execute(_visible(_openings(), who).where(opening.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return _opening(row)


def _openings() -> sa.Select[Any]:
    why = (
        sa.select(verdict.c.reason)
        .where(verdict.c.scan_id == scan.c.id, verdict.c.verdict == "UNPACK")
        .order_by(verdict.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(opening, scan.c.site, scan.c.tid, parcel.c.waybill_no, why.label("reason"))
        .join(scan, scan.c.id == opening.c.scan_id)
        .outerjoin(parcel, parcel.c.id == scan.c.parcel_id)
    )


def _opening(row: Any) -> OpeningRecord:
    given = {name: getattr(row, name) for name in OpeningRecord.model_fields if name != "opened_by"}
    return OpeningRecord(**given, opened_by=row.opened_name)
