"""Accepting a proposal: its legs become bookings, its units are taken on the departures.

A changed plan replaces what its chain had booked, except legs under way. Departures are locked in the order of their names, so
that two planners who accept at once cannot both take the last unit.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert

from routing.data.report import Planned, leg
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.transport.tables import booked_space, booking, plan_job, plan_proposal, transport_departure
from wms.transport.wire import Accepted

_ROWS = 1_000


class AcceptPlan(BaseModel):
    """A repeated request is known by the id alone; the refereed plan is given beside it."""

    id: UUID


async def reject_plan(tx: Tx, id: UUID) -> None:
    """Refuses `not_found`, `plan_decided`."""
    await _lock(tx, id)
    await _decide(tx, id, "rejected")
    await tell(tx, "plan.rejected", id)


async def accept_plan(tx: Tx, command: AcceptPlan, held: Planned) -> Accepted:
    """Refuses `not_found`, `plan_decided`, `plan_aged` when its base was replaced since, `departure_full`."""
    row = await _lock(tx, command.id)
    job = (await tx.conn.execute(sa.select(plan_job).where(plan_job.c.id == row.job_id))).one()
    await tx.conn.execute(sa.select(plan_job.c.id).where(plan_job.c.id == job.root_id).with_for_update())
    await _replace_chain(tx, job)
    units = _units(held)
    await _take_units(tx, job.root_id, held, units)
    rows = _legs(held, command.id, job, tx.now)
    for start in range(0, len(rows), _ROWS):
        await tx.conn.execute(booking.insert(), rows[start : start + _ROWS])
    await _decide(tx, command.id, "accepted")
    await tell(tx, "plan.accepted", command.id, bookings=len(rows), departures=len(units))
    return Accepted(proposal_id=command.id, bookings=len(rows), departures=len(units))


async def _lock(tx: Tx, id: UUID) -> Any:
    row = (
        await tx.conn.execute(sa.select(plan_proposal).where(plan_proposal.c.id == id).with_for_update())
    ).one_or_none()
    if row is None:
        raise Refusal("not_found")
    if row.state != "open":
        raise Refusal("plan_decided", state=row.state)
    return row


async def _decide(tx: Tx, id: UUID, state: str) -> None:
    values = {"state": state, "decided_by": tx.actor.name, "decided_at": tx.now}
    await tx.conn.execute(plan_proposal.update().where(plan_proposal.c.id == id).values(values))


async def _replace_chain(tx: Tx, job: Any) -> None:
    """Free what the chain had booked; legs that were under way when this plan was asked for stay."""
    chain = sa.select(plan_job.c.id).where(plan_job.c.root_id == job.root_id)
    accepted = plan_proposal.c.job_id.in_(chain), plan_proposal.c.state == "accepted"
    now_valid = await tx.conn.scalar(sa.select(plan_proposal.c.id).where(*accepted))
    if job.kind == "replan" and now_valid != job.base_id:
        raise Refusal("plan_aged")
    await tx.conn.execute(plan_proposal.update().where(*accepted).values(state="replaced"))
    await tx.conn.execute(booked_space.delete().where(booked_space.c.root_id == job.root_id))
    under_way: dict[str, list[str]] = job.given["under_way"]
    stale = booking.c.root_id == job.root_id
    if under_way:
        pairs = [(name, leg_no) for name, legs in under_way.items() for leg_no in range(1, len(legs) + 1)]
        kept = sa.tuple_(booking.c.shipment, booking.c.leg_no).in_(pairs)
        await tx.conn.execute(booking.delete().where(stale, sa.not_(kept)))
    else:
        await tx.conn.execute(booking.delete().where(stale))


def _units(held: Planned) -> dict[int, int]:
    return {index: units for index, units in enumerate(held.plan.units) if units}


async def _take_units(tx: Tx, root_id: UUID, held: Planned, units: dict[int, int]) -> None:
    """Write departures, lock them, and take units while there are some; a cancelled one takes none."""
    departures = sorted((held.plan.problem.departures[index] for index in units), key=lambda d: d.name)
    if not departures:
        return
    rows = [_departure(held, d.index) for d in departures]
    for start in range(0, len(rows), _ROWS):
        await tx.conn.execute(insert(transport_departure).on_conflict_do_nothing(), rows[start : start + _ROWS])
    names = [d.name for d in departures]
    query = sa.select(transport_departure).where(transport_departure.c.name.in_(names))
    known = {
        row.name: row for row in await tx.conn.execute(query.order_by(transport_departure.c.name).with_for_update())
    }
    taken_query = sa.select(booked_space.c.departure, sa.func.sum(booked_space.c.units).label("units"))
    taken = {
        row.departure: int(row.units)
        for row in await tx.conn.execute(
            taken_query.where(booked_space.c.departure.in_(names)).group_by(booked_space.c.departure)
        )
    }
    for d in departures:
        if known[d.name].state == "cancelled" or taken.get(d.name, 0) + units[d.index] > known[d.name].slots:
            raise Refusal("departure_full", departure=d.name)
    space = [{"departure": d.name, "root_id": root_id, "units": units[d.index]} for d in departures]
    await tx.conn.execute(booked_space.insert(), space)


def _departure(held: Planned, index: int) -> dict[str, Any]:
    """`slots` are those of the timetable, before others booked."""
    d, service = held.plan.problem.departures[index], held.built.services[index]
    line = leg(held, d)
    times = {name: datetime.fromisoformat(line[name]) for name in ("cut_off_at", "depart_at", "arrive_at")}
    named = {name: line[name] for name in ("service", "mode", "origin", "destination")}
    return named | times | {"name": d.name, "slots": service.slots, "delay_min": 0, "state": "planned"}


def _legs(held: Planned, proposal_id: UUID, job: Any, now: datetime) -> list[dict[str, Any]]:
    rows = []
    for shipment, route in zip(held.plan.problem.shipments, held.plan.routes, strict=True):
        behind = len(job.given["under_way"].get(shipment.name, []))
        for leg_no, s in enumerate(route or (), behind + 1):
            rows.append(
                {
                    "root_id": job.root_id,
                    "shipment": shipment.name,
                    "leg_no": leg_no,
                    "departure": held.plan.problem.departures[s].name,
                    "proposal_id": proposal_id,
                    "weight_g": shipment.weight_g,
                    "volume_dm3": shipment.volume_dm3,
                    "booked_at": now,
                }
            )
    return rows
