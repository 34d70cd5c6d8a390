"""The reaction loop: takes stored events lane by lane, in order, and lets the slices act on them.

One transaction a lane and batch: rows, outbox and the lane's `handled_seq` commit together, so a crash repeats nothing.
When a batch fails, its events are taken one by one; the one that cannot be taken is kept, marked with its code, and does
not block the lane.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
import structlog

from devices.contract.events import EVENT_TYPES, Alarm
from wms.equipment.raise_alarm import raise_alarm
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx, is_outage
from wms.kit.inbox import INBOX_CHANNEL, event, lane
from wms.kit.listen import Listener
from wms.sorting.follow_line import Report
from wms.sorting.react import take_reports

LIVE_CHANNEL = "kouan_live"
_BATCH = 200
_log = structlog.get_logger()


class Reactor:
    def __init__(self, db: Database, company_prefix: str) -> None:
        self._db = db
        self._company_prefix = company_prefix

    async def run(self, listener: Listener) -> None:
        """React until cancelled; wakes on a notification and at the latest after a second."""
        while True:
            try:
                if not await self.drain():
                    await listener.wait(INBOX_CHANNEL, 1.0)
            except Exception as error:
                if not is_outage(error):
                    raise
                _log.warning("react_waits_for_database", error=str(error)[:200])
                await asyncio.sleep(0.5)

    async def drain(self) -> int:
        """Handle one round of pending lanes; the number of events handled."""
        handled = 0
        for dev, boot in await self._pending():
            handled += await self._handle_lane(dev, boot)
        return handled

    async def _pending(self) -> Sequence[tuple[str, str]]:
        """Lanes with something to do. A machine's later start waits for the whole of its earlier one, holes included."""
        older = lane.alias("older")
        query = (
            sa.select(lane.c.dev, lane.c.boot)
            .where(
                lane.c.handled_seq < lane.c.through_seq,
                ~sa.exists().where(
                    older.c.dev == lane.c.dev, older.c.boot < lane.c.boot, older.c.handled_seq < older.c.highest_seq
                ),
            )
            .order_by(lane.c.dev, lane.c.boot)
        )
        async with self._db.read() as conn:
            return [(row.dev, row.boot) for row in await conn.execute(query)]

    async def _handle_lane(self, dev: str, boot: str) -> int:
        async def batch(tx: Tx, limit: int) -> int:
            return await self._take(tx, dev, boot, limit)

        async def park_first(tx: Tx, code: str) -> int:
            return await self._refuse_first(tx, dev, boot, code)

        try:
            return await self._db.run(batch, _BATCH, actor=SYSTEM)
        except Exception as error:
            if is_outage(error):
                raise
            _log.error("reaction_failed", dev=dev, boot=boot, error=repr(error)[:300])
        try:
            return await self._db.run(batch, 1, actor=SYSTEM)
        except Exception as error:
            if is_outage(error):
                raise
            _log.exception("event_refused", dev=dev, boot=boot)
            return await self._db.run(park_first, type(error).__name__, actor=SYSTEM)

    async def _take(self, tx: Tx, dev: str, boot: str, limit: int) -> int:
        row = await _lock_lane(tx, dev, boot)
        if row is None or row.handled_seq >= row.through_seq:
            return 0
        events = await _next_events(tx, row, limit)
        reports = []
        for one in events:
            if one.refused is None:
                body = EVENT_TYPES[one.type].model_validate(one.data)
                if isinstance(body, Alarm):
                    await raise_alarm(tx, dev, body.code, body.params, one.happened_at)
                else:
                    reports.append(Report(one.id, one.happened_at, body))
        if reports and not await take_reports(tx, dev, reports, self._company_prefix):
            await raise_alarm(tx, dev, "unknown_line", {"events": len(reports)}, tx.now)
        await _set_handled(tx, dev, boot, events[-1].seq if events else row.through_seq)
        tx.notify.add(LIVE_CHANNEL)
        return len(events)

    async def _refuse_first(self, tx: Tx, dev: str, boot: str, code: str) -> int:
        row = await _lock_lane(tx, dev, boot)
        if row is None or row.handled_seq >= row.through_seq:
            return 0
        (first,) = await _next_events(tx, row, 1)
        where = (event.c.dev == dev, event.c.boot == boot, event.c.seq == first.seq)
        await tx.conn.execute(event.update().where(*where).values(refused=code))
        await _set_handled(tx, dev, boot, first.seq)
        return 1


async def _next_events(tx: Tx, row: Any, limit: int) -> Sequence[Any]:
    """The next stored events of a lane up to its unbroken end, in order."""
    query = (
        sa.select(event)
        .where(event.c.dev == row.dev, event.c.boot == row.boot)
        .where(event.c.seq > row.handled_seq, event.c.seq <= row.through_seq)
        .order_by(event.c.seq)
        .limit(limit)
    )
    return (await tx.conn.execute(query)).all()


async def _lock_lane(tx: Tx, dev: str, boot: str) -> sa.Row[*tuple[object, ...]] | None:
    query = sa.select(lane).where(lane.c.dev == dev, lane.c.boot == boot).with_for_update(skip_locked=True)
    return (await tx.conn.execute(query)).one_or_none()


async def _set_handled(tx: Tx, dev: str, boot: str, seq: int) -> None:
    await tx.conn.execute(
        lane.update().where(lane.c.dev == dev, lane.c.boot == boot).values(handled_seq=seq, changed_at=tx.now)
    )
