"""Acknowledging an alarm: a person has seen it."""

from uuid import UUID

import sqlalchemy as sa

from wms.access.audit import audit
from wms.equipment.tables import alarm, line
from wms.kit.db import Tx
from wms.kit.refusal import Refusal


async def acknowledge_alarm(tx: Tx, id: UUID) -> None:
    """Acknowledging twice is no error: the first name stays. Refuses `not_found`."""
    row = (await tx.conn.execute(sa.select(alarm).where(alarm.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    path = "/".join(row.device.split("/")[:3])
    tx.actor.need("alarm.acknowledge", await tx.conn.scalar(sa.select(line.c.site).where(line.c.path == path)))
    if row.acknowledged_at is None:
        await tx.conn.execute(
            alarm.update().where(alarm.c.id == id).values(acknowledged_at=tx.now, acknowledged_by=tx.actor.name)
        )
        await audit(tx, "alarm.acknowledge", str(id), code=row.code)
