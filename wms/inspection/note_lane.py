"""The diverter's word: where the parcel really went. It waits for nobody, so that a verdict may have come too late for it."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from wms.access.audit import audit
from wms.inspection.rules import Step
from wms.inspection.settle_scan import lock_scan, settle_scan
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal

Lane = Literal["R", "U", "S"]  # released, opening, scan again


@dataclass(frozen=True, slots=True)
class NoteLane:
    id: UUID
    lane: Lane


async def note_lane(tx: Tx, command: NoteLane) -> UUID:
    """What lies before the opening table is opened, whatever the verdict was; what passed unreleased is called back.

    Told again it changes nothing. Refuses `not_found`, and `parcel_not_holdable` for a parcel that left in a bag.
    """
    row = await lock_scan(tx, command.id)
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("scan.write", row.site)
    tx.actor.need_owner(None)
    astray = command.lane == "R" and row.state != "released"
    late = command.lane == "U" and row.state in ("open", "review", "rescan", "released") and row.timed_out_at is None
    if astray:
        await tell(tx, "inspection.went_astray", row.id, site=row.site, tid=row.tid, state=row.state)
        await audit(tx, "inspection.astray", str(row.id), tid=row.tid, state=row.state)
    if late or (astray and row.state in ("open", "review", "rescan")):
        await settle_scan(tx, row, Step("UNPACK", "too_late"), "timeout", timed_out_at=tx.now)
    return command.id
