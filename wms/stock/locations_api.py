"""Locations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.kit.refusal import Refusal
from wms.stock.change_location import ChangeLocation, SetLocationEnabled, change_location, set_location_enabled
from wms.stock.find_locations import find_location, find_locations, find_zone_occupancy
from wms.stock.generate_locations import generate_locations, preview_locations
from wms.stock.location_schemas import (
    DisableReason,
    LocationChange,
    LocationPlan,
    LocationPreview,
    LocationRow,
    LocationsMade,
    LocationView,
    ZoneOccupancy,
)

router = APIRouter(prefix="/api/v1", tags=["locations"], responses=ERRORS)
Text = Annotated[str | None, Query(max_length=60)]


@router.get("/locations")
async def get_locations(
    held: Held,
    who: Who,
    site: Text = None,
    kind: Text = None,
    zone: Text = None,
    name: Annotated[str | None, Query(max_length=60, description="beginning of a name")] = None,
    enabled: bool | None = None,
    empty: bool | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[LocationRow]:
    who.need("location.read", site)
    _no_tenant_asks_for_emptiness(who, empty)
    async with held.db.read() as conn:
        return await find_locations(
            conn,
            who,
            site=site,
            kind=kind,
            zone=zone,
            name=name,
            enabled=enabled,
            empty=empty,
            after=after,
            limit=limit,
        )


@router.get("/locations/occupancy")
async def get_occupancy(held: Held, who: Who, site: Annotated[str, Query(max_length=8)]) -> list[ZoneOccupancy]:
    """How full the zones of a site are."""
    who.need("location.read", site)
    _no_tenant_asks_for_emptiness(who, True)
    async with held.db.read() as conn:
        return await find_zone_occupancy(conn, who, site)


@router.get("/locations/{id}")
async def get_location(id: UUID, held: Held, who: Who) -> LocationView:
    who.need("location.read")
    async with held.db.read() as conn:
        return await find_location(conn, who, id)


@router.post("/locations/preview")
async def post_preview(plan: LocationPlan, held: Held, who: Who) -> LocationPreview:
    """What a pattern would make; nothing is made."""
    who.need("location.write", plan.site)
    async with held.db.read() as conn:
        return await preview_locations(conn, plan)


@router.post("/locations", status_code=201)
async def post_locations(plan: LocationPlan, held: Held, who: Who, key: IdempotencyKey = None) -> LocationsMade:
    """Make locations from a pattern, or one from a plain name."""
    who.need("location.write", plan.site)
    return await held.db.run(generate_locations, plan, actor=who, key=key)


@router.patch("/locations/{id}")
async def patch_location(
    id: UUID, change: LocationChange, held: Held, who: Who, key: IdempotencyKey = None
) -> LocationRow:
    who.need("location.write")
    return await held.db.run(change_location, ChangeLocation(location_id=id, change=change), actor=who, key=key)


@router.post("/locations/{id}/disable")
async def post_disable(id: UUID, body: DisableReason, held: Held, who: Who, key: IdempotencyKey = None) -> LocationRow:
    """A disabled location gets nothing from putaway; what lies there can be taken out."""
    who.need("location.write")
    command = SetLocationEnabled(location_id=id, enabled=False, reason=body.reason)
    return await held.db.run(set_location_enabled, command, actor=who, key=key)


@router.post("/locations/{id}/enable")
async def post_enable(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> LocationRow:
    who.need("location.write")
    return await held.db.run(set_location_enabled, SetLocationEnabled(location_id=id, enabled=True), actor=who, key=key)


def _no_tenant_asks_for_emptiness(who: Actor, empty: bool | None) -> None:
    """Whether a place is empty tells a tenant of other tenants' goods."""
    if empty is not None and who.owners is not None:
        raise Refusal("not_allowed", right="location.read")
