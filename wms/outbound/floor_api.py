"""Picking, weighing and loading over HTTP: what handhelds ask for."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.outbound.confirm_pick import ConfirmPick, Picked, PickScans, confirm_pick
from wms.outbound.depart_load import DepartLoad, LoadDeparted, Seal, depart_load
from wms.outbound.find_work import LoadView, Manifest, PickListView, find_loads, find_manifest, find_pick_list
from wms.outbound.load_units import (
    Assigned,
    Assignment,
    AssignToLoad,
    CreateLoad,
    LoadCreated,
    ScanUnit,
    UnitLoaded,
    UnitScan,
    assign_to_load,
    create_load,
    scan_onto_load,
    take_from_load,
    take_off_load,
)
from wms.outbound.plan_picks import PicksPlanned, PlanPicks, plan_picks
from wms.outbound.register_totes import RegisterTotes, TotesRegistered, register_totes
from wms.outbound.short_pick import PickShort, ShortPick, short_pick
from wms.outbound.substitute_lot import LotScans, LotSubstituted, SubstituteLot, substitute_lot
from wms.outbound.weigh_package import (
    LabelPackage,
    Measures,
    OverrideBody,
    OverrideWeight,
    PackageLabelled,
    PackageWeighed,
    WeighPackage,
    label_package,
    override_weight,
    weigh_package,
)

router = APIRouter(prefix="/api/v1", tags=["outbound"], responses=ERRORS)


@router.post("/totes", status_code=201)
async def post_totes(command: RegisterTotes, held: Held, who: Who, key: IdempotencyKey = None) -> TotesRegistered:
    return await held.db.run(register_totes, command, actor=who, key=key)


@router.post("/pick-lists", status_code=201)
async def post_pick_lists(command: PlanPicks, held: Held, who: Who, key: IdempotencyKey = None) -> PicksPlanned:
    return await held.db.run(plan_picks, command, actor=who, key=key)


@router.get("/pick-lists/{id}")
async def get_pick_list(id: UUID, held: Held, who: Who) -> PickListView:
    async with held.db.read() as conn:
        return await find_pick_list(conn, who, id)


@router.post("/picks/{id}/confirm")
async def post_confirm(id: UUID, body: PickScans, held: Held, who: Who, key: IdempotencyKey = None) -> Picked:
    return await held.db.run(confirm_pick, ConfirmPick(id=id, **body.model_dump()), actor=who, key=key)


@router.post("/picks/{id}/short")
async def post_short(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> PickShort:
    """Declare what is left of the pick missing."""
    return await held.db.run(short_pick, ShortPick(id=id), actor=who, key=key)


@router.post("/picks/{id}/substitute")
async def post_substitute(id: UUID, body: LotScans, held: Held, who: Who, key: IdempotencyKey = None) -> LotSubstituted:
    """Take another lot that the rules of the line allow."""
    return await held.db.run(substitute_lot, SubstituteLot(id=id, **body.model_dump()), actor=who, key=key)


@router.post("/packages/{id}/weigh")
async def post_weigh(id: UUID, body: Measures, held: Held, who: Who, key: IdempotencyKey = None) -> PackageWeighed:
    return await held.db.run(weigh_package, WeighPackage(unit_id=id, **body.model_dump()), actor=who, key=key)


@router.post("/packages/{id}/override")
async def post_override(
    id: UUID, body: OverrideBody, held: Held, who: Who, key: IdempotencyKey = None
) -> PackageWeighed:
    """Accept a weight out of tolerance: by another person than the packer."""
    return await held.db.run(override_weight, OverrideWeight(unit_id=id, reason=body.reason), actor=who, key=key)


@router.post("/packages/{id}/label")
async def post_label(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> PackageLabelled:
    return await held.db.run(label_package, LabelPackage(unit_id=id), actor=who, key=key)


@router.post("/loads", status_code=201)
async def post_load(command: CreateLoad, held: Held, who: Who, key: IdempotencyKey = None) -> LoadCreated:
    return await held.db.run(create_load, command, actor=who, key=key)


@router.get("/loads")
async def get_loads(
    held: Held,
    who: Who,
    site: Annotated[str | None, Query(max_length=8)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[LoadView]:
    who.need("load.work", site)
    async with held.db.read() as conn:
        return await find_loads(conn, who, site, after, limit)


@router.get("/loads/{id}")
async def get_load(id: UUID, held: Held, who: Who) -> Manifest:
    """The load with its manifest."""
    async with held.db.read() as conn:
        return await find_manifest(conn, who, id)


@router.post("/loads/{id}/assign")
async def post_assign(id: UUID, body: Assignment, held: Held, who: Who, key: IdempotencyKey = None) -> Assigned:
    return await held.db.run(assign_to_load, AssignToLoad(load_id=id, **body.model_dump()), actor=who, key=key)


@router.post("/loads/{id}/unassign")
async def post_unassign(id: UUID, body: Assignment, held: Held, who: Who, key: IdempotencyKey = None) -> Assigned:
    """Expect orders or packages no longer."""
    return await held.db.run(take_from_load, AssignToLoad(load_id=id, **body.model_dump()), actor=who, key=key)


@router.post("/loads/{id}/scan")
async def post_scan(id: UUID, body: UnitScan, held: Held, who: Who, key: IdempotencyKey = None) -> UnitLoaded:
    return await held.db.run(scan_onto_load, ScanUnit(load_id=id, unit=body.unit), actor=who, key=key)


@router.post("/loads/{id}/take-off")
async def post_take_off(id: UUID, body: UnitScan, held: Held, who: Who, key: IdempotencyKey = None) -> UnitLoaded:
    return await held.db.run(take_off_load, ScanUnit(load_id=id, unit=body.unit), actor=who, key=key)


@router.post("/loads/{id}/depart")
async def post_depart(id: UUID, body: Seal, held: Held, who: Who, key: IdempotencyKey = None) -> LoadDeparted:
    """Seal and dispatch: everything on the load leaves the ledger."""
    return await held.db.run(depart_load, DepartLoad(load_id=id, seal_no=body.seal_no), actor=who, key=key)
