"""Giving a verdict: the one place where a scan changes its state and its parcel opens, and where the next look is asked for.

The caller holds the scan's row lock. Verdicts are rows that are only added; each is told as a fact and written to the audit
trail.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.access.audit import audit
from wms.inspection.block_parcel import block_parcel, unblock_parcel
from wms.inspection.rules import Step
from wms.inspection.tables import opening, review, scan, verdict
from wms.kit.db import Tx
from wms.kit.facts import tell

_STATES = {"RELEASE": "released", "REVIEW": "review", "UNPACK": "unpack", "RESCAN": "rescan"}


async def lock_scan(tx: Tx, id: UUID) -> Any:
    """The scan's row under its lock, or None."""
    return (await tx.conn.execute(sa.select(scan).where(scan.c.id == id).with_for_update())).one_or_none()


async def settle_scan(
    tx: Tx,
    row: Any,
    step: Step,
    level: str,
    *,
    review_id: UUID | None = None,
    opening_id: UUID | None = None,
    reference: str | None = None,
    marks: Sequence[Sequence[float]] = (),
    **changes: Any,
) -> None:
    """Write the verdict and what follows from it. `changes` are further columns of the scan."""
    await _write_verdict(tx, row.id, step, level, review_id, opening_id, reference)
    await tx.conn.execute(scan.update().where(scan.c.id == row.id).values(state=_STATES[step.verdict], **changes))
    if step.verdict == "REVIEW":
        await ask_for_review(tx, row.id, step.level, for_lead=step.for_lead)
    else:
        await _end_reviews(tx, row.id, "expired" if level == "timeout" else "cancelled")
    if step.verdict == "UNPACK":
        await _ask_for_opening(tx, row.id, marks)
    else:
        live = sa.and_(opening.c.scan_id == row.id, opening.c.state == "open")
        await tx.conn.execute(opening.update().where(live).values(state="cancelled", closed_at=tx.now))
    await _move_parcel(tx, row, step)
    told = {"verdict": step.verdict, "level": level, "reason": step.reason, "tid": row.tid}
    await tell(tx, "inspection.verdict_given", row.id, site=row.site, **told)
    await audit(tx, "inspection.verdict", str(row.id), why=reference, **told)


async def _write_verdict(
    tx: Tx,
    scan_id: UUID,
    step: Step,
    level: str,
    review_id: UUID | None,
    opening_id: UUID | None,
    reference: str | None,
) -> None:
    values: dict[str, Any] = {
        "scan_id": scan_id,
        "verdict": step.verdict,
        "level": level,
        "reason": step.reason,
        "at": tx.now,
    }
    values |= {"review_id": review_id, "opening_id": opening_id, "reference": reference}
    values |= {"actor_id": tx.actor.id, "actor_name": tx.actor.name}
    await tx.conn.execute(verdict.insert().values(values))


async def ask_for_review(tx: Tx, scan_id: UUID, level: int, *, for_lead: bool = False, **values: Any) -> UUID:
    """Put a look at the scan into the queue."""
    id = tx.new_id()
    given = {"id": id, "scan_id": scan_id, "level": level, "for_lead": for_lead, "state": "open", "made_at": tx.now}
    await tx.conn.execute(review.insert().values(given | {"boxes": [], "tools": []} | values))
    return id


async def _end_reviews(tx: Tx, scan_id: UUID, state: str) -> None:
    live = sa.and_(review.c.scan_id == scan_id, review.c.state.in_(("open", "leased")))
    await tx.conn.execute(review.update().where(live).values(state=state, closed_at=tx.now))


async def _ask_for_opening(tx: Tx, scan_id: UUID, marks: Sequence[Sequence[float]]) -> None:
    there = sa.select(opening.c.id).where(opening.c.scan_id == scan_id, opening.c.state == "open")
    if await tx.conn.scalar(there) is None:
        values = {"id": tx.new_id(), "scan_id": scan_id, "state": "open", "made_at": tx.now}
        await tx.conn.execute(opening.insert().values(values | {"marks": [list(box) for box in marks], "photos": []}))


async def _move_parcel(tx: Tx, row: Any, step: Step) -> None:
    if row.parcel_id is None:
        return
    if step.verdict == "RELEASE":
        await unblock_parcel(tx, row.parcel_id, row.id)
    elif row.state == "released":  # customs call it back
        hold_id = await block_parcel(tx, row.parcel_id, row.id)
        await tx.conn.execute(scan.update().where(scan.c.id == row.id).values(hold_id=hold_id))
