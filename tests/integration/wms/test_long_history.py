"""Years of records: what a screen or a reaction asks often is found by an index, never by reading history."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from tests.support.line_events import LINE
from wms.boards.find_parcel import find_by_code
from wms.boards.read_line import read_line
from wms.equipment.raise_alarm import raise_alarm
from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

HISTORY = (
    "INSERT INTO parcel (id, site, waybill_no, pieces, goods, state, state_at, hold, bucket, announced_at) "
    "SELECT gen_random_uuid(), 'SFH-S', 'W' || n, 1, '', 'announced', at, false, n % 256, at "
    "FROM (SELECT n, now() - n * interval '1 minute' AS at FROM generate_series(1, 60000) n) x",
    "INSERT INTO tracked_item (line, tid, first_seen_at, codes, scans, passes, result, repeats, decided_at, finished_at, "
    "parcel_id, decided_us, decision_reason, actual) "
    f"SELECT '{LINE}', 't' || n, at, '[]', 1, 1, 'sorted', 0, at, at, p.id, 900, 'OK', 'c01' "
    "FROM (SELECT n, now() - n * interval '1 minute' AS at FROM generate_series(1, 60000) n) x "
    "JOIN parcel p ON p.waybill_no = 'W' || n",
    "INSERT INTO alarm (id, device, code, params, at, times, acknowledged_at) "
    f"SELECT gen_random_uuid(), '{LINE}/sorter', 'x', '{{}}', now() - n * interval '1 minute', 1, now() "
    "FROM generate_series(1, 20000) n",
)
LARGE = ("tracked_item", "parcel", "alarm", "journal", "inbox_event", "outbox")


@pytest.fixture
async def history(db: Database) -> Database:
    async with db.engine.begin() as conn:
        for statement in HISTORY:
            await conn.execute(sa.text(statement))
    async with db.engine.connect() as conn:
        await conn.execution_options(isolation_level="AUTOCOMMIT")
        await conn.execute(sa.text("ANALYZE"))
    return db


async def _assert_indexed(db: Database, work: Any) -> None:
    """Every statement of `work` on a large table goes by an index, and reads at most some thousand rows."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "UPDATE")) and any(name in statement for name in LARGE):
            asked.append((statement, parameters))

    event.listen(db.engine.sync_engine, "before_cursor_execute", note)
    await work()
    event.remove(db.engine.sync_engine, "before_cursor_execute", note)
    assert asked
    async with db.engine.connect() as conn:
        for statement, parameters in asked:
            plan = "\n".join(row[0] for row in await conn.exec_driver_sql(f"EXPLAIN {statement}", parameters))
            for name in LARGE:
                assert f"Seq Scan on {name}" not in plan, (statement, plan)
            assert "Sort Key: tracked_item.decided_at" not in plan, plan
        await conn.rollback()


async def test_the_line_screen_reads_no_history(history: Database):
    """It is read up to five times a second while the line runs."""

    async def work() -> None:
        async with history.read() as conn:
            await read_line(conn, LINE, history.clock())

    await _assert_indexed(history, work)


async def test_looking_up_an_unknown_code_reads_no_history(history: Database):
    """A scanner in a hand asks for every code it sees, also for those nobody knows."""
    reader = Actor(SYSTEM.id, "reader", "receiver", frozenset({"parcel.read", "bag.read"}), None)

    async def work() -> None:
        async with history.read() as conn:
            with pytest.raises(Refusal, match="unknown_parcel"):
                await find_by_code(conn, "nobody-knows", reader, Seal(b"k" * 32))

    await _assert_indexed(history, work)


async def test_an_alarm_is_raised_without_reading_old_ones(history: Database):
    """A sorter in trouble raises hundreds a minute."""

    async def alarm(tx: Tx, _: None) -> None:
        await raise_alarm(tx, f"{LINE}/sorter", "y", {"error": 3}, tx.now)

    async def work() -> None:
        await history.run(alarm, None, actor=SYSTEM)

    await _assert_indexed(history, work)
