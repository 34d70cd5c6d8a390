"""Giving up on events that nobody can send any more.

A gateway keeps events until they are acknowledged, so a hole fills by itself. It stays only when a gateway lost its disk.
After a long wait the lane goes on behind the hole, with an alarm that says how many are missing: late truth is better than
a line that is never followed again. A hole is as old as the first event stored behind it, however busy the lane is.
"""

import asyncio
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog

from wms.equipment.raise_alarm import raise_alarm
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx, is_outage
from wms.kit.inbox import INBOX_CHANNEL, event, lane
from wms.workers.end_of_run import end_of_run

WAIT = timedelta(minutes=10)
_LOOK_EVERY_S = 30.0
_log = structlog.get_logger()


async def skip_old_gaps(tx: Tx, wait: timedelta) -> int:
    """Move each lane behind its holes older than `wait`; how many lanes moved."""
    waiting = await tx.conn.execute(
        sa.select(lane)
        .where(lane.c.highest_seq > lane.c.through_seq)
        .order_by(lane.c.dev, lane.c.boot)
        .with_for_update(skip_locked=True)
    )
    moved = 0
    for row in waiting.all():
        through, missing = await _behind_old_holes(tx, row.dev, row.boot, row.through_seq, tx.now - wait)
        if missing == 0:
            continue
        await tx.conn.execute(
            lane.update()
            .where(lane.c.dev == row.dev, lane.c.boot == row.boot)
            .values(through_seq=through, skipped=lane.c.skipped + missing, changed_at=tx.now)
        )
        await raise_alarm(tx, row.dev, "sequence_gap", {"missing": missing, "after": row.through_seq}, tx.now)
        moved += 1
    if moved:
        tx.notify.add(INBOX_CHANNEL)
    return moved


async def _behind_old_holes(tx: Tx, dev: str, boot: str, through: int, before: datetime) -> tuple[int, int]:
    """The new end of a lane, and how many numbers were given up to reach it."""
    missing = 0
    while True:
        behind = sa.select(event.c.seq, event.c.received_at).where(
            event.c.dev == dev, event.c.boot == boot, event.c.seq > through
        )
        first = (await tx.conn.execute(behind.order_by(event.c.seq).limit(1))).one_or_none()
        if first is None or first.received_at > before:
            return through, missing
        missing += first.seq - through - 1
        through, _ = await end_of_run(tx, dev, boot, first.seq)


async def watch_gaps(db: Database) -> None:
    """Look until cancelled. After a start nothing is given up at first: what came while nobody listened is on its way."""
    await asyncio.sleep(WAIT.total_seconds())
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            await db.run(skip_old_gaps, WAIT, actor=SYSTEM)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("gaps_not_watched", error=repr(error)[:200])
