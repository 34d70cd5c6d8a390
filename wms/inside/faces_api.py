"""Pick faces, replenishment and safety stock over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from wms.access.api import Who
from wms.inside.find_faces import FaceRow, SafetyBreach, find_breaches, find_faces
from wms.inside.replenish import (
    ConfirmReplenishment,
    OpenDemand,
    Replenished,
    Trigger,
    Triggered,
    confirm,
    demand_key,
    trigger,
)
from wms.inside.set_faces import Kept, SetFaces, SetSafetyStock, set_faces, set_safety_stock
from wms.inside.wire import SiteCode, Text60
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of
from wms.kit.refusal import Refusal
from wms.stock.wire import PositiveQuantity

router = APIRouter(prefix="/api/v1", tags=["inside"], responses=ERRORS)
Site = Annotated[str, Query(max_length=8)]
_CUT = "\x1f"


class TriggerBody(BaseModel):
    site: SiteCode


class ConfirmBody(BaseModel):
    source: Text60
    item: Text60
    lot: Text60 | None = None
    quantity: PositiveQuantity
    face: Text60


@router.put("/pick-faces")
async def put_faces(command: SetFaces, held: Held, who: Who) -> Kept:
    """Set minimum and maximum of pick faces."""
    return await held.db.run(set_faces, command, actor=who)


@router.get("/pick-faces")
async def get_faces(held: Held, who: Who, site: Site, after: After = None, limit: Limit = 100) -> Page[FaceRow]:
    who.need("stock.read", site)
    cut = _cursor(after, 3)
    async with held.db.read() as conn:
        behind = (cut[0], cut[1], cut[2]) if cut else None
        found = await find_faces(conn, who, site, after=behind, limit=limit + 1)
    return page_of(found, limit, lambda row: _CUT.join((row.location, row.sku, row.owner)))


@router.put("/safety-stock")
async def put_safety(command: SetSafetyStock, held: Held, who: Who) -> Kept:
    return await held.db.run(set_safety_stock, command, actor=who)


@router.get("/safety-stock/breaches")
async def get_breaches(held: Held, who: Who, site: Site, after: After = None, limit: Limit = 100) -> Page[SafetyBreach]:
    """Articles of which less may be taken than the site shall always have."""
    who.need("stock.read", site)
    cut = _cursor(after, 2)
    async with held.db.read() as conn:
        found = await find_breaches(conn, who, site, after=(cut[0], cut[1]) if cut else None, limit=limit + 1)
    return page_of(found, limit, lambda row: _CUT.join((row.sku, row.owner)))


def _cursor(after: str | None, parts: int) -> list[str] | None:
    if after is None:
        return None
    cut = after.split(_CUT)
    if len(cut) != parts or "\x00" in after:
        raise Refusal("invalid_request", field="after")
    return cut


@router.post("/replenishments")
async def post_trigger(
    body: TriggerBody, request: Request, held: Held, who: Who, key: IdempotencyKey = None
) -> Triggered:
    """Look at every face of a site: a task for each that is low, or that open orders would empty."""
    who.need("replenish.plan", body.site)
    ask: OpenDemand = request.app.state.open_demand
    async with held.db.read() as conn:
        demand = await ask(conn, body.site)
    command = Trigger(site=body.site, demand={demand_key(*goods): wanted for goods, wanted in demand.items()})
    return await held.db.run(trigger, command, actor=who, key=key)


@router.post("/replenishments/{task_id}/confirm")
async def post_confirm(
    task_id: UUID, body: ConfirmBody, held: Held, who: Who, key: IdempotencyKey = None
) -> Replenished:
    """Say by scans what was brought to a face."""
    who.need("replenish.do")
    command = ConfirmReplenishment(task_id=task_id, **body.model_dump())
    return await held.db.run(confirm, command, actor=who, key=key)
