"""Reports for owners over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from wms.access.api import Who
from wms.kit.http import ERRORS, Held
from wms.kit.page import After, Limit, Page
from wms.ownership.report_ageing import OwnerAges, report_ageing
from wms.ownership.report_movements import OwnerMovements, report_movements
from wms.ownership.report_stock import By, OwnerStock, report_stock

router = APIRouter(prefix="/api/v1", tags=["ownership"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]


@router.get("/owner-reports/stock")
async def get_owner_stock(
    held: Held,
    who: Who,
    by: By = "item",
    site: Site = None,
    owner_id: UUID | None = None,
    location: Annotated[str | None, Query(max_length=60)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[OwnerStock]:
    """What each owner has, by article or by bin."""
    who.need("owner.report", site)
    async with held.db.read() as conn:
        return await report_stock(
            conn, who, by=by, site=site, owner_id=owner_id, location_name=location, after=after, limit=limit
        )


@router.get("/owner-reports/movements")
async def get_owner_movements(
    held: Held,
    who: Who,
    owner_id: UUID,
    since: AwareDatetime,
    until: AwareDatetime,
    site: Site = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[OwnerMovements]:
    """Opening, movements and closing of an owner's articles between two instants."""
    who.need("owner.report", site)
    async with held.db.read() as conn:
        return await report_movements(
            conn, who, owner_id=owner_id, site=site, since=since, until=until, after=after, limit=limit
        )


@router.get("/owner-reports/ageing")
async def get_owner_ageing(
    held: Held,
    who: Who,
    owner_id: UUID,
    site: Site = None,
    dwell_days: Annotated[int, Query(ge=1, le=3660)] = 90,
    after: After = None,
    limit: Limit = 100,
) -> Page[OwnerAges]:
    """How old an owner's goods are, and how long those that left had stayed."""
    who.need("owner.report", site)
    now = held.db.clock()
    async with held.db.read() as conn:
        return await report_ageing(
            conn, who, owner_id=owner_id, site=site, now=now, dwell_days=dwell_days, after=after, limit=limit
        )
