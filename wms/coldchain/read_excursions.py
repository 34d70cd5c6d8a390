"""Reading zones, probes, what they measured, and excursions. A tenant sees the excursions that blocked goods of theirs."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.coldchain.rules import Reading, mean_kinetic_temperature
from wms.coldchain.tables import cold_zone, excursion, excursion_lot, probe, probe_gap, probe_reading
from wms.coldchain.wire import (
    ExcursionRecord,
    ExcursionState,
    ExposedLot,
    GapRecord,
    MeanKinetic,
    ProbeRecord,
    ReadingRecord,
    ZoneRecord,
)
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.stock.tables import hold, lot

_MOST_READINGS = 50_000


async def find_zones(
    conn: AsyncConnection, who: Actor, site: str | None, after: str | None, limit: int
) -> Page[ZoneRecord]:
    query = _at(sa.select(cold_zone), cold_zone.c.site, who, site).order_by(cold_zone.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(cold_zone.c.id > read_id(after))
    found = [ZoneRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_probes(
    conn: AsyncConnection, who: Actor, site: str | None, silent: bool, after: str | None, limit: int
) -> Page[ProbeRecord]:
    """With `silent`, those that fell silent and did not speak again."""
    query = _at(sa.select(probe), probe.c.site, who, site).order_by(probe.c.id).limit(limit + 1)
    if silent:
        query = query.where(probe.c.silent_since.is_not(None))
    if after is not None:
        query = query.where(probe.c.id > read_id(after))
    found = [ProbeRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def need_probe(conn: AsyncConnection, who: Actor, id: UUID) -> None:
    """Refuses `not_found`."""
    site = await conn.scalar(sa.select(probe.c.site).where(probe.c.id == id))
    if site is None:
        raise Refusal("not_found")
    who.need("probe.read", site)


async def find_readings(
    conn: AsyncConnection, since: datetime, until: datetime, probe_id: UUID, after: str | None, limit: int
) -> Page[ReadingRecord]:
    """In order of time, both ends included."""
    reading = probe_reading.c
    query = sa.select(reading.measured_at, reading.celsius, reading.recorded_at).where(
        reading.probe_id == probe_id, reading.measured_at >= since, reading.measured_at <= until
    )
    if after is not None:
        query = query.where(reading.measured_at > _instant(after))
    rows = await conn.execute(query.order_by(reading.measured_at).limit(limit + 1))
    found = [ReadingRecord.model_validate(row._mapping) for row in rows]
    return page_of(found, limit, lambda one: one.measured_at.isoformat())


async def find_mean_kinetic(conn: AsyncConnection, since: datetime, until: datetime, probe_id: UUID) -> MeanKinetic:
    """Of up to 50,000 readings; refuses `too_many_readings` for more."""
    reading = probe_reading.c
    query = sa.select(reading.measured_at, reading.celsius).where(
        reading.probe_id == probe_id, reading.measured_at >= since, reading.measured_at <= until
    )
    rows = await conn.execute(query.order_by(reading.measured_at).limit(_MOST_READINGS + 1))
    readings = [Reading(row.measured_at, row.celsius) for row in rows]
    if len(readings) > _MOST_READINGS:
        raise Refusal("too_many_readings", most=_MOST_READINGS)
    return MeanKinetic(readings=len(readings), mkt_c=mean_kinetic_temperature(readings) if readings else None)


async def find_probe_gaps(conn: AsyncConnection, probe_id: UUID, after: str | None, limit: int) -> Page[GapRecord]:
    """The newest first."""
    query = sa.select(probe_gap.c.began_at, probe_gap.c.ended_at).where(probe_gap.c.probe_id == probe_id)
    if after is not None:
        query = query.where(probe_gap.c.began_at < _instant(after))
    rows = await conn.execute(query.order_by(probe_gap.c.began_at.desc()).limit(limit + 1))
    found = [GapRecord.model_validate(row._mapping) for row in rows]
    return page_of(found, limit, lambda one: one.began_at.isoformat())


def _select_excursions(who: Actor, site: str | None) -> sa.Select[Any]:
    query = (
        sa.select(excursion, cold_zone.c.zone, probe.c.code.label("probe"))
        .join(cold_zone, cold_zone.c.id == excursion.c.zone_id)
        .join(probe, probe.c.id == excursion.c.probe_id)
    )
    if who.owners is not None:
        mine = sa.select(excursion_lot.c.excursion_id).where(excursion_lot.c.owner_id.in_(who.owners))
        query = query.where(excursion.c.id.in_(mine))
    return _at(query, excursion.c.site, who, site)


_STATES: dict[ExcursionState, list[sa.ColumnElement[bool]]] = {
    "withdrawn": [excursion.c.withdrawn_at.is_not(None)],
    "released": [excursion.c.withdrawn_at.is_(None), excursion.c.released_at.is_not(None)],
    "open": [excursion.c.ended_at.is_(None), excursion.c.withdrawn_at.is_(None), excursion.c.released_at.is_(None)],
    "ended": [excursion.c.ended_at.is_not(None), excursion.c.withdrawn_at.is_(None), excursion.c.released_at.is_(None)],
}


async def find_excursion_rows(
    conn: AsyncConnection, who: Actor, *, site: str | None, state: ExcursionState | None, after: str | None, limit: int
) -> Page[ExcursionRecord]:
    """The newest first."""
    query = _select_excursions(who, site).order_by(excursion.c.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(*_STATES[state])
    if after is not None:
        query = query.where(excursion.c.id < read_id(after))
    found = [_record(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def excursion_of(conn: AsyncConnection, who: Actor, id: UUID) -> ExcursionRecord:
    """Refuses `not_found`."""
    row = (await conn.execute(_select_excursions(who, None).where(excursion.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return _record(row)


def _record(row: sa.Row[Any]) -> ExcursionRecord:
    state: ExcursionState = "open" if row.ended_at is None else "ended"
    if row.released_at is not None:
        state = "released"
    if row.withdrawn_at is not None:
        state = "withdrawn"
    minutes = int(((row.ended_at or row.last_out_at) - row.began_at).total_seconds() // 60)
    return ExcursionRecord.model_validate(dict(row._mapping) | {"state": state, "minutes": minutes})


async def find_exposed_lots(
    conn: AsyncConnection, who: Actor, excursion_id: UUID, after: str | None, limit: int
) -> Page[ExposedLot]:
    """By hold. Refuses `not_found`."""
    await excursion_of(conn, who, excursion_id)
    exposed = excursion_lot.c
    query = (
        sa.select(exposed.hold_id, exposed.item_id, exposed.owner_id, trade_item.c.sku, lot.c.lot_no.label("lot"))
        .add_columns(party.c.code.label("owner"), hold.c.released_at.is_(None).label("held"))
        .join(hold, hold.c.id == exposed.hold_id)
        .join(trade_item, trade_item.c.id == exposed.item_id)
        .join(party, party.c.id == exposed.owner_id)
        .outerjoin(lot, lot.c.id == exposed.lot_id)
        .where(exposed.excursion_id == excursion_id)
        .order_by(exposed.hold_id)
        .limit(limit + 1)
    )
    if who.owners is not None:
        query = query.where(exposed.owner_id.in_(who.owners))
    if after is not None:
        query = query.where(exposed.hold_id > read_id(after))
    found = [ExposedLot.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.hold_id))


def _at(query: sa.Select[Any], column: sa.ColumnElement[str], who: Actor, site: str | None) -> sa.Select[Any]:
    if site is not None:
        query = query.where(column == site)
    return query if who.sites is None else query.where(column.in_(who.sites))


def _instant(after: str) -> datetime:
    try:
        found = datetime.fromisoformat(after)
    except ValueError:
        raise Refusal("invalid_request", field="after") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
