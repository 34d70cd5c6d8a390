"""A reviewer decides. What counts is who held the picture, that it was on the screen, and that the belt still waited."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.access.audit import audit
from wms.inspection.complete_scan import count_rescans
from wms.inspection.rules import LEASE, Step, after_first, after_second, hits
from wms.inspection.settle_scan import ask_for_review, lock_scan, settle_scan
from wms.inspection.tables import review, scanner
from wms.inspection.take_review import note_look
from wms.inspection.wire import Decide, Decided, Projection
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class DecideReview:
    """`region`: where the threat lay that was projected onto this look, if any."""

    id: UUID
    body: Decide
    region: list[float] | None = None


@dataclass(frozen=True, slots=True)
class Painted:
    id: UUID


async def mark_painted(tx: Tx, command: Painted) -> None:
    """The picture is on the screen; the first time counts. Renews the lease. Refuses as `decide_review`."""
    row, shown = await _held(tx, command.id)
    until = min(tx.now + LEASE, row.deadline_at)
    values = {"lease_until": until, "painted_at": shown.painted_at or tx.now}
    await tx.conn.execute(review.update().where(review.c.id == shown.id).values(values))


async def decide_review(tx: Tx, command: DecideReview) -> Decided:
    """Write the decision and what follows.

    Refuses `not_found`, `review_not_yours`, `review_over` (decided, expired, or past the deadline), `review_unseen`,
    `box_missing`.
    """
    row, shown = await _held(tx, command.id)
    body = command.body
    if shown.painted_at is None:
        raise Refusal("review_unseen", tid=row.tid)
    if body.decision == "suspect" and (not body.boxes or body.category is None):
        raise Refusal("box_missing", field="boxes" if not body.boxes else "category")
    await note_look(tx)
    values: dict[str, Any] = {"state": "done", "closed_at": tx.now, **body.model_dump()}
    if shown.tip is not None:
        return await _end_projection(tx, row, shown, command, values)
    await tx.conn.execute(review.update().where(review.c.id == shown.id).values(values))
    rescans = await count_rescans(tx, row)
    if shown.level == 1:
        step = after_first(body.decision, alarmed=row.alarmed, drawn=await _drawn(tx, row), rescans=rescans)
    else:
        step = after_second(body.decision, rescans=rescans)
    told = {"level": shown.level, "decision": body.decision, "category": body.category}
    await tell(tx, "inspection.review_decided", row.id, site=row.site, **told)
    await _settle(tx, row, shown, step, body)
    return Decided(verdict=step.verdict, reason=step.reason)


async def _settle(tx: Tx, row: Any, shown: Any, step: Step, body: Decide) -> None:
    level = "reviewer" if shown.level == 1 else "second"
    await settle_scan(tx, row, step, level, review_id=shown.id, marks=body.boxes)


async def _end_projection(tx: Tx, row: Any, shown: Any, command: DecideReview, values: dict[str, Any]) -> Decided:
    """A projection decides nothing: it is taken away, and the same person looks at the real picture next."""
    region = command.region  # None: it found no visible place, so that nobody could have seen it
    seen = region is not None and command.body.decision in ("suspect", "escalate") and hits(command.body.boxes, region)
    values |= {"tip": shown.tip | {"region": region}, "tip_hit": seen if region is not None else None}
    await tx.conn.execute(review.update().where(review.c.id == shown.id).values(values))
    lease: dict[str, Any] = {
        "state": "leased",
        "leased_by": tx.actor.id,
        "leased_name": tx.actor.name,
        "leased_at": tx.now,
    }
    await ask_for_review(tx, row.id, shown.level, **lease, lease_until=min(tx.now + LEASE, row.deadline_at))
    told = Projection(hit=seen, region=region) if region is not None else None
    await tell(tx, "inspection.projection_ended", row.id, site=row.site, hit=seen)
    await audit(tx, "inspection.projection", str(row.id), hit=seen, decision=command.body.decision)
    return Decided(verdict=None, reason="projected", projection=told)


async def _drawn(tx: Tx, row: Any) -> bool:
    share = await tx.conn.scalar(sa.select(scanner.c.second_share).where(scanner.c.id == row.scanner_id))
    return bool(row.draw_second < (share or 0.0))


async def _held(tx: Tx, id: UUID) -> tuple[Any, Any]:
    """The scan under its lock and the review that the actor holds of it."""
    scan_id = await tx.conn.scalar(sa.select(review.c.scan_id).where(review.c.id == id))
    if scan_id is None:
        raise Refusal("not_found")
    row = await lock_scan(tx, scan_id)
    tx.actor.need("review.do", row.site)
    shown = (await tx.conn.execute(sa.select(review).where(review.c.id == id).with_for_update())).one()
    if shown.leased_by != tx.actor.id:
        raise Refusal("review_not_yours", tid=row.tid)
    if shown.state != "leased" or row.state != "review" or tx.now >= row.deadline_at:
        raise Refusal("review_over", tid=row.tid)
    return row, shown
