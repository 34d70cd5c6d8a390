"""The parcel under inspection: shut on the line and in stock until it is released.

A parcel is blocked as long as any of its scans still asks for something; a customs hold beside it is another matter and
stays when the block goes.
"""

from uuid import UUID

import sqlalchemy as sa

from wms.inspection.tables import BLOCKING_STATES, scan
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parcels.tables import parcel
from wms.sorting.mark_directory import mark_directory
from wms.stock.place_hold import PlaceHold
from wms.stock.place_holds import place_holds, release_holds
from wms.stock.tables import unit


async def block_parcel(tx: Tx, parcel_id: UUID, scan_id: UUID) -> UUID | None:
    """Shut the parcel for this scan; the id of the hold in stock, None while no unit of it is there.

    Refuses `parcel_not_holdable` for one in a closed bag: that bag has to be opened first.
    """
    row = (await tx.conn.execute(sa.select(parcel).where(parcel.c.id == parcel_id).with_for_update())).one()
    if row.state == "bagged":
        raise Refusal("parcel_not_holdable", state=row.state)
    await tx.conn.execute(parcel.update().where(parcel.c.id == parcel_id).values(blocked_by=scan_id))
    if row.bucket is not None:
        await mark_directory(tx, row.site, [row.bucket])
    if await tx.conn.scalar(sa.select(unit.c.id).where(unit.c.id == parcel_id)) is None:
        return None
    hold = PlaceHold(unit_id=parcel_id, reason="inspection", note=f"inspection {scan_id}")
    (id,) = await place_holds(tx, [hold], because=scan_id)
    return id


async def unblock_parcel(tx: Tx, parcel_id: UUID, scan_id: UUID) -> None:
    """Open the parcel again unless another scan of it still blocks; the scan itself must be settled before."""
    row = (await tx.conn.execute(sa.select(parcel).where(parcel.c.id == parcel_id).with_for_update())).one()
    other = await tx.conn.scalar(
        sa.select(scan.c.id)
        .where(scan.c.parcel_id == parcel_id, scan.c.id != scan_id, scan.c.state.in_(BLOCKING_STATES))
        .order_by(scan.c.id.desc())
        .limit(1)
    )
    await tx.conn.execute(parcel.update().where(parcel.c.id == parcel_id).values(blocked_by=other))
    if row.bucket is not None:
        await mark_directory(tx, row.site, [row.bucket])
    ended = sa.select(scan.c.hold_id).where(
        scan.c.parcel_id == parcel_id, scan.c.hold_id.is_not(None), scan.c.state.in_(("released", "rescan"))
    )
    ids = [id for id in await tx.conn.scalars(ended) if id is not None]
    await release_holds(tx, ids, f"released by inspection {scan_id}")
