"""Warehouse receipts and pledges over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.ownership.find_receipts import find_receipt_lines, find_receipts, find_releases, receipt_of
from wms.ownership.issue_receipt import issue_receipt
from wms.ownership.pledge_receipt import pledge_receipt
from wms.ownership.release_pledge import decide_release, request_release
from wms.ownership.split_receipt import split_receipt
from wms.ownership.surrender_receipt import surrender_receipt
from wms.ownership.transfer_receipt import move_receipted, transfer_receipt
from wms.ownership.watch_pledges import set_prices
from wms.ownership.wire import (
    Alert,
    DecideRelease,
    DecisionBody,
    IssueReceipt,
    MoveBody,
    MoveReceipted,
    PledgeBody,
    Pledged,
    PledgeReceipt,
    PricesSet,
    ReceiptIssued,
    ReceiptLineRecord,
    ReceiptRecord,
    ReceiptSplit,
    ReceiptState,
    ReleaseBody,
    ReleaseRecord,
    RequestRelease,
    SetPrices,
    SplitBody,
    SplitReceipt,
    SurrenderBody,
    SurrenderReceipt,
    TransferBody,
    TransferReceipt,
)
from wms.stock.move_stock import Posted

router = APIRouter(prefix="/api/v1", tags=["ownership"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]


@router.post("/warehouse-receipts", status_code=201)
async def post_receipt(body: IssueReceipt, held: Held, who: Who, key: IdempotencyKey = None) -> ReceiptIssued:
    """Issue a receipt over concrete stock rows; what it stands for is held from now on."""
    who.need("warehouse_receipt.write")
    return await held.db.run(issue_receipt, body, actor=who, key=key)


@router.get("/warehouse-receipts")
async def get_receipts(
    held: Held,
    who: Who,
    site: Site = None,
    owner_id: UUID | None = None,
    bank_id: UUID | None = None,
    state: ReceiptState | None = None,
    alert: Alert | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ReceiptRecord]:
    who.need("warehouse_receipt.read", site)
    filters = {"site": site, "owner_id": owner_id, "bank_id": bank_id, "state": state, "alert": alert}
    async with held.db.read() as conn:
        return await find_receipts(conn, who, after, limit, **filters)


@router.get("/warehouse-receipts/{id}")
async def get_receipt(id: UUID, held: Held, who: Who) -> ReceiptRecord:
    who.need("warehouse_receipt.read")
    async with held.db.read() as conn:
        return await receipt_of(conn, who, id)


@router.get("/warehouse-receipts/{id}/lines")
async def get_receipt_lines(
    id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100
) -> Page[ReceiptLineRecord]:
    who.need("warehouse_receipt.read")
    async with held.db.read() as conn:
        return await find_receipt_lines(conn, who, id, after, limit)


@router.post("/warehouse-receipts/{id}/split", status_code=201)
async def post_split(id: UUID, body: SplitBody, held: Held, who: Who, key: IdempotencyKey = None) -> ReceiptSplit:
    who.need("warehouse_receipt.write")
    return await held.db.run(split_receipt, SplitReceipt(id=id, parts=body.parts), actor=who, key=key)


@router.post("/warehouse-receipts/{id}/transfer")
async def post_transfer(
    id: UUID, body: TransferBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ReceiptIssued:
    """The receipt and the goods become another owner's."""
    who.need("warehouse_receipt.write")
    command = TransferReceipt(id=id, new_owner_id=body.new_owner_id, reference=body.reference)
    return await held.db.run(transfer_receipt, command, actor=who, key=key)


@router.post("/warehouse-receipts/{id}/moves", status_code=201)
async def post_receipt_move(id: UUID, body: MoveBody, held: Held, who: Who, key: IdempotencyKey = None) -> Posted:
    """Move a whole line inside the house, held all the way."""
    who.need("warehouse_receipt.move")
    command = MoveReceipted(id=id, line_no=body.line_no, to_place_id=body.to_place_id)
    return await held.db.run(move_receipted, command, actor=who, key=key)


@router.post("/warehouse-receipts/{id}/surrender")
async def post_surrender(
    id: UUID, body: SurrenderBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ReceiptIssued:
    """Give the receipt back: its goods are free again."""
    who.need("warehouse_receipt.write")
    return await held.db.run(surrender_receipt, SurrenderReceipt(id=id, lines=body.lines), actor=who, key=key)


@router.post("/warehouse-receipts/{id}/pledge")
async def post_pledge(id: UUID, body: PledgeBody, held: Held, who: Who, key: IdempotencyKey = None) -> Pledged:
    who.need("pledge.write")
    return await held.db.run(pledge_receipt, PledgeReceipt(id=id, **body.model_dump()), actor=who, key=key)


@router.post("/warehouse-receipts/{id}/releases", status_code=201)
async def post_release_request(
    id: UUID, body: ReleaseBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ReleaseRecord:
    """Enter the bank's letter of release; another person decides on it."""
    who.need("pledge.write")
    command = RequestRelease(id=id, bank_reference=body.bank_reference, loan=body.loan, lines=body.lines)
    return await held.db.run(request_release, command, actor=who, key=key)


@router.get("/warehouse-receipts/{id}/releases")
async def get_releases(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[ReleaseRecord]:
    who.need("warehouse_receipt.read")
    async with held.db.read() as conn:
        return await find_releases(conn, who, id, after, limit)


@router.post("/pledge-releases/{id}/decision")
async def post_decision(
    id: UUID, body: DecisionBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ReleaseRecord:
    """Approve or refuse a release that somebody else entered."""
    who.need("pledge.release")
    return await held.db.run(decide_release, DecideRelease(id=id, approve=body.approve), actor=who, key=key)


@router.post("/collateral-prices", status_code=201)
async def post_prices(body: SetPrices, held: Held, who: Who, key: IdempotencyKey = None) -> PricesSet:
    """A price list; every pledge it touches is watched at once."""
    who.need("pledge.price")
    return await held.db.run(set_prices, body, actor=who, key=key)
