"""Parcels of closed bags: state `bagged`, out of the directory."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.parcels.tables import parcel
from wms.sorting.mark_directory import mark_directory
from wms.stock.tables import unit


async def seal_bags(tx: Tx, site: str, bag_ids: Sequence[UUID]) -> None:
    inside = sa.select(unit.c.id).where(unit.c.place_id.in_(bag_ids), unit.c.kind == "parcel")
    rows = await tx.conn.execute(
        parcel.update()
        .where(parcel.c.id.in_(inside))
        .values(state="bagged", state_at=tx.now)
        .returning(parcel.c.bucket)
    )
    await mark_directory(tx, site, [row.bucket for row in rows if row.bucket is not None])
