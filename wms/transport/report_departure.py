"""What the field tells of a departure; when booked goods are touched, a replan is queued for every plan that has them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.transport.rebuild import Given
from wms.transport.start_job import QueueChange, queue_change
from wms.transport.tables import booking, plan_job, plan_proposal, transport_departure
from wms.transport.wire import DepartureRecord, ReportDeparture, Reported


class Report(ReportDeparture):
    name: str


async def report_departure(tx: Tx, command: Report) -> Reported:
    """A delay, a cancellation or a start. Refuses `not_found`; `departure_left` for one that has left; `in_the_future`."""
    at = command.happened_at or tx.now
    if at > tx.now:
        raise Refusal("in_the_future", field="happened_at")
    query = sa.select(transport_departure).where(transport_departure.c.name == command.name).with_for_update()
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("not_found")
    if row.state != "planned" and command.state != row.state:
        raise Refusal("departure_left", state=row.state)
    values = {"state": command.state, "delay_min": command.delay_min, "reported_at": at}
    changed = transport_departure.update().where(transport_departure.c.name == command.name).values(values)
    new = (await tx.conn.execute(changed.returning(transport_departure))).one()
    worse = command.delay_min != row.delay_min or (command.state == "cancelled" and row.state != "cancelled")
    replans = await _replan_all(tx, command.name, at) if worse else []
    ids = [str(id) for id in replans]
    await tell(tx, "departure.reported", command.name, state=command.state, delay_min=command.delay_min, replans=ids)
    return Reported(departure=DepartureRecord.model_validate(new._mapping), replans=replans)


async def _replan_all(tx: Tx, name: str, at: datetime) -> list[UUID]:
    """A job for every accepted plan that has goods on the departure."""
    columns = (plan_proposal.c.id, plan_proposal.c.routes, plan_job)
    query = (
        sa.select(*columns, plan_proposal.c.id.label("proposal_id"))
        .join_from(plan_proposal, plan_job, plan_proposal.c.job_id == plan_job.c.id)
        .where(
            plan_proposal.c.state == "accepted",
            plan_job.c.root_id.in_(sa.select(booking.c.root_id).where(booking.c.departure == name)),
        )
    )
    queued = []
    for row in (await tx.conn.execute(query)).all():
        given = Given.model_validate(row.given)
        await _as_of(tx, given, row, at)
        command = QueueChange(
            kind="replan",
            name=row.name,
            root_id=row.root_id,
            goods_id=row.goods_id,
            network_version=row.network_version,
            base_id=row.proposal_id,
            given=given,
            moves={},
            seed=row.seed,
        )
        queued.append((await queue_change(tx, command)).id)
    return queued


async def _as_of(tx: Tx, given: Given, row: Any, at: datetime) -> None:
    """Everything the field told so far, and which legs cannot be changed any more: their cut-off has passed."""
    told = sa.select(transport_departure).where(transport_departure.c.reported_at.is_not(None))
    departures = (await tx.conn.execute(told)).all()
    given.delayed = {one.name: one.delay_min for one in departures if one.delay_min and one.state != "cancelled"}
    given.cancelled = sorted({*given.cancelled, *(one.name for one in departures if one.state == "cancelled")})
    given.as_of = at
    legs = (
        sa.select(booking.c.shipment, booking.c.departure)
        .join_from(booking, transport_departure)
        .where(
            booking.c.root_id == row.root_id,
            transport_departure.c.state != "cancelled",
            sa.or_(transport_departure.c.cut_off_at <= at, transport_departure.c.state == "departed"),
        )
        .order_by(booking.c.shipment, booking.c.leg_no)
    )
    under_way: dict[str, list[str]] = {}
    for shipment, departure in await tx.conn.execute(legs):
        under_way.setdefault(shipment, []).append(departure)
    given.under_way = under_way
