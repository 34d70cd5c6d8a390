"""Kits, services and scrap over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel

from wms.access.api import Who
from wms.catalog.tables import trade_item
from wms.inside.ask_service import AskService, ServiceAsked, ask_service
from wms.inside.make_kits import BreakKits, KitsMade, MakeKits, break_kits, make_kits
from wms.inside.scrap import (
    AskScrap,
    DecideScrap,
    ScrapChanged,
    StoreAuthority,
    approve_scrap,
    ask_scrap,
    reject_scrap,
    store_authority,
)
from wms.inside.set_bill import BillBody, Component, SetBill, set_bill
from wms.inside.tables import bill_line, scrap_order
from wms.inside.trace_kits import KitOrderRow, find_kits
from wms.inside.wire import Note, Text60
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.stock.tables import stock
from wms.stock.wire import Quantity

router = APIRouter(prefix="/api/v1", tags=["inside"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]
Text = Annotated[str | None, Query(max_length=60, pattern=r"^[^\x00]*$")]


class NoteBody(BaseModel):
    note: Note


class AuthorityBody(BaseModel):
    reference: Text60


class ScrapRow(BaseModel):
    id: UUID
    site: str
    sku: str
    owner: str
    stock_id: UUID
    quantity: Quantity
    reason: str
    bonded: bool
    authority_ref: str | None
    state: Literal["requested", "scrapped", "rejected"]
    requested_at: datetime
    decided_at: datetime | None
    posting_id: UUID | None


@router.put("/items/{id}/bill")
async def put_bill(id: UUID, body: BillBody, held: Held, who: Who) -> SetBill:
    """Set what a kit is made of."""
    who.need("bill.write")
    return await held.db.run(set_bill, SetBill(item_id=id, components=body.components), actor=who)


@router.get("/items/{id}/bill")
async def get_bill(id: UUID, held: Held, who: Who) -> SetBill:
    who.need("item.read")
    query = sa.select(trade_item.c.owner_id).where(trade_item.c.id == id)
    lines = sa.select(bill_line).where(bill_line.c.item_id == id).order_by(bill_line.c.component_id)
    async with held.db.read() as conn:
        row = (await conn.execute(query)).one_or_none()
        if row is None or (row.owner_id is not None and not who.owns(row.owner_id)):
            raise Refusal("not_found")
        parts = [Component(item_id=one.component_id, quantity=one.quantity) for one in await conn.execute(lines)]
    return SetBill(item_id=id, components=parts)


@router.post("/kits", status_code=201)
async def post_kits(command: MakeKits, held: Held, who: Who, key: IdempotencyKey = None) -> KitsMade:
    """Use up components and make kits, in one posting."""
    return await held.db.run(make_kits, command, actor=who, key=key)


@router.post("/kits/break", status_code=201)
async def post_break(command: BreakKits, held: Held, who: Who, key: IdempotencyKey = None) -> KitsMade:
    """Take kits apart."""
    return await held.db.run(break_kits, command, actor=who, key=key)


@router.get("/kits")
async def get_kits(
    held: Held,
    who: Who,
    site: Site = None,
    sku: Text = None,
    lot: Text = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[KitOrderRow]:
    """Kit orders, the newest first; with `sku` and `lot` those that used or made that lot."""
    who.need("stock.read", site)
    before = read_id(after) if after else None
    async with held.db.read() as conn:
        found = await find_kits(conn, who, site=site, sku=sku, lot_no=lot, before=before, limit=limit + 1)
    return page_of(found, limit, lambda row: str(row.id))


@router.get("/kits/{id}")
async def get_kit(id: UUID, held: Held, who: Who) -> KitOrderRow:
    who.need("stock.read")
    async with held.db.read() as conn:
        found = await find_kits(conn, who, id=id)
    if not found:
        raise Refusal("not_found")
    return found[0]


@router.post("/services", status_code=201)
async def post_service(command: AskService, held: Held, who: Who, key: IdempotencyKey = None) -> ServiceAsked:
    """Ask for labels, bundles and the like on a unit."""
    return await held.db.run(ask_service, command, actor=who, key=key)


@router.post("/scraps", status_code=201)
async def post_scrap(command: AskScrap, held: Held, who: Who, key: IdempotencyKey = None) -> ScrapChanged:
    """Set goods aside to be destroyed."""
    return await held.db.run(ask_scrap, command, actor=who, key=key)


@router.post("/scraps/{id}/authority")
async def post_authority(
    id: UUID, body: AuthorityBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ScrapChanged:
    """Store the authority's number."""
    return await held.db.run(store_authority, StoreAuthority(scrap_id=id, **body.model_dump()), actor=who, key=key)


@router.post("/scraps/{id}/approve")
async def post_approve_scrap(
    id: UUID, body: NoteBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ScrapChanged:
    return await held.db.run(approve_scrap, DecideScrap(scrap_id=id, note=body.note), actor=who, key=key)


@router.post("/scraps/{id}/reject")
async def post_reject_scrap(id: UUID, body: NoteBody, held: Held, who: Who, key: IdempotencyKey = None) -> ScrapChanged:
    return await held.db.run(reject_scrap, DecideScrap(scrap_id=id, note=body.note), actor=who, key=key)


@router.get("/scraps")
async def get_scraps(
    held: Held,
    who: Who,
    site: Site = None,
    state: Literal["requested", "scrapped", "rejected"] | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ScrapRow]:
    """The newest first."""
    who.need("stock.read", site)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(scrap_order, trade_item.c.sku, party.c.code.label("owner"))
        .join(stock, stock.c.id == scrap_order.c.stock_id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .join(party, party.c.id == scrap_order.c.owner_id)
        .order_by(scrap_order.c.id.desc())
        .limit(limit + 1)
    )
    for column, value in ((scrap_order.c.site, site), (scrap_order.c.state, state)):
        query = query.where(column == value) if value is not None else query
    if who.sites is not None:
        query = query.where(scrap_order.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(scrap_order.c.owner_id.in_(who.owners))
    if after is not None:
        query = query.where(scrap_order.c.id < read_id(after))
    async with held.db.read() as conn:
        found = [ScrapRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda row: str(row.id))
