"""Transfers and their claims over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.transfers.cancel_transfer import CancelReason, CancelTransfer, cancel_transfer
from wms.transfers.create_transfer import create_transfer
from wms.transfers.find_transfers import (
    find_claims,
    find_goods,
    find_lines,
    find_settlements,
    find_transfer,
    find_transfers,
)
from wms.transfers.finish_transfer import FinishTransfer, TransferFinished, finish_transfer
from wms.transfers.receive_transfer import ReceiveBody, ReceiveTransfer, TransferReceived, receive_transfer
from wms.transfers.record_customs import CustomsDocument, RecordCustoms, record_customs
from wms.transfers.reserve_transfer import ReserveTransfer, TransferReserved, reserve_transfer
from wms.transfers.settle_claim import ClaimSettled, SettleBody, SettleClaim, settle_claim
from wms.transfers.ship_transfer import ShipTransfer, TransferShipped, ship_transfer
from wms.transfers.wire import (
    ClaimRecord,
    CreateTransfer,
    SettlementRecord,
    TransferChanged,
    TransferGoodsRecord,
    TransferLineRecord,
    TransferRecord,
    TransferState,
)

router = APIRouter(prefix="/api/v1", tags=["transfers"], responses=ERRORS)
_Site = Annotated[str | None, Query(max_length=8)]


@router.post("/transfers", status_code=201)
async def post_transfer(command: CreateTransfer, held: Held, who: Who, key: IdempotencyKey = None) -> TransferChanged:
    return await held.db.run(create_transfer, command, actor=who, key=key)


@router.get("/transfers")
async def get_transfers(
    held: Held,
    who: Who,
    site: _Site = None,
    owner_id: UUID | None = None,
    state: TransferState | None = None,
    reference: Annotated[str | None, Query(max_length=60)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[TransferRecord]:
    who.need("transfer.read", site)
    filters = {"site": site, "owner_id": owner_id, "state": state, "reference": reference}
    async with held.db.read() as conn:
        return await find_transfers(conn, who, after, limit, **filters)


@router.get("/transfers/{id}")
async def get_transfer(id: UUID, held: Held, who: Who) -> TransferRecord:
    async with held.db.read() as conn:
        return await find_transfer(conn, who, id)


@router.get("/transfers/{id}/lines")
async def get_lines(
    id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100
) -> Page[TransferLineRecord]:
    async with held.db.read() as conn:
        await find_transfer(conn, who, id)
        return await find_lines(conn, id, after, limit)


@router.get("/transfers/{id}/goods")
async def get_goods(
    id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100
) -> Page[TransferGoodsRecord]:
    """What is still promised or on the way, unit by unit and lot by lot."""
    async with held.db.read() as conn:
        await find_transfer(conn, who, id)
        return await find_goods(conn, id, after, limit)


@router.post("/transfers/{id}/reserve")
async def post_reserve(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> TransferReserved:
    return await held.db.run(reserve_transfer, ReserveTransfer(id=id), actor=who, key=key)


@router.post("/transfers/{id}/customs")
async def post_customs(
    id: UUID, body: CustomsDocument, held: Held, who: Who, key: IdempotencyKey = None
) -> TransferChanged:
    """The document by which the goods pass customs, and what they are when they come."""
    return await held.db.run(record_customs, RecordCustoms(id=id, **dict(body)), actor=who, key=key)


@router.post("/transfers/{id}/ship")
async def post_ship(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> TransferShipped:
    return await held.db.run(ship_transfer, ShipTransfer(id=id), actor=who, key=key)


@router.post("/transfers/{id}/receive")
async def post_receive(
    id: UUID, body: ReceiveBody, held: Held, who: Who, key: IdempotencyKey = None
) -> TransferReceived:
    return await held.db.run(receive_transfer, ReceiveTransfer(id=id, **dict(body)), actor=who, key=key)


@router.post("/transfers/{id}/finish")
async def post_finish(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> TransferFinished:
    """Nothing more will come: what is missing becomes a claim."""
    return await held.db.run(finish_transfer, FinishTransfer(id=id), actor=who, key=key)


@router.post("/transfers/{id}/cancel")
async def post_cancel(
    id: UUID, body: CancelReason, held: Held, who: Who, key: IdempotencyKey = None
) -> TransferChanged:
    return await held.db.run(cancel_transfer, CancelTransfer(id=id, reason=body.reason), actor=who, key=key)


@router.get("/claims")
async def get_claims(
    held: Held,
    who: Who,
    site: _Site = None,
    transfer_id: UUID | None = None,
    settled: bool | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ClaimRecord]:
    """What came otherwise than it left."""
    who.need("transfer.read", site)
    async with held.db.read() as conn:
        return await find_claims(conn, who, after, limit, site=site, transfer_id=transfer_id, settled=settled)


@router.get("/claims/{id}/settlements")
async def get_settlements(id: UUID, held: Held, who: Who) -> list[SettlementRecord]:
    who.need("transfer.read")
    async with held.db.read() as conn:
        return await find_settlements(conn, who, id)


@router.post("/claims/{id}/settle")
async def post_settle(id: UUID, body: SettleBody, held: Held, who: Who, key: IdempotencyKey = None) -> ClaimSettled:
    return await held.db.run(settle_claim, SettleClaim(id=id, **dict(body)), actor=who, key=key)
