"""Releasing what an excursion blocked, when a person judged that the goods are still good. What is not stays on other holds."""

import sqlalchemy as sa

from wms.access.audit import audit
from wms.coldchain.tables import excursion, excursion_lot
from wms.coldchain.wire import ExcursionReleased, ReleaseExcursion
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.place_holds import release_holds


async def release_excursion(tx: Tx, command: ReleaseExcursion) -> ExcursionReleased:
    """Release all holds of an excursion. Refuses `not_found`, `excursion_lasts`, `excursion_released`."""
    row = (
        await tx.conn.execute(sa.select(excursion).where(excursion.c.id == command.id).with_for_update())
    ).one_or_none()
    if row is None or tx.actor.owners is not None:  # the goods of several owners are not one owner's to release
        raise Refusal("not_found")
    tx.actor.need("excursion.release", row.site)
    if row.released_at is not None:
        raise Refusal("excursion_released")
    if row.ended_at is None and row.withdrawn_at is None:
        raise Refusal("excursion_lasts")
    holds = await tx.conn.scalars(sa.select(excursion_lot.c.hold_id).where(excursion_lot.c.excursion_id == command.id))
    count = await release_holds(tx, list(holds), command.note)
    released = excursion.update().where(excursion.c.id == command.id)
    await tx.conn.execute(released.values(released_at=tx.now, released_by=tx.actor.name))
    await tell(tx, "excursion.released", command.id, site=row.site, holds=count)
    await audit(tx, "excursion.release", str(command.id), note=command.note, holds=count)
    return ExcursionReleased(id=command.id, holds=count)
