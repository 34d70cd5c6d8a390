"""Days that nobody planned: events of several machines, people and carriers in any order, against the proof."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.contract.events import Body
from devices.contract.reasons import SortReason
from tests.support.line_events import Stream, chute_state, confirmed, decision, induct, lost, scan, weight
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database
from wms.kit.mqtt import Message
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal
from wms.parcels.hold import ChangeHold
from wms.parcels.tables import bag, parcel
from wms.proof.prove import prove
from wms.sorting.close_bag import CloseBag, close_bag
from wms.sorting.hold_parcel import hold_parcel
from wms.workers.ingest import sort_messages, store_batch
from wms.workers.react import Reactor

pytestmark = [pytest.mark.servers]

LEADER = Actor(UUID(int=7), "leader", "shift_leader", frozenset({"parcel.hold", "bag.close"}), None)
SEAL = Seal(b"k" * 32)
CODES = ["SF1000000000001", "SF1000000000002", "SF1000000000003", "SF1000000000004"]
TABLES = ("journal", "tracked_item", "parcel", "bag", "balance", "unit", "alarm", "sscc_counter")

_TIDS = st.sampled_from(["t1", "t2", "t3", "t4", "t5", "t6"])
_CODES = st.sampled_from([*CODES, "UNKNOWN-1"])
_CHUTES = st.sampled_from(["c01", "c02", "c41", "c48", "c99"])
_REASONS = st.sampled_from([SortReason.OK, SortReason.OK, SortReason.ALTERNATE, SortReason.NO_DATA])
_SORTER = st.one_of(
    st.builds(induct, _TIDS),
    st.builds(decision, _TIDS, st.none() | _CODES, st.none() | _CHUTES, _REASONS, st.integers(0, 2)),
    st.builds(confirmed, _TIDS, _CHUTES),
    st.builds(confirmed, _TIDS, _CHUTES),
    st.builds(lost, _TIDS),
    st.builds(chute_state, st.sampled_from(["c01", "c02"]), st.sampled_from(["open", "full", "jam"])),
)
_STEPS = st.one_of(
    st.tuples(st.just("sorter"), _SORTER),
    st.tuples(st.just("sorter"), _SORTER),
    st.tuples(st.just("sorter"), _SORTER),
    st.tuples(
        st.just("scanner1"), st.builds(lambda tid, codes: scan(tid, *codes), _TIDS, st.lists(_CODES, max_size=2))
    ),
    st.tuples(st.just("scale1"), st.builds(weight, _TIDS, st.integers(0, 30_000))),
    st.tuples(st.just("announce"), st.lists(_CODES, min_size=1, max_size=4)),
    st.tuples(st.just("hold"), st.tuples(_CODES, st.booleans())),
    st.tuples(st.just("close"), st.integers(0, 3)),
    st.tuples(st.just("react"), st.none()),
    st.tuples(st.just("again"), st.integers(0, 50)),
)


class Day:
    """A database with a line, its machines' streams, and everything they ever sent."""

    def __init__(self, db: Database) -> None:
        self.db = db
        boot = f"1-{uuid4().hex[:12]}"
        self.streams = {name: Stream(name, boot) for name in ("sorter", "scanner1", "scale1")}
        self.sent: list[Message] = []
        self.waiting: list[Message] = []

    async def step(self, kind: str, what: Any) -> None:
        people: dict[str, Callable[[Any], Awaitable[None]]] = {
            "announce": self.announce,
            "hold": self.hold,
            "close": self.close,
            "again": self.again,
        }
        if kind in self.streams:
            self.waiting.append(self.streams[kind].message(what))
        elif kind == "react":
            await self.deliver()
        else:
            await people[kind](what)

    async def deliver(self) -> None:
        """Store what is waiting, out of order, and react to what can be reacted to."""
        random.Random(len(self.sent)).shuffle(self.waiting)
        await self.db.run(store_batch, sort_messages(self.waiting), actor=SYSTEM)
        self.sent += self.waiting
        self.waiting = []
        await self.react()

    async def react(self) -> None:
        reactor = Reactor(self.db, "9501101")
        while await reactor.drain():
            pass

    async def again(self, place: int) -> None:
        if self.sent:
            await self.db.run(store_batch, sort_messages([self.sent[place % len(self.sent)]]), actor=SYSTEM)

    async def announce(self, codes: list[str]) -> None:
        text = "waybill_no,destination,service,weight_g,pieces,goods\n"
        data = (text + "".join(f"{code},MOW,EXP,700,1,Tea\n" for code in codes)).encode()
        await self.db.run(announce, Announce("SFH-S", "m.csv", data, read_manifest(data, "m.csv"), SEAL), actor=SYSTEM)

    async def hold(self, what: tuple[str, bool]) -> None:
        code, hold = what
        async with self.db.read() as conn:
            id = await conn.scalar(sa.select(parcel.c.id).where(parcel.c.waybill_no == code))
        if id is not None:
            await self.person(hold_parcel, ChangeHold(parcel_id=id, hold=hold, note="x"))

    async def close(self, place: int) -> None:
        async with self.db.read() as conn:
            ids = list(await conn.scalars(sa.select(bag.c.id).where(bag.c.closed_at.is_(None)).order_by(bag.c.id)))
        if ids:
            await self.person(close_bag, CloseBag(bag_id=ids[place % len(ids)], company_prefix="9501101"))

    async def person(self, verb: Any, command: Any) -> None:
        try:
            await self.db.run(verb, command, actor=LEADER)
        except Refusal as error:
            if error.code not in ("parcel_not_holdable", "bag_empty", "bag_closed"):
                raise

    async def assert_proven(self) -> None:
        async with self.db.read() as conn:
            assert (await prove(conn)).first == []
            refused = await conn.execute(
                sa.text("SELECT type, refused, data FROM inbox_event WHERE refused IS NOT NULL")
            )
            assert refused.all() == []
            sealed = "SELECT waybill_no FROM parcel WHERE state = 'bagged' AND (hold OR waybill_no IS NULL)"
            assert (await conn.execute(sa.text(sealed))).all() == []

    async def picture(self) -> dict[str, list[tuple[Any, ...]]]:
        async with self.db.read() as conn:
            return {
                name: sorted((tuple(row) for row in await conn.execute(sa.text(f"SELECT * FROM {name}"))), key=repr)
                for name in TABLES
            }


