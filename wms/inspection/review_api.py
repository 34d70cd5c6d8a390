"""Reviewing over HTTP: take the next picture, look, decide."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from wms.access.api import Who
from wms.inspection.api import PNG, inspection_of
from wms.inspection.decide_review import DecideReview, Painted, decide_review, mark_painted
from wms.inspection.show_review import count_waiting, held_review, task_of
from wms.inspection.take_review import take_review
from wms.inspection.wire import Decide, Decided, TakenReview
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1/inspection", tags=["inspection"], responses=ERRORS)


@router.post("/reviews/take")
async def post_take(request: Request, held: Held, who: Who) -> TakenReview:
    """The next picture for me; asked again, the one I hold. Twenty minutes at a stretch, then a pause is forced."""
    who.need("review.do")
    who.need_owner(None)
    row = await held.db.run(take_review, None, actor=who)
    async with held.db.read() as conn:
        waiting = await count_waiting(conn, who, held.db.clock())
    if row is None:
        return TakenReview(review=None, waiting=waiting)
    shown = await inspection_of(request).show(held.db, row.scan_id, _seed(row.tip))
    return TakenReview(review=await task_of(held.db, held.seal, row, shown), waiting=waiting)


@router.get("/reviews/{id}/{picture}.png", response_class=Response, responses=PNG)
async def get_review_picture(
    id: UUID, picture: Literal["view", "volume"], request: Request, held: Held, who: Who
) -> Response:
    """The picture of the review that I hold."""
    who.need("review.do")
    async with held.db.read() as conn:
        row = await held_review(conn, who, id)
    shown = await inspection_of(request).show(held.db, row.scan_id, _seed(row.tip))
    data = shown.view if picture == "view" else (shown.volume.png if shown.volume is not None else None)
    if data is None:
        raise Refusal("not_found")
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, no-store"})


@router.post("/reviews/{id}/painted", status_code=204)
async def post_painted(id: UUID, held: Held, who: Who) -> None:
    """The picture stands on the screen: decision time counts from here."""
    who.need("review.do")
    await held.db.run(mark_painted, Painted(id), actor=who)


@router.post("/reviews/{id}/decide")
async def post_decide(
    id: UUID, body: Decide, request: Request, held: Held, who: Who, key: IdempotencyKey = None
) -> Decided:
    """Clear, suspect (with category and box), unreadable, or to the shift lead. After the deadline nothing is taken."""
    who.need("review.do")
    region = await _projected_region(id, request, held, who)
    command = DecideReview(id, body, region)
    return await held.db.run(decide_review, command, actor=who, key=key)


async def _projected_region(id: UUID, request: Request, held: Held, who: Who) -> list[float] | None:
    async with held.db.read() as conn:
        row = await held_review(conn, who, id, over=True)
    if row.tip is None:
        return None
    shown = await inspection_of(request).show(held.db, row.scan_id, _seed(row.tip))
    return [float(one) for one in shown.region] if shown.region is not None else None


def _seed(tip: dict[str, int] | None) -> int | None:
    return tip["seed"] if tip is not None else None
