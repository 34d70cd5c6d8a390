"""Inspection plans and quality checks over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import BaseModel

from wms.access.api import Who
from wms.catalog.tables import trade_item
from wms.inbound.bring_to_check import BringBody, BringToCheck, Brought, bring_to_check
from wms.inbound.record_check import CheckBody, CheckRecorded, RecordCheck, record_check
from wms.inbound.set_inspection_plan import InspectionPlanSet, SetInspectionPlan, set_inspection_plan
from wms.inbound.tables import inspection_plan, quality_check
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.stock.tables import lot
from wms.stock.wire import Quantity

router = APIRouter(prefix="/api/v1", tags=["quality"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]


class CheckRow(BaseModel):
    id: UUID
    site: str
    owner_id: UUID
    notice_id: UUID
    item_id: UUID
    sku: str
    lot: str | None
    state: str
    quantity: Quantity
    sample: int
    accept_number: int
    checked: int
    defects: int
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str | None


@router.put("/inspection-plans")
async def put_plan(command: SetInspectionPlan, held: Held, who: Who, key: IdempotencyKey = None) -> InspectionPlanSet:
    """Set which receipts are sampled."""
    who.need("quality.plan", command.site)
    if who.owners is not None:
        raise Refusal("not_allowed", right="quality.plan")
    return await held.db.run(set_inspection_plan, command, actor=who, key=key)


@router.get("/inspection-plans")
async def get_plans(
    held: Held, who: Who, site: Site = None, after: After = None, limit: Limit = 100
) -> Page[InspectionPlanSet]:
    who.need("quality.read", site)
    query = sa.select(inspection_plan).order_by(inspection_plan.c.id).limit(limit + 1)
    if site is not None:
        query = query.where(inspection_plan.c.site == site)
    if who.sites is not None:
        query = query.where(inspection_plan.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(sa.false())  # how an owner's supplier is sampled is the house's affair
    if after is not None:
        query = query.where(inspection_plan.c.id > read_id(after))
    async with held.db.read() as conn:
        found = [InspectionPlanSet.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


@router.get("/quality-checks")
async def get_checks(
    held: Held,
    who: Who,
    site: Site = None,
    state: Literal["open", "passed", "failed"] | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[CheckRow]:
    """Lots that wait for their sample, and what became of the others."""
    who.need("quality.read", site)
    query = _visible(who).order_by(quality_check.c.id).limit(limit + 1)
    if site is not None:
        query = query.where(quality_check.c.site == site)
    if state is not None:
        query = query.where(quality_check.c.state == state)
    if after is not None:
        query = query.where(quality_check.c.id > read_id(after))
    async with held.db.read() as conn:
        found = [CheckRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


@router.get("/quality-checks/{id}")
async def get_check(id: UUID, held: Held, who: Who) -> CheckRow:
    who.need("quality.read")
    async with held.db.read() as conn:
        row = (await conn.execute(_visible(who).where(quality_check.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return CheckRow.model_validate(dict(row._mapping))


@router.post("/quality-checks/{id}/bring")
async def post_bring(id: UUID, body: BringBody, held: Held, who: Who, key: IdempotencyKey = None) -> Brought:
    """Bring the goods of a check from the dock to a quality place."""
    who.need("quality.record")
    return await held.db.run(bring_to_check, BringToCheck(id=id, location=body.location), actor=who, key=key)


@router.post("/quality-checks/{id}/results")
async def post_result(id: UUID, body: CheckBody, held: Held, who: Who, key: IdempotencyKey = None) -> CheckRecorded:
    """Record what the sample showed; the lot passes or fails by its plan."""
    who.need("quality.record")
    return await held.db.run(record_check, RecordCheck(id=id, **dict(body)), actor=who, key=key)


def _visible(who: Actor) -> sa.Select[Any]:
    query = (
        sa.select(quality_check, trade_item.c.sku, lot.c.lot_no.label("lot"))
        .join(trade_item, trade_item.c.id == quality_check.c.item_id)
        .outerjoin(lot, lot.c.id == quality_check.c.lot_id)
    )
    if who.sites is not None:
        query = query.where(quality_check.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(quality_check.c.owner_id.in_(who.owners))
    return query
