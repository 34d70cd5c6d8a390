"""A parcel enters the machine: from now on it is blocked until a verdict releases it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.access.audit import audit
from wms.inspection.block_parcel import block_parcel
from wms.inspection.rules import Step
from wms.inspection.settle_scan import lock_scan, settle_scan
from wms.inspection.tables import scan, scanner
from wms.inspection.wire import OpenScan
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.parcels.tables import parcel


@dataclass(frozen=True, slots=True)
class Induct:
    """`draws`: three random numbers 0-1 for the queue, the second look and the projection, drawn by the caller."""

    scan: OpenScan
    draws: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class ScanOpened:
    id: UUID
    again: bool


async def open_scan(tx: Tx, command: Induct) -> ScanOpened:
    """Open a scan; the same scan again is the same. Refuses `unknown_scanner`, `scan_uid_reused`, `parcel_not_holdable`."""
    given = command.scan
    machine = await _scanner(tx, given)
    known = (
        await tx.conn.execute(
            sa.select(scan.c.id, scan.c.tid).where(scan.c.scanner_id == machine.id, scan.c.scan_uid == given.scan_uid)
        )
    ).one_or_none()
    if known is not None:
        if known.tid != given.tid:
            raise Refusal("scan_uid_reused", scan_uid=given.scan_uid, tid=known.tid)
        return ScanOpened(known.id, again=True)
    parcel_id = await _parcel(tx, given)
    if parcel_id is not None:
        await _end_earlier(tx, parcel_id)
    id = tx.new_id()
    await tx.conn.execute(scan.insert().values(_row(tx, id, command, machine, parcel_id)))
    if parcel_id is not None:
        hold_id = await block_parcel(tx, parcel_id, id)
        await tx.conn.execute(scan.update().where(scan.c.id == id).values(hold_id=hold_id))
    await tell(tx, "inspection.scan_opened", id, site=given.site, tid=given.tid, scanner=given.scanner)
    await audit(tx, "inspection.open", str(id), tid=given.tid, scanner=given.scanner)
    return ScanOpened(id, again=False)


async def _scanner(tx: Tx, given: OpenScan) -> Any:
    # Locked, so that two inductions of one scan wait for each other instead of both inserting it.
    query = sa.select(scanner).where(scanner.c.site == given.site, scanner.c.name == given.scanner).with_for_update()
    machine = (await tx.conn.execute(query)).one_or_none()
    if machine is None:
        raise Refusal("unknown_scanner", scanner=given.scanner, site=given.site)
    return machine


async def _parcel(tx: Tx, given: OpenScan) -> UUID | None:
    if given.code is None:
        return None
    query = sa.select(parcel.c.id).where(parcel.c.site == given.site, parcel.c.waybill_no == given.code)
    id: UUID | None = await tx.conn.scalar(query)
    return id


async def _end_earlier(tx: Tx, parcel_id: UUID) -> None:
    """A new scan replaces one that is still being looked at; an opening that was asked for is not escaped this way."""
    query = sa.select(scan.c.id).where(scan.c.parcel_id == parcel_id, scan.c.state.in_(("open", "review")))
    for id in sorted(await tx.conn.scalars(query)):
        row = await lock_scan(tx, id)
        if row.state in ("open", "review"):
            await settle_scan(tx, row, Step("RESCAN", "scanned_again"), "again")


def _row(tx: Tx, id: UUID, command: Induct, machine: Any, parcel_id: UUID | None) -> dict[str, Any]:
    given = command.scan
    order, second, tip = command.draws
    return {
        "id": id,
        "site": given.site,
        "scanner_id": machine.id,
        "tid": given.tid,
        "scan_uid": given.scan_uid,
        "parcel_id": parcel_id,
        "state": "open",
        "opened_at": tx.now,
        "deadline_at": tx.now + timedelta(seconds=given.deadline_s or machine.review_s),
        "alarmed": False,
        "no_model": True,
        "calibration_digest": machine.calibration_digest,
        "draw_order": order,
        "draw_second": second,
        "draw_tip": tip,
    }
