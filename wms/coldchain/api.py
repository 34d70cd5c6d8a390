"""The cold chain over HTTP: zones and probes, what gateways report, and excursions."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from wms.access.api import Who
from wms.coldchain.read_excursions import (
    excursion_of,
    find_excursion_rows,
    find_exposed_lots,
    find_mean_kinetic,
    find_probe_gaps,
    find_probes,
    find_readings,
    find_zones,
    need_probe,
)
from wms.coldchain.release_excursion import release_excursion
from wms.coldchain.report_readings import report_readings
from wms.coldchain.set_zones import add_probe, add_zone, change_zone, retire_probe
from wms.coldchain.wire import (
    AddProbe,
    AddZone,
    ChangeZone,
    ExcursionRecord,
    ExcursionReleased,
    ExcursionState,
    ExposedLot,
    GapRecord,
    MeanKinetic,
    ProbeRecord,
    ReadingRecord,
    ReadingsTaken,
    ReleaseExcursion,
    ReleaseNote,
    ReportReadings,
    ZoneLimits,
    ZoneRecord,
)
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page

router = APIRouter(prefix="/api/v1", tags=["coldchain"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]


@router.post("/cold-zones", status_code=201)
async def post_zone(body: AddZone, held: Held, who: Who, key: IdempotencyKey = None) -> ZoneRecord:
    """Limits for the locations of a site that bear this zone."""
    who.need("cold_zone.write")
    return await held.db.run(add_zone, body, actor=who, key=key)


@router.get("/cold-zones")
async def get_zones(
    held: Held, who: Who, site: Site = None, after: After = None, limit: Limit = 100
) -> Page[ZoneRecord]:
    who.need("probe.read", site)
    async with held.db.read() as conn:
        return await find_zones(conn, who, site, after, limit)


@router.put("/cold-zones/{id}/limits")
async def put_zone(id: UUID, body: ZoneLimits, held: Held, who: Who) -> ZoneRecord:
    who.need("cold_zone.write")
    return await held.db.run(change_zone, ChangeZone(id=id, **body.model_dump()), actor=who)


@router.post("/probes", status_code=201)
async def post_probe(body: AddProbe, held: Held, who: Who, key: IdempotencyKey = None) -> ProbeRecord:
    who.need("cold_zone.write")
    return await held.db.run(add_probe, body, actor=who, key=key)


@router.get("/probes")
async def get_probes(
    held: Held, who: Who, site: Site = None, silent: bool = False, after: After = None, limit: Limit = 100
) -> Page[ProbeRecord]:
    who.need("probe.read", site)
    async with held.db.read() as conn:
        return await find_probes(conn, who, site, silent, after, limit)


@router.post("/probes/{id}/retire")
async def post_retire(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ProbeRecord:
    who.need("cold_zone.write")
    return await held.db.run(retire_probe, id, actor=who, key=key)


@router.post("/probe-readings", status_code=201)
async def post_readings(body: ReportReadings, held: Held, who: Who, key: IdempotencyKey = None) -> ReadingsTaken:
    """A batch of a gateway; what comes again is kept once."""
    who.need("probe.report")
    return await held.db.run(report_readings, body, actor=who, key=key)


@router.get("/probes/{id}/readings")
async def get_readings(
    id: UUID,
    held: Held,
    who: Who,
    since: AwareDatetime,
    until: AwareDatetime,
    after: After = None,
    limit: Limit = 100,
) -> Page[ReadingRecord]:
    who.need("probe.read")
    async with held.db.read() as conn:
        await need_probe(conn, who, id)
        return await find_readings(conn, since, until, id, after, limit)


@router.get("/probes/{id}/mean-kinetic-temperature")
async def get_mean_kinetic(id: UUID, held: Held, who: Who, since: AwareDatetime, until: AwareDatetime) -> MeanKinetic:
    """The one temperature that would have aged goods as much as those measured did."""
    who.need("probe.read")
    async with held.db.read() as conn:
        await need_probe(conn, who, id)
        return await find_mean_kinetic(conn, since, until, id)


@router.get("/probes/{id}/gaps")
async def get_gaps(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[GapRecord]:
    """When the probe said nothing for longer than its zone allows."""
    who.need("probe.read")
    async with held.db.read() as conn:
        await need_probe(conn, who, id)
        return await find_probe_gaps(conn, id, after, limit)


@router.get("/excursions")
async def get_excursions(
    held: Held,
    who: Who,
    site: Site = None,
    state: ExcursionState | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ExcursionRecord]:
    who.need("excursion.read", site)
    async with held.db.read() as conn:
        return await find_excursion_rows(conn, who, site=site, state=state, after=after, limit=limit)


@router.get("/excursions/{id}")
async def get_excursion(id: UUID, held: Held, who: Who) -> ExcursionRecord:
    """The interval, how far out, and for how long."""
    who.need("excursion.read")
    async with held.db.read() as conn:
        return await excursion_of(conn, who, id)


@router.get("/excursions/{id}/lots")
async def get_exposed_lots(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[ExposedLot]:
    """What lay in the zone during the interval, and the holds that block it."""
    who.need("excursion.read")
    async with held.db.read() as conn:
        return await find_exposed_lots(conn, who, id, after, limit)


@router.post("/excursions/{id}/release")
async def post_release(
    id: UUID, body: ReleaseNote, held: Held, who: Who, key: IdempotencyKey = None
) -> ExcursionReleased:
    """Release what it blocked, when the goods were judged to be good."""
    who.need("excursion.release")
    return await held.db.run(release_excursion, ReleaseExcursion(id=id, note=body.note), actor=who, key=key)
