"""Planning over HTTP: the network and its versions, jobs with progress, proposals, bookings, departures."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, UploadFile

from wms.access.api import Who
from wms.kit.db import Tx
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.kit.refusal import Refusal
from wms.transport.accept_plan import AcceptPlan, accept_plan, reject_plan
from wms.transport.edit_plan import ChangePlan, edit_plan
from wms.transport.read_plans import (
    find_bookings,
    find_departures,
    find_jobs,
    find_networks,
    hubs_of,
    job_of,
    network_of,
)
from wms.transport.report_departure import Report, report_departure
from wms.transport.save_network import judge, save_network
from wms.transport.start_job import (
    AskJob,
    JobQueued,
    StartPlan,
    ask_job,
    judge_goods,
    need_planner,
    need_version,
    start_plan,
)
from wms.transport.view_plan import PlanShelf, compare, shipments_of, show_proposal, why_of
from wms.transport.wire import (
    Accepted,
    BookingRecord,
    Comparison,
    DepartureRecord,
    EditPlan,
    HubPlace,
    JobRecord,
    Name,
    NetworkRecord,
    NetworkTables,
    ProposalRecord,
    ReportDeparture,
    Reported,
    SaveNetwork,
    Shipment,
    ShipmentLine,
    ShipmentWhy,
)

router = APIRouter(prefix="/api/v1", tags=["transport"], responses=ERRORS)
UPLOAD_PATHS = frozenset({"/api/v1/plan-jobs", "/api/v1/transport-networks"})
_PIECE_BYTES = 1 << 20
Version = Annotated[int, Path(ge=1, le=1_000_000)]


def _shelf(request: Request, held: Held) -> PlanShelf:
    if not hasattr(request.app.state, "plan_shelf"):
        request.app.state.plan_shelf = PlanShelf(held.db)
    shelf: PlanShelf = request.app.state.plan_shelf
    return shelf


@router.get("/transport-networks")
async def get_networks(held: Held, who: Who) -> list[NetworkRecord]:
    need_planner(who, "transport.read")
    await need_version(held.db, None)
    async with held.db.read() as conn:
        return await find_networks(conn)


@router.post("/transport-networks", status_code=201)
async def post_network(body: SaveNetwork, held: Held, who: Who, key: IdempotencyKey = None) -> NetworkRecord:
    """A new version; plans made on an old one keep it."""
    need_planner(who, "timetable.write")
    await judge(held.db, body)
    return await held.db.run(save_network, body, actor=who, key=key)


@router.get("/transport-networks/{version}")
async def get_network(version: Version, held: Held, who: Who) -> NetworkTables:
    need_planner(who, "transport.read")
    async with held.db.read() as conn:
        return await network_of(conn, version)


@router.get("/transport-networks/{version}/hubs")
async def get_hubs(version: Version, held: Held, who: Who) -> list[HubPlace]:
    need_planner(who, "transport.read")
    async with held.db.read() as conn:
        return await hubs_of(conn, version)


@router.post("/plan-jobs", status_code=202)
async def post_job(
    file: UploadFile,
    held: Held,
    who: Who,
    name: Annotated[str, Query(max_length=80, pattern=r"^[^\x00-\x1f]*$")] = "",
    seconds: Annotated[float, Query(ge=1, le=900)] = 60,
    seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 1,
    co2_price: Annotated[int, Query(ge=0, le=100_000)] = 0,
    day_price: Annotated[int, Query(ge=0, le=100_000)] = 0,
    network_version: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    key: IdempotencyKey = None,
) -> JobQueued:
    """Queue the planning of a CSV, XLSX or JSON file of shipments; prices are currency units a tonne (and day)."""
    need_planner(who, "transport.plan")
    data = await _read(file, held.max_upload_bytes)
    filename = "".join(sign for sign in (file.filename or "shipments")[-200:] if sign.isprintable()) or "shipments"
    command = StartPlan(
        name=name or filename[:80],
        filename=filename,
        network_version=await need_version(held.db, network_version),
        seconds=seconds,
        seed=seed,
        co2_price=co2_price,
        day_price=day_price,
        data=data,
    )
    await judge_goods(held.db, command)
    return await held.db.run(start_plan, command, actor=who, key=key)


@router.get("/plan-jobs")
async def get_jobs(held: Held, who: Who, after: After = None, limit: Limit = 50) -> Page[JobRecord]:
    """The newest first."""
    need_planner(who, "transport.read")
    async with held.db.read() as conn:
        return await find_jobs(conn, after, limit)


@router.get("/plan-jobs/{id}")
async def get_job(id: UUID, held: Held, who: Who) -> JobRecord:
    """With up to three hundred points of its progress."""
    need_planner(who, "transport.read")
    async with held.db.read() as conn:
        return await job_of(conn, id)


@router.post("/plan-jobs/{id}/stop")
async def post_stop(id: UUID, held: Held, who: Who) -> JobQueued:
    """End the search and keep the best plan so far."""
    need_planner(who, "transport.plan")
    return await held.db.run(ask_job, AskJob(id=id, ask="stop"), actor=who)


@router.post("/plan-jobs/{id}/cancel")
async def post_cancel(id: UUID, held: Held, who: Who) -> JobQueued:
    """End it and keep nothing."""
    need_planner(who, "transport.plan")
    return await held.db.run(ask_job, AskJob(id=id, ask="cancel"), actor=who)


@router.get("/plan-proposals/{id}")
async def get_proposal(id: UUID, request: Request, held: Held, who: Who) -> ProposalRecord:
    """Refereed again before it is shown."""
    need_planner(who, "transport.read")
    return await show_proposal(held.db, _shelf(request, held), id)


@router.get("/plan-proposals/{id}/shipments")
async def get_shipments(
    id: UUID,
    request: Request,
    held: Held,
    who: Who,
    unserved: bool = False,
    after: After = None,
    limit: Limit = 100,
) -> Page[ShipmentLine]:
    """In the order of the file."""
    need_planner(who, "transport.read")
    plan = await _shelf(request, held).get(id)
    return await asyncio.to_thread(shipments_of, plan, after, limit, unserved)


@router.get("/plan-proposals/{id}/why")
async def get_why(
    id: UUID, request: Request, held: Held, who: Who, shipment: Annotated[Shipment, Query()]
) -> ShipmentWhy:
    """Why it travels so and not otherwise, or why it is left to others."""
    need_planner(who, "transport.read")
    plan = await _shelf(request, held).get(id)
    return await asyncio.to_thread(why_of, plan, shipment)


@router.get("/plan-proposals/{id}/compare/{other}")
async def get_comparison(id: UUID, other: UUID, request: Request, held: Held, who: Who) -> Comparison:
    need_planner(who, "transport.read")
    shelf = _shelf(request, held)
    here, there = await shelf.get(id), await shelf.get(other)
    return await asyncio.to_thread(compare, here, there)


@router.post("/plan-proposals/{id}/edits", status_code=202)
async def post_edit(id: UUID, body: EditPlan, held: Held, who: Who, key: IdempotencyKey = None) -> JobQueued:
    """Pin, move, forbid; the answer is a job whose proposal holds the edit."""
    need_planner(who, "transport.plan")
    return await held.db.run(edit_plan, ChangePlan(id=id, **body.model_dump()), actor=who, key=key)


@router.post("/plan-proposals/{id}/accept")
async def post_accept(id: UUID, request: Request, held: Held, who: Who, key: IdempotencyKey = None) -> Accepted:
    """Its legs become bookings."""
    need_planner(who, "transport.accept")
    plan = await _shelf(request, held).get(id)

    async def accept(tx: Tx, command: AcceptPlan) -> Accepted:
        return await accept_plan(tx, command, plan)

    return await held.db.run(accept, AcceptPlan(id=id), actor=who, key=key)


@router.post("/plan-proposals/{id}/reject", status_code=204)
async def post_reject(id: UUID, held: Held, who: Who) -> None:
    need_planner(who, "transport.plan")
    await held.db.run(reject_plan, id, actor=who)


@router.get("/bookings")
async def get_bookings(
    held: Held,
    who: Who,
    departure: Annotated[Name | None, Query()] = None,
    shipment: Annotated[Shipment | None, Query()] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[BookingRecord]:
    """The load list of a departure, or the legs of a shipment."""
    need_planner(who, "transport.read")
    async with held.db.read() as conn:
        return await find_bookings(conn, departure, shipment, after, limit)


@router.get("/transport-departures")
async def get_departures(
    held: Held,
    who: Who,
    state: Literal["planned", "departed", "cancelled"] | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[DepartureRecord]:
    need_planner(who, "transport.read")
    async with held.db.read() as conn:
        return await find_departures(conn, state, after, limit)


@router.post("/transport-departures/{name}/report")
async def post_report(name: Name, body: ReportDeparture, held: Held, who: Who, key: IdempotencyKey = None) -> Reported:
    """It left, is late, or does not run; plans with goods on it are planned anew."""
    need_planner(who, "departure.report")
    return await held.db.run(report_departure, Report(name=name, **body.model_dump()), actor=who, key=key)


async def _read(file: UploadFile, limit: int) -> bytes:
    data = bytearray()
    while piece := await file.read(_PIECE_BYTES):
        data += piece
        if len(data) > limit:
            raise Refusal("too_large", field="file", limit_bytes=limit)
    return bytes(data)
