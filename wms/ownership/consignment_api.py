"""Consignment and VMI over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.ownership.call_off import call_off_below_min, close_call_off
from wms.ownership.create_consignment import create_consignment, end_consignment
from wms.ownership.find_consignments import find_consignments, find_pulls, find_settlement, find_states, record_of
from wms.ownership.pull_consigned import pull_consigned
from wms.ownership.wire import (
    CalledOff,
    ConsignmentRecord,
    ConsignmentState,
    CreateConsignment,
    Pull,
    PullBody,
    Pulled,
    PullRecord,
    SettlementLine,
)

router = APIRouter(prefix="/api/v1", tags=["ownership"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]


@router.post("/consignments", status_code=201)
async def post_consignment(
    body: CreateConsignment, held: Held, who: Who, key: IdempotencyKey = None
) -> ConsignmentRecord:
    """Agree that a supplier's goods lie at a site until the buyer pulls them."""
    who.need("consignment.write")
    return await held.db.run(create_consignment, body, actor=who, key=key)


@router.get("/consignments")
async def get_consignments(
    held: Held, who: Who, site: Site = None, after: After = None, limit: Limit = 100
) -> Page[ConsignmentRecord]:
    who.need("consignment.read", site)
    async with held.db.read() as conn:
        return await find_consignments(conn, who, site=site, after=after, limit=limit)


@router.get("/consignments/breaches")
async def get_breaches(
    held: Held, who: Who, site: Site = None, after: After = None, limit: Limit = 100
) -> Page[ConsignmentState]:
    """Lines below their minimum or above their maximum."""
    who.need("consignment.read", site)
    async with held.db.read() as conn:
        return await find_states(conn, who, site=site, breached=True, after=after, limit=limit)


@router.get("/consignments/{id}")
async def get_consignment(id: UUID, held: Held, who: Who) -> ConsignmentRecord:
    who.need("consignment.read")
    async with held.db.read() as conn:
        return await record_of(conn, who, id)


@router.get("/consignments/{id}/lines")
async def get_consignment_lines(
    id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100
) -> Page[ConsignmentState]:
    """What is agreed, on hand and called off."""
    who.need("consignment.read")
    async with held.db.read() as conn:
        await record_of(conn, who, id)
        return await find_states(conn, who, consignment_id=id, after=after, limit=limit)


@router.post("/consignments/{id}/end")
async def post_end(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ConsignmentRecord:
    who.need("consignment.write")
    return await held.db.run(end_consignment, id, actor=who, key=key)


@router.post("/consignments/{id}/pulls", status_code=201)
async def post_pull(id: UUID, body: PullBody, held: Held, who: Who, key: IdempotencyKey = None) -> Pulled:
    """Goods change owner where they lie, and settlement lines say what is owed."""
    who.need("consignment.pull")
    command = Pull(id=id, reference=body.reference, lines=body.lines)
    return await held.db.run(pull_consigned, command, actor=who, key=key)


@router.get("/consignments/{id}/pulls")
async def get_pulls(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[PullRecord]:
    who.need("consignment.read")
    async with held.db.read() as conn:
        return await find_pulls(conn, who, id, after, limit)


@router.get("/consignment-pulls/{id}/settlement")
async def get_settlement(
    id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100
) -> Page[SettlementLine]:
    who.need("consignment.read")
    async with held.db.read() as conn:
        return await find_settlement(conn, who, id, after, limit)


@router.post("/consignments/{id}/call-offs", status_code=201)
async def post_call_off(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> CalledOff:
    """Ask the supplier to fill up what is below its minimum."""
    who.need("consignment.pull")
    return await held.db.run(call_off_below_min, id, actor=who, key=key)


@router.post("/call-offs/{id}/close")
async def post_close_call_off(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> CalledOff:
    who.need("consignment.pull")
    return await held.db.run(close_call_off, id, actor=who, key=key)
