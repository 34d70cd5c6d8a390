"""Notices, receipts and discrepancies over HTTP."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.access.api import Who
from wms.catalog.tables import trade_item
from wms.inbound.announce_notice import AnnounceNotice, NoticeAnnounced, announce_notice
from wms.inbound.change_notice import NoticeChanged, NoticeId, arrive_notice, cancel_notice, close_notice
from wms.inbound.discrepancies_api import mine
from wms.inbound.post_receipt import ReceiptPosted
from wms.inbound.receive import Receive, ReceiveBody, receive
from wms.inbound.receive_announced import (
    ReceiveAll,
    ReceiveAllBody,
    ReceiveUnit,
    ReceiveUnitBody,
    receive_all,
    receive_unit,
)
from wms.inbound.tables import notice, notice_line, notice_unit, receipt
from wms.inbound.undo_receipt import ReceiptUndone, UndoReceipt, undo_receipt
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.stock.tables import location
from wms.stock.wire import Quantity

router = APIRouter(prefix="/api/v1", tags=["inbound"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]
NoticeState = Literal["announced", "arriving", "receiving", "closed", "cancelled"]


class NoticeRow(BaseModel):
    id: UUID
    site: str
    owner: str
    notice_no: str
    state: NoticeState
    customs_status: str
    tolerance_percent: Decimal
    expected_at: datetime | None
    lines: int
    units: int
    announced_at: datetime
    announced_by: str
    closed_at: datetime | None
    closed_by: str | None


class NoticeLineRow(BaseModel):
    """`open` is what is still waited for; `expected` 0: nobody announced it."""

    id: UUID
    line_no: int
    item_id: UUID
    sku: str
    lot: str | None
    expires_on: date | None
    sscc: str | None
    expected: Quantity
    received: Quantity
    damaged: Quantity
    open: Quantity


class ReceiptRow(BaseModel):
    id: UUID
    location: str
    lines: int
    received_at: datetime
    undone_at: datetime | None


class UndoBody(BaseModel):
    reason: str = Field(min_length=1, max_length=200)


@router.post("/notices", status_code=201)
async def post_notice(command: AnnounceNotice, held: Held, who: Who, key: IdempotencyKey = None) -> NoticeAnnounced:
    """Announce up to 10,000 lines and the units they are packed in."""
    who.need("notice.announce", command.site)
    return await held.db.run(announce_notice, command, actor=who, key=key)


@router.get("/notices")
async def get_notices(
    held: Held, who: Who, site: Site = None, state: NoticeState | None = None, after: After = None, limit: Limit = 100
) -> Page[NoticeRow]:
    """The newest notices first."""
    who.need("notice.read", site)
    query = _visible(who).order_by(notice.c.id.desc()).limit(limit + 1)
    if site is not None:
        query = query.where(notice.c.site == site)
    if state is not None:
        query = query.where(notice.c.state == state)
    if after is not None:
        query = query.where(notice.c.id < read_id(after))
    async with held.db.read() as conn:
        found = [NoticeRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


@router.get("/notices/{id}")
async def get_notice(id: UUID, held: Held, who: Who) -> NoticeRow:
    who.need("notice.read")
    async with held.db.read() as conn:
        return NoticeRow.model_validate(dict((await _one(conn, who, id))._mapping))


@router.get("/notices/{id}/lines")
async def get_lines(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[NoticeLineRow]:
    """Lines by number, with what came of each."""
    who.need("notice.read")
    query = (
        sa.select(
            *(notice_line.c.id, notice_line.c.line_no, notice_line.c.item_id, trade_item.c.sku),
            *(notice_line.c.lot_no.label("lot"), notice_line.c.expires_on, notice_unit.c.sscc),
            *(notice_line.c.expected, notice_line.c.received, notice_line.c.damaged),
            sa.func.greatest(notice_line.c.expected - notice_line.c.received, 0).label("open"),
        )
        .join(trade_item, trade_item.c.id == notice_line.c.item_id)
        .outerjoin(notice_unit, notice_unit.c.id == notice_line.c.unit_id)
        .where(notice_line.c.notice_id == id)
        .order_by(notice_line.c.line_no)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(notice_line.c.line_no > _number(after))
    async with held.db.read() as conn:
        await _one(conn, who, id)
        found = [NoticeLineRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.line_no))


@router.get("/notices/{id}/receipts")
async def get_receipts(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[ReceiptRow]:
    """The receipts of a notice, the oldest first."""
    who.need("notice.read")
    query = sa.select(receipt, location.c.name.label("location")).join(location, location.c.id == receipt.c.location_id)
    query = query.where(receipt.c.notice_id == id).order_by(receipt.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(receipt.c.id > read_id(after))
    async with held.db.read() as conn:
        await _one(conn, who, id)
        found = [ReceiptRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


@router.post("/notices/{id}/receive", status_code=201)
async def post_receive(id: UUID, body: ReceiveBody, held: Held, who: Who, key: IdempotencyKey = None) -> ReceiptPosted:
    """Receive what was counted at a dock."""
    who.need("receipt.post")
    command = Receive(notice_id=id, company_prefix=held.company_prefix, **dict(body))
    return await held.db.run(receive, command, actor=who, key=key)


@router.post("/notices/{id}/receive-unit", status_code=201)
async def post_receive_unit(
    id: UUID, body: ReceiveUnitBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ReceiptPosted:
    """Receive an announced unit with everything in it by one scan."""
    who.need("receipt.post")
    return await held.db.run(receive_unit, ReceiveUnit(notice_id=id, **dict(body)), actor=who, key=key)


@router.post("/notices/{id}/receive-all", status_code=201)
async def post_receive_all(
    id: UUID, body: ReceiveAllBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ReceiptPosted:
    """Receive everything that is still open, as announced and without counting."""
    who.need("receipt.bulk")
    return await held.db.run(receive_all, ReceiveAll(notice_id=id, **dict(body)), actor=who, key=key)


@router.post("/notices/{id}/undo")
async def post_undo(id: UUID, body: UndoBody, held: Held, who: Who, key: IdempotencyKey = None) -> ReceiptUndone:
    """Undo the last receipt of a notice."""
    who.need("receipt.post")
    return await held.db.run(undo_receipt, UndoReceipt(notice_id=id, reason=body.reason), actor=who, key=key)


@router.post("/notices/{id}/arrive")
async def post_arrive(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> NoticeChanged:
    who.need("receipt.post")
    return await held.db.run(arrive_notice, NoticeId(id=id), actor=who, key=key)


@router.post("/notices/{id}/close")
async def post_close(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> NoticeChanged:
    """Nothing more comes: what is short, over or missing gets its document."""
    who.need("notice.close")
    return await held.db.run(close_notice, NoticeId(id=id), actor=who, key=key)


@router.post("/notices/{id}/cancel")
async def post_cancel(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> NoticeChanged:
    who.need("notice.announce")
    return await held.db.run(cancel_notice, NoticeId(id=id), actor=who, key=key)


def _visible(who: Actor) -> sa.Select[Any]:
    query = sa.select(notice, party.c.code.label("owner")).join(party, party.c.id == notice.c.owner_id)
    return mine(query, who, notice)


async def _one(conn: AsyncConnection, who: Actor, id: UUID) -> sa.Row[Any]:
    row: sa.Row[Any] | None = (await conn.execute(_visible(who).where(notice.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return row


def _number(after: str) -> int:
    if not (after.isascii() and after.isdigit() and len(after) < 10):
        raise Refusal("invalid_request", field="after")
    return int(after)
