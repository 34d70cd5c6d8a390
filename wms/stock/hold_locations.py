"""Holds on many locations at once, as a stocktake needs them: one statement, however large the zone."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.stock.tables import hold


async def hold_locations(tx: Tx, location_ids: Sequence[UUID], *, note: str) -> None:
    """Hold what lies at these locations, for reason `count`. Who does it tells and audits it as one act."""
    rows = [
        {
            "id": tx.new_id(),
            "location_id": id,
            "reason": "count",
            "note": note,
            "placed_at": tx.now,
            "placed_by": tx.actor.name,
        }
        for id in location_ids
    ]
    if rows:
        await tx.conn.execute(hold.insert(), rows)


async def free_locations(tx: Tx, location_ids: Sequence[UUID], *, note: str) -> None:
    """Release what `hold_locations` placed with this note, and no other hold."""
    mine = sa.and_(
        hold.c.location_id == sa.any_(sa.cast(list(location_ids), ARRAY(sa.Uuid))),
        hold.c.note == note,
        hold.c.released_at.is_(None),
    )
    await tx.conn.execute(
        hold.update().where(mine).values(released_at=tx.now, released_by=tx.actor.name, release_note=note)
    )
