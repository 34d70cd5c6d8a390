"""Giving up on events that nobody can send any more.

A gateway keeps events until they are acknowledged, so a hole fills by itself. It stays only when a gateway lost its disk.
After a long wait the lane goes on behind the hole, with an alarm that says how many are missing: late truth is better than
a line that is never followed again.
"""

import asyncio
from datetime import timedelta

import sqlalchemy as sa
import structlog

from wms.equipment.raise_alarm import raise_alarm
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx, is_outage
from wms.kit.inbox import INBOX_CHANNEL, event, lane

WAIT = timedelta(minutes=10)
_LOOK_EVERY_S = 30.0
_log = structlog.get_logger()


async def skip_old_gaps(tx: Tx, wait: timedelta) -> int:
    """Move each lane that has waited longer than `wait` behind its first hole; how many lanes moved."""
    waiting = await tx.conn.execute(
        sa.select(lane)
        .where(lane.c.highest_seq > lane.c.through_seq, lane.c.changed_at < tx.now - wait)
        .order_by(lane.c.dev, lane.c.boot)
        .with_for_update(skip_locked=True)
    )
    moved = 0
    for row in waiting.all():
        here = (event.c.dev == row.dev, event.c.boot == row.boot)
        next_seq = await tx.conn.scalar(sa.select(sa.func.min(event.c.seq)).where(*here, event.c.seq > row.through_seq))
        if next_seq is None:
            continue
        missing = next_seq - row.through_seq - 1
        await tx.conn.execute(
            lane.update()
            .where(lane.c.dev == row.dev, lane.c.boot == row.boot)
            .values(through_seq=next_seq, skipped=lane.c.skipped + missing)
        )
        await raise_alarm(tx, row.dev, "sequence_gap", {"missing": missing, "after": row.through_seq}, tx.now)
        moved += 1
    if moved:
        tx.notify.add(INBOX_CHANNEL)
    return moved


async def watch_gaps(db: Database) -> None:
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            await db.run(skip_old_gaps, WAIT, actor=SYSTEM)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("gaps_not_watched", error=repr(error)[:200])