async def _live(url: str, steps: list[tuple[str, Any]]) -> None:
    db = Database(url)
    try:
        async with db.engine.begin() as conn:
            await conn.execute(sa.text("UPDATE chute SET bag_max_parcels = 2, state = 'open'"))
        day = Day(db)
        for kind, what in steps:
            await day.step(kind, what)
        await day.deliver()
        await day.assert_proven()
        before = await day.picture()
        await db.run(store_batch, sort_messages(day.sent), actor=SYSTEM)
        await day.react()
        assert await day.picture() == before
    finally:
        await db.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEPS, min_size=5, max_size=60))
def test_any_day_is_proven_and_its_replay_changes_nothing(postgres, template, steps: list[tuple[str, Any]]):
    """Whatever happens in whatever order: no law is broken, no event is refused, and sending all again is silence."""
    name = f"day_{uuid4().hex[:12]}"
    url = postgres.create_database(name, template)
    try:
        asyncio.run(_live(url, steps))
    finally:
        postgres.drop_database(name)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sorter=st.lists(_SORTER, min_size=30, max_size=120),
    scans=st.lists(st.builds(lambda tid, codes: scan(tid, *codes), _TIDS, st.lists(_CODES, max_size=2)), max_size=40),
    weights=st.lists(st.builds(weight, _TIDS, st.integers(0, 30_000)), max_size=40),
    seed=st.integers(0, 1000),
)
def test_everything_at_once_is_proven(postgres, template, sorter, scans, weights, seed: int):
    """Two reactors, a carrier, an officer and a chute emptier at the same time: queues, no lost effect, no deadlock left."""
    name = f"storm_{uuid4().hex[:12]}"
    url = postgres.create_database(name, template)
    try:
        asyncio.run(_storm(url, sorter, scans, weights, random.Random(seed)))
    finally:
        postgres.drop_database(name)


async def _storm(url: str, sorter: list[Body], scans: list[Body], weights: list[Body], dice: random.Random) -> None:
    db = Database(url)
    try:
        async with db.engine.begin() as conn:
            await conn.execute(sa.text("UPDATE chute SET bag_max_parcels = 2"))
        day = Day(db)
        await day.announce(CODES[:2])
        for device, bodies in (("sorter", sorter), ("scanner1", scans), ("scale1", weights)):
            day.sent += [day.streams[device].message(body) for body in bodies]
        dice.shuffle(day.sent)

        async def send() -> None:
            for start in range(0, len(day.sent), 7):
                await db.run(store_batch, sort_messages(day.sent[start : start + 7]), actor=SYSTEM)

        async def people() -> None:
            for _ in range(15):
                await dice.choice([lambda: day.hold((dice.choice(CODES), True)), lambda: day.close(0)])()
                await day.announce(dice.sample(CODES, 3))

        async def react() -> None:
            for _ in range(30):
                await day.react()
                await asyncio.sleep(0.005)

        await asyncio.gather(send(), people(), react(), react())
        await day.react()
        await day.assert_proven()
    finally:
        await db.close()
