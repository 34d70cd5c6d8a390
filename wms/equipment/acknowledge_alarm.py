"""Acknowledging an alarm: a person has seen it."""

from uuid import UUID

import sqlalchemy as sa

from wms.access.audit import audit
from wms.equipment.tables import alarm
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.sites.tables import site


async def acknowledge_alarm(tx: Tx, id: UUID) -> None:
    """Acknowledging twice is no error: the first name stays. Refuses `not_found`."""
    row = (await tx.conn.execute(sa.select(alarm).where(alarm.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    # Of a gateway or a line nobody has set up only the address says where it is.
    at = sa.select(site.c.code).where(sa.func.lower(site.c.code) == row.device.split("/")[0])
    tx.actor.need("alarm.acknowledge", await tx.conn.scalar(at) or "")
    if row.acknowledged_at is None:
        await tx.conn.execute(
            alarm.update().where(alarm.c.id == id).values(acknowledged_at=tx.now, acknowledged_by=tx.actor.name)
        )
        await audit(tx, "alarm.acknowledge", str(id), code=row.code)
