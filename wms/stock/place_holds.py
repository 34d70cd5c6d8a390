"""Holds that a law places and not a person: many at once, in one statement. The caller answers for the right to do so."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.stock.place_hold import PlaceHold
from wms.stock.tables import hold


async def place_holds(tx: Tx, commands: Sequence[PlaceHold], *, because: UUID) -> list[UUID]:
    """Place holds for one reason; their ids, in order. Tells `stock.held` about `because` once a site and owner."""
    ids = [tx.new_id() for _ in commands]
    if not ids:
        return []
    rows = [
        {"id": id, "placed_at": tx.now, "placed_by": tx.actor.name, **command.model_dump()}
        for id, command in zip(ids, commands, strict=True)
    ]
    await tx.conn.execute(hold.insert(), rows)
    for (site, owner_id), count in Counter((command.site, command.owner_id) for command in commands).items():
        await tell(tx, "stock.held", because, site=site, owner_id=owner_id, reason=commands[0].reason, holds=count)
    return ids


async def release_holds(tx: Tx, ids: Sequence[UUID], note: str) -> int:
    """Release those of the holds that are still active; how many."""
    if not ids:
        return 0
    wanted = hold.c.id == sa.any_(sa.literal(list(ids), ARRAY(sa.Uuid)))
    active = hold.update().where(wanted, hold.c.released_at.is_(None))
    done = await tx.conn.execute(
        active.values(released_at=tx.now, released_by=tx.actor.name, release_note=note).returning(
            hold.c.site, hold.c.owner_id
        )
    )
    told = Counter((row.site, row.owner_id) for row in done)
    for (site, owner_id), count in told.items():
        await tell(tx, "stock.hold_released", min(ids), site=site, owner_id=owner_id, holds=count)
    return sum(told.values())
