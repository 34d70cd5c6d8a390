"""Orders, waves and allocation over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.outbound.allocate import Allocated, AllocateOpen, AllocateOrder, allocate_open, allocate_order
from wms.outbound.await_arrival import ArrivalAwaited, AwaitArrival, Lane, await_arrival
from wms.outbound.cancel_order import CancelOrder, CancelReason, cancel_order
from wms.outbound.create_order import create_order
from wms.outbound.find_orders import find_lines, find_order, find_orders
from wms.outbound.find_work import PackageView, PickView, WaveView, find_packages, find_picks, find_waves
from wms.outbound.keep_cartons import CartonBody, ProposedCarton, find_proposal, put_carton
from wms.outbound.pack_order import PackBody, Packed, PackOrder, pack_order
from wms.outbound.pick_unit import PickUnit, UnitPicked, UnitScans, pick_unit
from wms.outbound.plan_wave import PlanWave, WavePlanned, plan_wave
from wms.outbound.record_delivery import DeliveryBody, DeliveryRecorded, RecordDelivery, record_delivery
from wms.outbound.record_release import RecordRelease, ReleaseReference, record_release
from wms.outbound.release_order import ReleaseDue, ReleaseOrder, release_due, release_order
from wms.outbound.ship_all import ShipAll, ShippedAll, ship_all
from wms.outbound.undo_pick import PickUndone, UndoPick, undo_pick
from wms.outbound.wire import CreateOrder, OrderChanged, OrderLineRecord, OrderRecord, OrderState

router = APIRouter(prefix="/api/v1", tags=["outbound"], responses=ERRORS)
_Site = Annotated[str | None, Query(max_length=8)]


@router.post("/orders", status_code=201)
async def post_order(command: CreateOrder, held: Held, who: Who, key: IdempotencyKey = None) -> OrderChanged:
    return await held.db.run(create_order, command, actor=who, key=key)


@router.get("/orders")
async def get_orders(
    held: Held,
    who: Who,
    site: _Site = None,
    owner_id: UUID | None = None,
    state: OrderState | None = None,
    wave_id: UUID | None = None,
    reference: Annotated[str | None, Query(max_length=60)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[OrderRecord]:
    who.need("order.read", site)
    filters = {"site": site, "owner_id": owner_id, "state": state, "wave_id": wave_id, "reference": reference}
    async with held.db.read() as conn:
        return await find_orders(conn, who, after, limit, **filters)


@router.post("/orders/release-due")
async def post_release_due(command: ReleaseDue, held: Held, who: Who, key: IdempotencyKey = None) -> list[Allocated]:
    """Release without waves: the nearest cut-off that can still be met first."""
    return await held.db.run(release_due, command, actor=who, key=key)


@router.post("/orders/allocate-open")
async def post_allocate_open(
    command: AllocateOpen, held: Held, who: Who, key: IdempotencyKey = None
) -> list[Allocated]:
    """Look again for what orders are still missing."""
    return await held.db.run(allocate_open, command, actor=who, key=key)


@router.get("/orders/{id}")
async def get_order(id: UUID, held: Held, who: Who) -> OrderRecord:
    who.need("order.read")
    async with held.db.read() as conn:
        return await find_order(conn, who, id)


@router.get("/orders/{id}/lines")
async def get_lines(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[OrderLineRecord]:
    who.need("order.read")
    async with held.db.read() as conn:
        await find_order(conn, who, id)
        return await find_lines(conn, id, after, limit)


@router.get("/orders/{id}/picks")
async def get_picks(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[PickView]:
    who.need("order.read")
    async with held.db.read() as conn:
        await find_order(conn, who, id)
        return await find_picks(conn, id, after, limit)


@router.get("/orders/{id}/packages")
async def get_packages(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[PackageView]:
    who.need("order.read")
    async with held.db.read() as conn:
        await find_order(conn, who, id)
        return await find_packages(conn, id, after, limit)


@router.get("/orders/{id}/cartons")
async def get_cartons(id: UUID, held: Held, who: Who) -> list[ProposedCarton]:
    """A proposal for what is not packed yet."""
    who.need("order.read")
    async with held.db.read() as conn:
        found = await find_order(conn, who, id)
        return await find_proposal(conn, id, found.site)


@router.post("/orders/{id}/release")
async def post_release(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> Allocated:
    return await held.db.run(release_order, ReleaseOrder(id=id), actor=who, key=key)


@router.post("/orders/{id}/allocate")
async def post_allocate(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> Allocated:
    return await held.db.run(allocate_order, AllocateOrder(id=id), actor=who, key=key)


@router.post("/orders/{id}/cross-dock")
async def post_cross_dock(id: UUID, body: Lane, held: Held, who: Who, key: IdempotencyKey = None) -> ArrivalAwaited:
    """Let arrivals of what is missing go straight to a lane; allocating again takes up what came."""
    return await held.db.run(await_arrival, AwaitArrival(order_id=id, lane=body.lane), actor=who, key=key)


@router.post("/orders/{id}/cancel")
async def post_cancel(id: UUID, body: CancelReason, held: Held, who: Who, key: IdempotencyKey = None) -> OrderChanged:
    return await held.db.run(cancel_order, CancelOrder(id=id, reason=body.reason), actor=who, key=key)


@router.post("/orders/{id}/customs-release")
async def post_customs_release(
    id: UUID, body: ReleaseReference, held: Held, who: Who, key: IdempotencyKey = None
) -> OrderChanged:
    return await held.db.run(record_release, RecordRelease(id=id, release_ref=body.release_ref), actor=who, key=key)


@router.post("/orders/{id}/pick-unit")
async def post_pick_unit(id: UUID, body: UnitScans, held: Held, who: Who, key: IdempotencyKey = None) -> UnitPicked:
    return await held.db.run(pick_unit, PickUnit(order_id=id, **body.model_dump()), actor=who, key=key)


@router.post("/orders/{id}/undo-pick")
async def post_undo_pick(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> PickUndone:
    return await held.db.run(undo_pick, UndoPick(order_id=id), actor=who, key=key)


@router.post("/orders/{id}/packages", status_code=201)
async def post_package(id: UUID, body: PackBody, held: Held, who: Who, key: IdempotencyKey = None) -> Packed:
    command = PackOrder(order_id=id, company_prefix=held.company_prefix, **body.model_dump())
    return await held.db.run(pack_order, command, actor=who, key=key)


@router.post("/orders/{id}/ship-all")
async def post_ship_all(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ShippedAll:
    return await held.db.run(ship_all, ShipAll(id=id), actor=who, key=key)


@router.post("/orders/{id}/delivery", status_code=201)
async def post_delivery(
    id: UUID, body: DeliveryBody, held: Held, who: Who, key: IdempotencyKey = None
) -> DeliveryRecorded:
    command = RecordDelivery(order_id=id, **body.model_dump()).sealed_with(held.seal)
    return await held.db.run(record_delivery, command, actor=who, key=key)


@router.post("/waves", status_code=201)
async def post_wave(command: PlanWave, held: Held, who: Who, key: IdempotencyKey = None) -> WavePlanned:
    return await held.db.run(plan_wave, command, actor=who, key=key)


@router.get("/waves")
async def get_waves(
    held: Held, who: Who, site: _Site = None, after: After = None, limit: Limit = 100
) -> Page[WaveView]:
    who.need("order.read", site)
    async with held.db.read() as conn:
        return await find_waves(conn, who, site, after, limit)


@router.put("/carton-types")
async def put_carton_type(body: CartonBody, held: Held, who: Who) -> CartonBody:
    return await held.db.run(put_carton, body, actor=who)
