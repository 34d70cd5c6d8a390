"""What people did, by the hour: lines of the journal, nobody's own words. A line is one entry of a posting."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.access.tables import person
from wms.stock.tables import location, stock_entry, unit


class LabourHour(BaseModel):
    """`hour` begins at this instant."""

    person_id: UUID
    person: str
    hour: datetime
    work: str
    lines: int


class LabourSum(BaseModel):
    """`lines_per_hour` over the hours in which the person did anything."""

    person_id: UUID
    person: str
    lines: int
    hours: int
    lines_per_hour: Decimal


class LabourReport(BaseModel):
    hours: list[LabourHour]
    people: list[LabourSum]


async def read_labour(conn: AsyncConnection, site: str, begin: datetime, end: datetime) -> LabourReport:
    """Entries recorded in [begin, end) at a site: where the goods came from, or where they went when they came from outside."""
    hour = sa.func.date_trunc("hour", stock_entry.c.recorded_at)
    at = sa.func.coalesce(unit.c.location_id, stock_entry.c.from_place_id)
    query = (
        sa.select(
            *(stock_entry.c.actor_id.label("person_id"), sa.func.coalesce(person.c.name, "").label("person")),
            *(hour.label("hour"), stock_entry.c.cause.label("work"), sa.func.count().label("lines")),
        )
        .outerjoin(unit, unit.c.id == stock_entry.c.from_place_id)
        .join(location, location.c.id == at)
        .outerjoin(person, person.c.id == stock_entry.c.actor_id)
        .where(location.c.site == site, stock_entry.c.recorded_at >= begin, stock_entry.c.recorded_at < end)
        .group_by(stock_entry.c.actor_id, person.c.name, hour, stock_entry.c.cause)
        .order_by(hour, person.c.name, stock_entry.c.cause)
    )
    hours = [LabourHour.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return LabourReport(hours=hours, people=_sums(hours))


def _sums(hours: list[LabourHour]) -> list[LabourSum]:
    people = {one.person_id: one.person for one in hours}
    sums = []
    for id, name in people.items():
        mine = [one for one in hours if one.person_id == id]
        lines, active = sum(one.lines for one in mine), len({one.hour for one in mine})
        rate = (Decimal(lines) / active).quantize(Decimal("0.1"))
        sums.append(LabourSum(person_id=id, person=name, lines=lines, hours=active, lines_per_hour=rate))
    return sorted(sums, key=lambda one: (-one.lines_per_hour, one.person))
