"""Taking the next picture: of any site the reviewer may see, the most urgent first, and among equally urgent ones by lot.

Nobody chooses what they look at, and nobody gets what another has or what they looked at before.
"""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from wms.access.audit import audit
from wms.inspection.rules import LEASE, Stretch, look_on, may_project
from wms.inspection.tables import review, review_shift, scan, scanner
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal

_SEEDS = 2**31
_TAKING = 0x6B6F  # any constant: the first half of the lock that one person's takes share
_WINDOW = timedelta(seconds=30)  # deadlines this near count as equal, and the lot decides
_EPOCH = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


async def take_review(tx: Tx, _: None) -> Any | None:
    """Lease the next review to the actor; its row with the scan's, or None. Refuses `review_pause` after 20 minutes."""
    # Two calls of one person wait for each other: both would find nothing held and take a picture each.
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_TAKING, sa.func.hashtext(str(tx.actor.id)))))
    mine = await _held(tx)
    if mine is not None:
        return mine
    await _keep_stretch(tx)
    found = await _next(tx)
    if found is None:
        return None
    values: dict[str, Any] = {"state": "leased", "leased_by": tx.actor.id, "leased_name": tx.actor.name}
    values |= {"leased_at": tx.now, "lease_until": min(tx.now + LEASE, found.deadline_at), "painted_at": None}
    if found.tip is None and (share := await _tip_share(tx, found)):
        values["tip"] = {"seed": int(found.draw_tip / share * _SEEDS)}
    await tx.conn.execute(review.update().where(review.c.id == found.id).values(values))
    await tell(tx, "inspection.review_taken", found.scan_id, site=found.site, level=found.level)
    await audit(tx, "inspection.take", str(found.scan_id), review=str(found.id), level=found.level)
    return await _held(tx)


def _joined() -> sa.Select[Any]:
    columns = [
        scan.c[name] for name in ("site", "deadline_at", "alarmed", "draw_tip", "parcel_id", "machine", "no_model")
    ]
    return sa.select(review, *columns).join(scan, scan.c.id == review.c.scan_id)


async def _held(tx: Tx) -> Any | None:
    """What the actor holds already. A lease that ran out on the same person goes on: nobody else took it."""
    query = _joined().where(review.c.leased_by == tx.actor.id, review.c.state == "leased", scan.c.deadline_at > tx.now)
    return (await tx.conn.execute(query)).one_or_none()


async def _next(tx: Tx) -> Any | None:
    looked = sa.select(sa.literal(1)).select_from(other := review.alias())
    before = looked.where(
        other.c.scan_id == review.c.scan_id,
        other.c.leased_by == tx.actor.id,
        other.c.state == "done",
        other.c.tip.is_(None),
    )
    ran_out = sa.and_(review.c.state == "leased", review.c.lease_until < tx.now)
    query = (
        _joined()
        .where(sa.or_(review.c.state == "open", ran_out), scan.c.deadline_at > tx.now, ~before.exists())
        .order_by(sa.func.date_bin(_WINDOW, scan.c.deadline_at, _EPOCH), scan.c.draw_order, review.c.id)
        .limit(1)
        .with_for_update(of=review, skip_locked=True)
    )
    if tx.actor.sites is not None:
        query = query.where(scan.c.site.in_(sorted(tx.actor.sites)))
    if not tx.actor.may("review.lead"):
        query = query.where(review.c.for_lead.is_(False))
    # A stale lease of the actor's own would collide with the new one: it is given back first.
    await tx.conn.execute(
        review.update()
        .where(review.c.leased_by == tx.actor.id, review.c.state == "leased")
        .values(state="open", leased_by=None, leased_name=None, lease_until=None, painted_at=None)
    )
    return (await tx.conn.execute(query)).one_or_none()


async def _keep_stretch(tx: Tx) -> None:
    row = (
        await tx.conn.execute(sa.select(review_shift).where(review_shift.c.person_id == tx.actor.id).with_for_update())
    ).one_or_none()
    stretch = look_on(Stretch(row.began_at, row.last_at) if row is not None else None, tx.now)
    if isinstance(stretch, datetime):
        minutes = max(1, -int(-(stretch - tx.now).total_seconds() // 60))
        raise Refusal("review_pause", until=stretch.isoformat(), minutes=minutes)


async def note_look(tx: Tx) -> None:
    """Count this instant into the reviewer's stretch. An empty queue is rest: only pictures count."""
    row = (await tx.conn.execute(sa.select(review_shift).where(review_shift.c.person_id == tx.actor.id))).one_or_none()
    stretch = look_on(Stretch(row.began_at, row.last_at) if row is not None else None, tx.now)
    values = {"last_at": tx.now}  # the last picture of a stretch is still decided
    if isinstance(stretch, Stretch):
        values["began_at"] = stretch.began_at
    if row is None:
        await tx.conn.execute(review_shift.insert().values(person_id=tx.actor.id, **values))
    else:
        await tx.conn.execute(review_shift.update().where(review_shift.c.person_id == tx.actor.id).values(values))


async def _tip_share(tx: Tx, row: Any) -> float:
    """The scanner's share of projections where this look gets one, else 0."""
    machine = sa.select(scanner).join(scan, scan.c.scanner_id == scanner.c.id).where(scan.c.id == row.scan_id)
    at = (await tx.conn.execute(machine)).one()
    if not at.calibration.get("composite"):
        return 0.0
    query = sa.select(sa.func.count()).where(review.c.scan_id == row.scan_id, review.c.id != row.id)
    seen, left = bool(await tx.conn.scalar(query)), row.deadline_at - tx.now
    drawn = row.draw_tip < at.tip_share
    may = may_project(level=row.level, alarmed=row.alarmed, seen_before=seen, drawn=drawn, left=left)
    return float(at.tip_share) if may else 0.0
