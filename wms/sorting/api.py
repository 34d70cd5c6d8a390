"""Sort plans, holds and bags over HTTP."""

from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import BaseModel, Field

from devices.contract.sort_table import Roles, SortPlan, SortRule
from wms.access.api import Who
from wms.equipment.tables import line
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.refusal import Refusal
from wms.parcels.hold import ChangeHold, HoldChanged
from wms.sorting.close_bag import BagClosed, CloseBag, close_bag
from wms.sorting.hold_parcel import hold_parcel
from wms.sorting.set_plan import SetPlan, set_plan
from wms.sorting.tables import sort_plan

router = APIRouter(prefix="/api/v1", responses=ERRORS)


class PlanBody(BaseModel):
    based_on: int = Field(ge=0)
    max_passes: int = Field(ge=0, le=99)
    rules: list[SortRule] = Field(min_length=1, max_length=1000)
    roles: Roles


class HoldBody(BaseModel):
    hold: bool
    note: str = Field(min_length=1, max_length=200)


@router.get("/lines/{site_name}/{area}/{name}/plan", tags=["line"])
async def get_plan(site_name: str, area: str, name: str, held: Held, who: Who) -> SortPlan:
    """The sort plan in force."""
    who.need("line.read")
    path = f"{site_name}/{area}/{name}"
    query = (
        sa.select(line.c.site, sort_plan.c.document)
        .join(sort_plan, sa.and_(sort_plan.c.line == line.c.path, sort_plan.c.version == line.c.plan_version))
        .where(line.c.path == path)
    )
    async with held.db.read() as conn:
        row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("unknown_line", line=path)
    who.need("line.read", row.site, absent=Refusal("unknown_line", line=path))
    return SortPlan.model_validate(row.document)


@router.put("/lines/{site_name}/{area}/{name}/plan", tags=["line"])
async def put_plan(site_name: str, area: str, name: str, body: PlanBody, held: Held, who: Who) -> SortPlan:
    who.need("plan.write")
    path = f"{site_name}/{area}/{name}"
    async with held.db.read() as conn:
        at = await conn.scalar(sa.select(line.c.site).where(line.c.path == path))
    if at is None:
        raise Refusal("unknown_line", line=path)
    who.need("plan.write", at, absent=Refusal("unknown_line", line=path))
    command = SetPlan(line=path, based_on=body.based_on, max_passes=body.max_passes, rules=body.rules, roles=body.roles)
    return await held.db.run(set_plan, command, actor=who)


@router.post("/parcels/{id}/hold", tags=["parcel"])
async def post_hold(id: UUID, body: HoldBody, held: Held, who: Who, key: IdempotencyKey = None) -> HoldChanged:
    """Set or lift a customs hold; the line obeys as soon as the bucket reaches its gateway."""
    who.need("parcel.hold")
    command = ChangeHold(parcel_id=id, hold=body.hold, note=body.note)
    return await held.db.run(hold_parcel, command, actor=who, key=key)


@router.post("/bags/{id}/close", tags=["bag"])
async def post_close_bag(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> BagClosed:
    who.need("bag.close")
    command = CloseBag(bag_id=id, company_prefix=held.company_prefix)
    return await held.db.run(close_bag, command, actor=who, key=key)
