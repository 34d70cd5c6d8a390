"""Showing a stored plan: rebuilt from its network and goods, refereed again, then told in plain values.

Rebuilding takes a second on a large problem, in a thread; the plans looked at last are kept.
"""

import asyncio
from collections import OrderedDict
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from routing.check import check
from routing.data.report import Planned, departure_lines, explained, money, shipment_line, summary
from wms.kit.db import Database
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal
from wms.transport.rebuild import Given, Source, planned_from
from wms.transport.save_network import tables_of
from wms.transport.tables import plan_goods, plan_job, plan_proposal
from wms.transport.wire import (
    AlternativeLine,
    Comparison,
    DepartureLine,
    Difference,
    ProposalRecord,
    SaidLine,
    ShipmentLine,
    ShipmentWhy,
    Summary,
)

_MOST_KEPT = 4
_MOST_DIFFERENCES = 500


class PlanShelf:
    """The rebuilt plans of one process, by proposal; what a proposal holds never changes."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[UUID, Planned] = OrderedDict()
        self._building = asyncio.Lock()

    async def get(self, id: UUID) -> Planned:
        """Refuses `not_found`, and `plan_not_refereed` when the referee does not pass it."""
        async with self._building:
            if id not in self._kept:
                async with self._db.read() as conn:
                    source, row = await source_of(conn, id)
                self._kept[id] = await asyncio.to_thread(_refereed, source, row)
            self._kept.move_to_end(id)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[id]


async def source_of(conn: AsyncConnection, id: UUID) -> tuple[Source, Any]:
    """What a proposal is rebuilt from, and its row with that of its job. Refuses `not_found`."""
    columns = (plan_proposal, plan_job.c.given, plan_job.c.network_version, plan_job.c.goods_id, plan_job.c.root_id)
    query = sa.select(*columns, plan_job.c.name, plan_job.c.seed).join_from(plan_proposal, plan_job)
    row = (await conn.execute(query.where(plan_proposal.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    goods = (await conn.execute(sa.select(plan_goods).where(plan_goods.c.id == row.goods_id))).one()
    tables = await tables_of(conn, row.network_version)
    return Source(tables, goods.data, goods.filename, Given.model_validate(row.given)), row


def _refereed(source: Source, row: Any) -> Planned:
    held = planned_from(source, row.routes, row.certificate)
    if held.plan.cost != row.cost or check(held.plan.problem, held.plan):
        raise Refusal("plan_not_refereed")
    return held


async def show_proposal(db: Database, shelf: PlanShelf, id: UUID) -> ProposalRecord:
    held = await shelf.get(id)
    async with db.read() as conn:
        row = (await conn.execute(sa.select(plan_proposal).where(plan_proposal.c.id == id))).one()
    lines = await asyncio.to_thread(departure_lines, held)
    return ProposalRecord(
        id=row.id,
        job_id=row.job_id,
        state=row.state,
        moved=row.moved,
        made_at=row.made_at,
        summary=Summary.model_validate(summary(held)),
        departures=[DepartureLine.model_validate(line) for line in lines],
    )


def shipments_of(held: Planned, after: str | None, limit: int, unserved: bool) -> Page[ShipmentLine]:
    """In the order of the file; the cursor is the number of the first on the page. Refuses `invalid_request`."""
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 8):
        raise Refusal("invalid_request", field="after")
    numbers = range(int(after or 0), len(held.plan.routes))
    wanted = [number for number in numbers if not unserved or held.plan.routes[number] is None][: limit + 1]
    page = page_of(wanted, limit, lambda number: str(number + 1))
    lines = [ShipmentLine.model_validate(shipment_line(held, number)) for number in page.items]
    return Page[ShipmentLine](items=lines, next=page.next)


def why_of(held: Planned, name: str) -> ShipmentWhy:
    """Refuses `not_found`."""
    number = next((s.index for s in held.plan.problem.shipments if s.name == name), None)
    if number is None:
        raise Refusal("not_found")
    departures = held.plan.problem.departures
    end = held.plan.problem.shipments[number].destination
    return ShipmentWhy(
        line=ShipmentLine.model_validate(shipment_line(held, number)),
        why=[SaidLine(code=one.code, params=one.params) for one in explained(held, number)],
        alternatives=[
            AlternativeLine(
                departures=[departures[s].name for s in other.route],
                more=money(other.more_than_now),
                arrives_at=held.local(other.arrives_min, end),
                days=round(other.days, 2),
                co2_kg=other.co2_g / 1000,
                risk_points=other.risk_points,
            )
            for other in held.plan.alternatives(held.plan.problem.shipments[number], 5)
        ],
    )


def compare(here: Planned, there: Planned) -> Comparison:
    """Only what differs, shipment by shipment."""
    routes = [_by_shipment(one) for one in (here, there)]
    names = [name for name in {**routes[0], **routes[1]} if routes[0].get(name) != routes[1].get(name)]
    return Comparison(
        here=Summary.model_validate(summary(here)),
        there=Summary.model_validate(summary(there)),
        count=len(names),
        differences=[
            Difference(shipment=name, here=routes[0].get(name), there=routes[1].get(name))
            for name in names[:_MOST_DIFFERENCES]
        ],
    )


def _by_shipment(held: Planned) -> dict[str, list[str] | None]:
    departures = held.plan.problem.departures
    return {
        shipment.name: None if route is None else [departures[s].name for s in route]
        for shipment, route in zip(held.plan.problem.shipments, held.plan.routes, strict=True)
    }
