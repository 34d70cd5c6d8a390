"""Lists: versions of the network, jobs, proposals, bookings, departures."""

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from routing.data.network import read_network
from routing.data.report import money
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.transport.tables import booking, plan_goods, plan_job, plan_proposal, transport_departure, transport_network
from wms.transport.wire import (
    BookingRecord,
    DepartureRecord,
    HubPlace,
    JobRecord,
    NetworkRecord,
    NetworkTables,
    ProgressPoint,
)


async def find_networks(conn: AsyncConnection) -> list[NetworkRecord]:
    """The newest hundred, the newest first."""
    table = transport_network.c
    query = (
        sa.select(table.version, table.note, table.saved_by, table.saved_at).order_by(table.version.desc()).limit(100)
    )
    return [NetworkRecord.model_validate(row) for row in await conn.execute(query)]


async def network_of(conn: AsyncConnection, version: int) -> NetworkTables:
    """Refuses `not_found`."""
    row = (await conn.execute(sa.select(transport_network).where(transport_network.c.version == version))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return NetworkTables.model_validate(row)


async def hubs_of(conn: AsyncConnection, version: int) -> list[HubPlace]:
    """Where the hubs of a version lie, for the map. Refuses `not_found`."""
    tables = (await network_of(conn, version)).tables
    network = await asyncio.to_thread(read_network, {name: text.encode() for name, text in tables.items()})
    return [
        HubPlace(
            code=hub.code,
            names=hub.names,
            kind=hub.kind,
            country=hub.country,
            latitude=hub.latitude,
            longitude=hub.longitude,
            verified=hub.verified,
        )
        for hub in network.hubs.values()
    ]


def _select_jobs() -> sa.Select[Any]:
    columns = [one for one in plan_job.c if one.name not in ("given", "moves", "holder", "leased_until", "tries")]
    return (
        sa.select(*columns, plan_goods.c.filename, plan_proposal.c.id.label("proposal_id"))
        .join_from(plan_job, plan_goods, plan_job.c.goods_id == plan_goods.c.id)
        .outerjoin(plan_proposal, plan_proposal.c.job_id == plan_job.c.id)
    )


async def find_jobs(conn: AsyncConnection, after: str | None, limit: int) -> Page[JobRecord]:
    """The newest first, each with the newest point of its progress only."""
    query = _select_jobs().order_by(plan_job.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(plan_job.c.id < read_id(after))
    found = [_record(row, 1) for row in await conn.execute(query)]
    return page_of(found, limit, lambda job: str(job.id))


async def job_of(conn: AsyncConnection, id: UUID) -> JobRecord:
    """Refuses `not_found`."""
    row = (await conn.execute(_select_jobs().where(plan_job.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return _record(row, 300)


def _record(row: Any, points: int) -> JobRecord:
    progress = [_point(*one) for one in row.progress[-points:]]
    return JobRecord.model_validate(dict(row._mapping) | {"progress": progress})


def _point(seconds: float, cost: int | None, bound: int | None, phase: str) -> ProgressPoint:
    gap = None if cost is None or bound is None else (cost - bound) / cost if cost else 0.0
    said = [None if one is None else money(one) for one in (cost, bound)]
    return ProgressPoint(seconds=seconds, cost=said[0], bound=said[1], gap=gap, phase=phase)


async def find_bookings(
    conn: AsyncConnection, departure: str | None, shipment: str | None, after: str | None, limit: int
) -> Page[BookingRecord]:
    """A load list of a departure, or the legs of a shipment; in order of chain, shipment and leg."""
    keys = (booking.c.root_id, booking.c.shipment, booking.c.leg_no)
    query = sa.select(booking).order_by(*keys).limit(limit + 1)
    if departure is not None:
        query = query.where(booking.c.departure == departure)
    if shipment is not None:
        query = query.where(booking.c.shipment == shipment)
    if after is not None:
        query = query.where(sa.tuple_(*keys) > sa.tuple_(*_booking_cursor(after)))
    found = [BookingRecord.model_validate(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: f"{one.root_id}~{one.leg_no}~{one.shipment}")


def _booking_cursor(after: str) -> tuple[UUID, str, int]:
    root, _, rest = after.partition("~")
    leg_no, _, shipment = rest.partition("~")
    if not (leg_no.isascii() and leg_no.isdigit() and len(leg_no) < 4):
        raise Refusal("invalid_request", field="after")
    return read_id(root), shipment, int(leg_no)


async def find_departures(
    conn: AsyncConnection, state: str | None, after: str | None, limit: int
) -> Page[DepartureRecord]:
    """Departures with bookings, by name."""
    query = sa.select(transport_departure).order_by(transport_departure.c.name).limit(limit + 1)
    if state is not None:
        query = query.where(transport_departure.c.state == state)
    if after is not None:
        query = query.where(transport_departure.c.name > after)
    found = [DepartureRecord.model_validate(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: one.name)
