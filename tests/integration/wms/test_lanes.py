"""Lanes: holes that fill, holes that never fill, and streams of a machine that started again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.clocks import at
from tests.support.line_events import Stream, confirmed, decision, induct
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.inbox import lane
from wms.kit.mqtt import Message
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal
from wms.proof.prove import prove
from wms.sorting.tables import item
from wms.workers import react
from wms.workers.ingest import sort_messages, store_batch
from wms.workers.react import Reactor
from wms.workers.skip_gaps import WAIT, skip_old_gaps

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self):
        return at(self.seconds)


@pytest.fixture
async def clock(db: Database) -> Clock:
    db.clock = Clock()
    return db.clock


async def store(db: Database, *messages: Message) -> list:
    return [ack for _, ack in await db.run(store_batch, sort_messages(messages), actor=SYSTEM)]


async def drain(db: Database) -> None:
    reactor = Reactor(db, "9501101")
    while await reactor.drain():
        pass


async def tids(db: Database) -> set[str]:
    async with db.read() as conn:
        return set(await conn.scalars(sa.select(item.c.tid)))


async def assert_proven(db: Database) -> None:
    async with db.read() as conn:
        assert (await prove(conn)).first == []


async def test_a_hole_is_given_up_although_the_line_keeps_working(db: Database, clock: Clock):
    """A busy line never falls silent for ten minutes; its hole must not hold it for the whole shift."""
    sorter = Stream()
    messages = [sorter.message(induct(f"t{n}")) for n in range(1, 40)]
    await store(db, messages[0], messages[2])
    for minute, message in enumerate(messages[3:20], start=1):
        clock.seconds = minute * 60
        await store(db, message)
        await drain(db)
        await db.run(skip_old_gaps, WAIT, actor=SYSTEM)
    await drain(db)
    assert "t20" in await tids(db)
    await assert_proven(db)


async def test_behind_a_hole_the_whole_unbroken_run_is_taken(db: Database, clock: Clock):
    """One hole is one alarm; what was stored behind it waits for nothing more."""
    sorter = Stream()
    messages = [sorter.message(induct(f"t{n}")) for n in range(1, 31)]
    await store(db, messages[0], *messages[4:])
    clock.seconds = WAIT.total_seconds() + 1
    assert await db.run(skip_old_gaps, WAIT, actor=SYSTEM) == 1
    await drain(db)
    assert len(await tids(db)) == 27
    async with db.read() as conn:
        alarms = await conn.execute(sa.text("SELECT params FROM alarm"))
        assert [row.params for row in alarms] == [{"missing": 3, "after": 1}]
    assert await db.run(skip_old_gaps, WAIT, actor=SYSTEM) == 0
    await assert_proven(db)


async def test_a_young_hole_is_waited_for_even_behind_an_old_one(db: Database, clock: Clock):
    """Every hole gets its ten minutes: the gateway may be sending the younger one right now."""
    sorter = Stream()
    messages = [sorter.message(induct(f"t{n}")) for n in range(1, 11)]
    await store(db, messages[0], messages[2], messages[3])
    clock.seconds = WAIT.total_seconds() + 1
    await store(db, messages[6])
    for _ in range(3):
        await db.run(skip_old_gaps, WAIT, actor=SYSTEM)
    await drain(db)
    assert await tids(db) == {"t1", "t3", "t4"}
    await store(db, messages[4], messages[5])
    await drain(db)
    assert await tids(db) == {"t1", "t3", "t4", "t5", "t6", "t7"}


async def test_an_event_that_comes_after_it_was_given_up_is_kept_and_contradicts_nothing(db: Database, clock: Clock):
    """A gateway found again sends what was given up: it is kept for a person, once, and the proof still holds."""
    sorter = Stream()
    messages = [sorter.message(induct(f"t{n}")) for n in range(1, 6)]
    await store(db, messages[0], messages[4])
    clock.seconds = WAIT.total_seconds() + 1
    await db.run(skip_old_gaps, WAIT, actor=SYSTEM)
    for _ in range(2):
        (ack,) = await store(db, messages[2], messages[3])
        assert (ack.through_seq, ack.missing) == (5, [])
    await drain(db)
    async with db.read() as conn:
        late = await conn.execute(
            sa.text("SELECT seq, refused FROM inbox_event WHERE refused IS NOT NULL ORDER BY seq")
        )
        assert [tuple(row) for row in late] == [(3, "too_late"), (4, "too_late")]
        assert await conn.scalar(sa.select(lane.c.skipped)) == 1
    await assert_proven(db)


async def test_a_filled_hole_frees_everything_behind_it_at_once(db: Database):
    """However much was stored behind the hole: no further message has to come for it to be taken."""
    sorter = Stream()
    messages = [sorter.message(induct(f"t{n}")) for n in range(1, 5001)]
    for start in range(1, 5000, 500):
        await store(db, *messages[start : start + 500])
    (ack,) = await store(db, messages[0])
    assert (ack.through_seq, ack.missing) == (5000, [])


async def test_a_new_start_of_a_machine_waits_for_the_hole_of_its_old_one(db: Database):
    """Order is by (boot, seq): a confirmation after a restart must not be taken before the decision it confirms."""
    text = b"waybill_no,destination,service,weight_g,pieces,goods\nRA473124829CN,MOW,EXP,1200,1,Tea\n"
    await db.run(
        announce, Announce("SFH-S", "m.csv", text, read_manifest(text, "m.csv"), Seal(b"k" * 32)), actor=SYSTEM
    )
    old, new = Stream(boot="00000001-a"), Stream(boot="00000002-b")
    first, second, third = (
        old.message(step) for step in (induct("t1"), decision("t1", "RA473124829CN", "c01"), induct("t2"))
    )
    await store(db, first, third)
    await store(db, new.message(confirmed("t1", "c01")))
    await drain(db)
    await store(db, second)
    await drain(db)
    async with db.read() as conn:
        (one,) = (await conn.execute(sa.select(item).where(item.c.tid == "t1"))).all()
        (state,) = await conn.scalars(sa.text("SELECT state FROM parcel"))
    assert (one.result, one.reason, state) == ("sorted", "OK", "sorted")
    await assert_proven(db)


async def test_contention_never_costs_an_event(db: Database, monkeypatch: pytest.MonkeyPatch):
    """A database that is too busy is a reason to wait; an event put aside because of it would be a lost effect."""
    sorter = Stream()
    await store(db, sorter.message(induct("t1")))
    take = react.take_reports

    async def busy(*_: object) -> bool:
        raise Refusal("busy")

    monkeypatch.setattr(react, "take_reports", busy)
    with pytest.raises(Refusal, match="busy"):
        await Reactor(db, "9501101").drain()
    monkeypatch.setattr(react, "take_reports", take)
    await drain(db)
    assert await tids(db) == {"t1"}


async def test_two_reactors_take_every_event_once(db: Database):
    """A second worker may start before the first has ended: each event is folded once, in order, by one of them."""
    import asyncio

    sorter, scale = Stream(), Stream("scale1")
    messages = []
    for n in range(120):
        messages += [sorter.message(induct(f"t{n}")), scale.message(induct(f"t{n}"))]
    await store(db, *messages)

    async def work() -> None:
        reactor = Reactor(db, "9501101")
        for _ in range(200):
            await reactor.drain()
            async with db.read() as conn:
                if not await conn.scalar(sa.select(sa.func.count()).where(lane.c.handled_seq < lane.c.through_seq)):
                    return

    await asyncio.gather(work(), work(), work())
    async with db.read() as conn:
        assert await conn.scalar(sa.select(sa.func.sum(item.c.repeats))) == 120  # the second report of each item
    await assert_proven(db)


async def test_waiting_is_long_enough_for_a_gateway_to_send_again():
    """Gateways send unacknowledged events again within a minute."""
    assert timedelta(minutes=5) <= WAIT
