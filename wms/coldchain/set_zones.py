"""Cold zones and their probes: added, changed, retired."""

from uuid import UUID

import sqlalchemy as sa

from wms.coldchain.rules import LIMITS
from wms.coldchain.tables import cold_zone, probe
from wms.coldchain.wire import AddProbe, AddZone, ChangeZone, ProbeRecord, Temperature, ZoneLimits, ZoneRecord
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.sites.tables import site


async def add_zone(tx: Tx, command: AddZone) -> ZoneRecord:
    """Refuses `unknown_site`, and `code_exists` for a zone that has limits already."""
    absent = Refusal("unknown_site", site=command.site)
    tx.actor.need("cold_zone.write", command.site, absent=absent)
    if await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)) is None:
        raise absent
    row = {"id": tx.new_id(), "site": command.site, "zone": command.zone, "temperature": command.temperature}
    row |= _limits(command.temperature, command)
    await tx.conn.execute(cold_zone.insert().values(row | {"created_at": tx.now}))
    await tell(tx, "cold_zone.added", row["id"], site=command.site, zone=command.zone, temperature=command.temperature)
    return ZoneRecord.model_validate(row)


async def change_zone(tx: Tx, command: ChangeZone) -> ZoneRecord:
    """New limits, for what is measured or told from now on. Refuses `not_found`."""
    row = await _lock_zone(tx, command.id)
    changed = cold_zone.update().where(cold_zone.c.id == command.id).values(_limits(row.temperature, command))
    new = (await tx.conn.execute(changed.returning(cold_zone))).one()
    await tell(tx, "cold_zone.changed", command.id, site=row.site, zone=row.zone)
    return ZoneRecord.model_validate(new._mapping)


async def add_probe(tx: Tx, command: AddProbe) -> ProbeRecord:
    """Refuses `not_found`, and `code_exists` for a probe of this name at the site."""
    zone = await _lock_zone(tx, command.zone_id)
    row = {"id": tx.new_id(), "zone_id": zone.id, "site": zone.site, "code": command.code, "active": True}
    made = await tx.conn.execute(probe.insert().values(row | {"added_at": tx.now}).returning(probe))
    await tell(tx, "probe.added", row["id"], site=zone.site, code=command.code)
    return ProbeRecord.model_validate(made.one()._mapping)


async def retire_probe(tx: Tx, id: UUID) -> ProbeRecord:
    """Its silence is no alarm any more. Retiring twice changes nothing; a new reading wakes it. Refuses `not_found`."""
    row = (await tx.conn.execute(sa.select(probe).where(probe.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("cold_zone.write", row.site)
    changed = probe.update().where(probe.c.id == id).values(active=False, silent_since=None).returning(probe)
    new = (await tx.conn.execute(changed)).one()
    if row.active:
        await tell(tx, "probe.retired", id, site=row.site, code=row.code)
    return ProbeRecord.model_validate(new._mapping)


async def _lock_zone(tx: Tx, id: UUID) -> sa.Row[tuple[object, ...]]:
    row = (await tx.conn.execute(sa.select(cold_zone).where(cold_zone.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("cold_zone.write", row.site)
    return row


def _limits(temperature: Temperature, given: ZoneLimits) -> dict[str, object]:
    """What was given; where neither end was, what goods of this temperature need."""
    usual = LIMITS[temperature]
    ends = (given.min_c, given.max_c) if (given.min_c, given.max_c) != (None, None) else (usual.min_c, usual.max_c)
    allowed = given.allowed_minutes if given.allowed_minutes is not None else usual.allowed_minutes
    return {"min_c": ends[0], "max_c": ends[1], "allowed_minutes": allowed, "silent_minutes": given.silent_minutes}
