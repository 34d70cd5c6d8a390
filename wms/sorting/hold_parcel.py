"""A hold has two halves that belong together: the parcel's mark and the line's directory."""

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.parcels.hold import ChangeHold, HoldChanged, change_hold
from wms.sorting.mark_directory import mark_directory


async def hold_parcel(tx: Tx, command: ChangeHold) -> HoldChanged:
    """Mark the parcel and have its bucket pushed to the lines of its site, in one transaction."""
    changed = await change_hold(tx, command)
    if changed.bucket is not None:
        await mark_directory(tx, changed.site, [changed.bucket])
    await audit(tx, "parcel.hold" if command.hold else "parcel.release", str(changed.parcel_id), note=command.note)
    return changed
