"""A parcel is opened: photographs, what was found, and either its release or its detention."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.access.audit import audit
from wms.inspection.rules import Step
from wms.inspection.settle_scan import lock_scan, settle_scan
from wms.inspection.tables import opening, scan
from wms.inspection.wire import RecordOpening
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal

MOST_PHOTOS = 20


@dataclass(frozen=True, slots=True)
class AddPhoto:
    id: UUID
    sha256: str


@dataclass(frozen=True, slots=True)
class EndOpening:
    id: UUID
    body: RecordOpening


async def add_photo(tx: Tx, command: AddPhoto) -> UUID:
    """Tie a stored photograph to its opening. Refuses `not_found`, `opening_over`, `too_many_photos`."""
    _, row = await _open(tx, command.id)
    if command.sha256 in row.photos:
        return command.id
    if len(row.photos) >= MOST_PHOTOS:
        raise Refusal("too_many_photos", limit=MOST_PHOTOS)
    photos = [*row.photos, command.sha256]
    await tx.conn.execute(opening.update().where(opening.c.id == row.id).values(photos=photos))
    return command.id


async def record_opening(tx: Tx, command: EndOpening) -> UUID:
    """End an opening: nothing found releases, anything else detains until customs decide.

    Refuses `not_found`, `opening_over`, `photo_missing`, `category_missing`.
    """
    at, row = await _open(tx, command.id)
    body = command.body
    if not row.photos:
        raise Refusal("photo_missing")
    if body.outcome != "nothing" and body.category is None:
        raise Refusal("category_missing", field="category")
    values: dict[str, Any] = {"state": "done", "closed_at": tx.now, **body.model_dump()}
    values |= {"opened_by": tx.actor.id, "opened_name": tx.actor.name}
    await tx.conn.execute(opening.update().where(opening.c.id == row.id).values(values))
    told: dict[str, Any] = {"outcome": body.outcome, "category": body.category, "photos": len(row.photos)}
    await tell(tx, "inspection.opening_recorded", at.id, site=at.site, **told)
    if body.outcome == "nothing":
        await settle_scan(tx, at, Step("RELEASE", "opened_clean"), "opening", opening_id=row.id)
    else:
        await tx.conn.execute(scan.update().where(scan.c.id == at.id).values(state="detained"))
    await audit(tx, "inspection.opening", str(at.id), seal_no=body.seal_no, **told)
    return command.id


async def _open(tx: Tx, id: UUID) -> tuple[Any, Any]:
    """The scan under its lock and the opening that still runs."""
    scan_id = await tx.conn.scalar(sa.select(opening.c.scan_id).where(opening.c.id == id))
    if scan_id is None:
        raise Refusal("not_found")
    at = await lock_scan(tx, scan_id)
    tx.actor.need("opening.do", at.site)
    tx.actor.need_owner(None)
    row = (await tx.conn.execute(sa.select(opening).where(opening.c.id == id).with_for_update())).one()
    if row.state != "open":
        raise Refusal("opening_over", tid=at.tid)
    return at, row
