"""Put-away over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from wms.access.api import Who
from wms.kit.db import Tx
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.putaway.confirm import ConfirmPutaway, PutAway, confirm_putaway
from wms.putaway.cross_dock import AskCrossDock, ask_cross_dock
from wms.putaway.propose import Proposal, Propose, propose
from wms.putaway.rules import STEPS
from wms.putaway.set_strategy import SetChain, SetFixedPlaces, Step, set_chain, set_fixed_places
from wms.putaway.tables import cross_dock_demand, putaway_chain
from wms.stock.move_stock import CustomsStatus
from wms.stock.tables import location
from wms.stock.wire import PositiveQuantity, Quantity

router = APIRouter(prefix="/api/v1", tags=["putaway"], responses=ERRORS)


class ChainBody(BaseModel):
    steps: Annotated[list[Step], Field(min_length=1, max_length=6)]


class FixedBody(BaseModel):
    locations: list[Annotated[str, Field(max_length=60)]] = Field(max_length=100)


class DemandBody(BaseModel):
    """`demand_id`: what waits; goods that reach the `lane` are reserved for it."""

    site: str = Field(max_length=8)
    item_id: UUID
    owner_id: UUID
    customs_status: CustomsStatus
    demand_id: UUID
    lane: str = Field(max_length=60)
    quantity: PositiveQuantity
    due_at: AwareDatetime | None = None


class DemandAsked(BaseModel):
    id: UUID


class DemandRow(BaseModel):
    id: UUID
    site: str
    item_id: UUID
    owner_id: UUID
    customs_status: str
    demand_id: UUID
    lane: str
    wanted: Quantity
    promised: Quantity
    due_at: datetime | None


@router.post("/putaway/propose")
async def post_propose(command: Propose, held: Held, who: Who, key: IdempotencyKey = None) -> Proposal:
    """Where goods go, best place first, and why the others take nothing."""
    who.need("putaway.do")
    return await held.db.run(propose, command, actor=who, key=key)


@router.post("/putaway/confirm")
async def post_confirm(command: ConfirmPutaway, held: Held, who: Who, key: IdempotencyKey = None) -> PutAway:
    """Put away by scans."""
    who.need("putaway.do")
    return await held.db.run(confirm_putaway, command, actor=who, key=key)


@router.get("/sites/{site}/putaway-chain")
async def get_chain(site: str, held: Held, who: Who) -> ChainBody:
    """The steps of a site's strategy; those of the house until the site sets its own."""
    who.need("notice.read", site)
    async with held.db.read() as conn:
        kept = await conn.scalar(sa.select(putaway_chain.c.steps).where(putaway_chain.c.site == site))
    return ChainBody.model_validate({"steps": kept or list(STEPS)})


@router.put("/sites/{site}/putaway-chain")
async def put_chain(site: str, body: ChainBody, held: Held, who: Who, key: IdempotencyKey = None) -> SetChain:
    who.need("putaway.plan", site)
    return await held.db.run(set_chain, SetChain.model_construct(site=site, steps=body.steps), actor=who, key=key)


@router.put("/sites/{site}/fixed-places/{item_id}")
async def put_fixed_places(
    site: str, item_id: UUID, body: FixedBody, held: Held, who: Who, key: IdempotencyKey = None
) -> SetFixedPlaces:
    who.need("putaway.plan", site)
    command = SetFixedPlaces.model_construct(site=site, item_id=item_id, locations=body.locations)
    return await held.db.run(set_fixed_places, command, actor=who, key=key)


@router.post("/cross-dock-demands", status_code=201)
async def post_demand(body: DemandBody, held: Held, who: Who, key: IdempotencyKey = None) -> DemandAsked:
    """Let a demand wait for goods that are still to come: they go to its lane and are never put away."""
    who.need("putaway.plan", body.site)
    who.need_owner(body.owner_id)
    return await held.db.run(_ask, body, actor=who, key=key)


async def _ask(tx: Tx, body: DemandBody) -> DemandAsked:
    lane_id = await tx.conn.scalar(
        sa.select(location.c.id).where(
            location.c.site == body.site, location.c.name == body.lane, location.c.kind == "staging"
        )
    )
    if lane_id is None:
        raise Refusal("unknown_location", location=body.lane, field="lane")
    if not await tx.conn.scalar(sa.select(party.c.id).where(party.c.id == body.owner_id)):
        raise Refusal("not_found")
    asked = AskCrossDock(
        site=body.site,
        item_id=body.item_id,
        owner_id=body.owner_id,
        customs_status=body.customs_status,
        demand_id=body.demand_id,
        lane_id=lane_id,
        quantity=body.quantity,
        due_at=body.due_at,
    )
    [id] = await ask_cross_dock(tx, [asked])
    return DemandAsked(id=id)


@router.get("/cross-dock-demands")
async def get_demands(
    held: Held, who: Who, site: str | None = None, after: After = None, limit: Limit = 100
) -> Page[DemandRow]:
    """What waits for goods, and how much of it is on its way to the lane."""
    who.need("notice.read", site)
    query = sa.select(cross_dock_demand, location.c.name.label("lane")).join(
        location, location.c.id == cross_dock_demand.c.lane_id
    )
    if site is not None:
        query = query.where(cross_dock_demand.c.site == site)
    if who.sites is not None:
        query = query.where(cross_dock_demand.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(cross_dock_demand.c.owner_id.in_(who.owners))
    if after is not None:
        query = query.where(cross_dock_demand.c.id > read_id(after))
    async with held.db.read() as conn:
        rows = await conn.execute(query.order_by(cross_dock_demand.c.id).limit(limit + 1))
        found = [DemandRow.model_validate(dict(row._mapping)) for row in rows]
    return page_of(found, limit, lambda one: str(one.id))
