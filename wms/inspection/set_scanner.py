"""Adding a scanner or changing it: times, shares and the calibration that its scans name from now on."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.access.audit import audit
from wms.inspection.calibration import ScannerCalibration
from wms.inspection.tables import scanner
from wms.inspection.wire import ScannerRecord, SetScanner
from wms.kit.actor import Actor
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.sites.tables import site as site_table

_MOST = 500


async def set_scanner(tx: Tx, command: SetScanner) -> ScannerRecord:
    """Add or change a scanner. Refuses `unknown_site`, and `calibration_refused` for wedges that give no table."""
    tx.actor.need("scanner.write", command.site, absent=Refusal("unknown_site", site=command.site))
    tx.actor.need_owner(None)
    if await tx.conn.scalar(sa.select(site_table.c.code).where(site_table.c.code == command.site)) is None:
        raise Refusal("unknown_site", site=command.site)
    _must_work(command.calibration)
    values = command.model_dump(exclude={"calibration", "site", "name"})
    values |= {"calibration": command.calibration.model_dump(mode="json"), "changed_at": tx.now}
    values["calibration_digest"] = command.calibration.digest()
    added = {"id": tx.new_id(), "site": command.site, "name": command.name}
    statement = insert(scanner).values(added | values)
    statement = statement.on_conflict_do_update(index_elements=["site", "name"], set_=values)
    id: UUID | None = await tx.conn.scalar(statement.returning(scanner.c.id))
    assert id is not None
    told = {"name": command.name, "calibration": values["calibration_digest"]}
    await tell(tx, "inspection.scanner_set", id, site=command.site, **told)
    shares = command.model_dump(include={"second_share", "tip_share", "auto_release", "review_s"})
    await audit(tx, "inspection.scanner", str(id), **told, **shares)
    row = (await tx.conn.execute(sa.select(scanner).where(scanner.c.id == id))).one()
    return record_of(row)


async def find_scanners(conn: AsyncConnection, who: Actor, site: str | None) -> list[ScannerRecord]:
    query = sa.select(scanner).order_by(scanner.c.site, scanner.c.name).limit(_MOST)
    if site is not None:
        query = query.where(scanner.c.site == site)
    if who.sites is not None:
        query = query.where(scanner.c.site.in_(sorted(who.sites)))
    return [record_of(row) for row in await conn.execute(query)]


def _must_work(calibration: ScannerCalibration) -> None:
    """Wedges that are all air or all black pass every field's check and give no curve."""
    try:
        calibration.table()
        calibration.group_model()
    except (ValueError, IndexError) as error:
        raise Refusal("calibration_refused", why=type(error).__name__, field="calibration") from error


def record_of(row: Any) -> ScannerRecord:
    told = dict(row._mapping)
    calibration = ScannerCalibration.model_validate(told.pop("calibration"))
    return ScannerRecord(**told, analyses=_analyses(calibration))


def _analyses(calibration: ScannerCalibration) -> list[str]:
    """Which analyses this calibration lets speak."""
    has = calibration
    wedges = len(has.wedges) >= 2
    able = {
        "no_penetration": True,
        "mass_mismatch": wedges and has.mass_gain is not None,
        "content_mismatch": wedges and bool(has.groups),
        "dense_organic": has.dense_organic is not None,
        "duplicate_scan": has.duplicate is not None,
    }
    return [name for name, can in able.items() if can]
