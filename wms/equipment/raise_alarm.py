"""Raising an alarm: one open alarm a device, code and cause; a repeat counts instead of flooding the screen."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from wms.equipment.tables import alarm
from wms.kit.db import Tx


async def raise_alarm(tx: Tx, device: str, code: str, params: Mapping[str, str | int], at: datetime) -> None:
    """`device` is the address of a device, a gateway or a line."""
    same = sa.and_(
        alarm.c.device == device,
        alarm.c.code == code,
        alarm.c.params == dict(params),
        alarm.c.acknowledged_at.is_(None),
    )
    again = await tx.conn.execute(alarm.update().where(same).values(times=alarm.c.times + 1, at=at))
    if again.rowcount == 0:
        await tx.conn.execute(
            alarm.insert().values(id=tx.new_id(), device=device, code=code, params=dict(params), at=at, times=1)
        )
