"""Slotting proposals and what people did, over HTTP. Both speak of every owner's goods and of persons: the house's alone."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime

from wms.access.api import Who
from wms.inside.find_labour import LabourReport, read_labour
from wms.inside.find_slots import SlotProposal, propose_slots
from wms.kit.http import ERRORS, Held
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["inside"], responses=ERRORS)
Site = Annotated[str, Path(max_length=8)]
_LONGEST = timedelta(days=31)


@router.get("/sites/{site}/slotting")
async def get_slotting(
    site: Site, held: Held, who: Who, days: Annotated[int, Query(ge=1, le=366)] = 30
) -> SlotProposal:
    """Which goods of the pick places had better change places, by the picks of the last days."""
    who.need("slotting.read", site)
    if who.owners is not None:
        raise Refusal("not_found")
    async with held.db.read() as conn:
        return await propose_slots(conn, held.db.clock, site, days)


@router.get("/sites/{site}/labour")
async def get_labour(
    site: Site,
    held: Held,
    who: Who,
    begin: Annotated[AwareDatetime, Query()],
    end: Annotated[AwareDatetime, Query(description="not after `begin` and 31 days")],
) -> LabourReport:
    """Lines by person, hour and work."""
    who.need("labour.read", site)
    if who.owners is not None:
        raise Refusal("not_found")
    if not timedelta(0) < end - begin <= _LONGEST:
        raise Refusal("invalid_request", field="end")
    async with held.db.read() as conn:
        return await read_labour(conn, site, begin, end)
