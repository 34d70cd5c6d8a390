"""Whoever works at the same time queues, and never stands in each other's way: no deadlock is ever detected."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
import sqlalchemy as sa

from devices.contract.events import Body
from tests.support.clocks import at
from tests.support.line_events import LINE, confirmed, decision, induct, weight
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database, Tx
from wms.kit.ids import uuid7
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal
from wms.parcels.hold import ChangeHold
from wms.parcels.tables import bag, parcel
from wms.proof.prove import prove
from wms.sorting.close_bag import CloseBag, close_bag
from wms.sorting.follow_line import Report
from wms.sorting.hold_parcel import hold_parcel
from wms.sorting.react import take_reports

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

CODES = [f"SF20000000{n:05d}" for n in range(60)]
SEAL = Seal(b"k" * 32)
LEADER = Actor(UUID(int=7), "leader", "shift_leader", frozenset({"parcel.hold", "bag.close"}), None)


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """A database that finds a deadlock at once instead of after a second."""
    name = sa.make_url(database_url).database
    database = Database(database_url, pool_size=12)
    async with database.engine.begin() as conn:
        await conn.execute(sa.text(f'ALTER DATABASE "{name}" SET deadlock_timeout = 20'))
    await database.engine.dispose()
    yield database
    await database.close()


async def deadlocks(db: Database) -> int:
    async with db.read() as conn:
        await conn.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        await conn.rollback()
        await asyncio.sleep(0.05)
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        return await conn.scalar(sa.text(query)) or 0


async def tell(db: Database, device: str, *bodies: Body) -> None:
    async def take(tx: Tx, reports: list[Report]) -> bool:
        return await take_reports(tx, f"{LINE}/{device}", reports, "9501101")

    reports = [Report(uuid7(at(0)), at(n), body) for n, body in enumerate(bodies)]
    await db.run(take, reports, actor=SYSTEM)


async def tell_of(db: Database, codes: list[str]) -> None:
    text = "waybill_no,destination,service,weight_g,pieces,goods\n"
    text += "".join(f"{code},MOW,EXP,100,1,Tea\n" for code in codes)
    data = text.encode()
    command = Announce("SFH-S", "m.csv", data, read_manifest(data, "m.csv"), SEAL)
    assert (await db.run(announce, command, actor=SYSTEM)).refused == 0


async def parcels(db: Database) -> dict[str, UUID]:
    async with db.read() as conn:
        return {row.waybill_no: row.id for row in await conn.execute(sa.select(parcel.c.waybill_no, parcel.c.id))}


async def together(*jobs: Callable[[], Awaitable[None]], times: int = 25) -> None:
    async def repeat(job: Callable[[], Awaitable[None]]) -> None:
        for _ in range(times):
            await job()

    await asyncio.gather(*(repeat(job) for job in jobs))


async def sort_all(db: Database, codes: list[str], start: int = 0) -> None:
    steps: list[Body] = []
    for n, code in enumerate(codes, start):
        steps += [induct(f"t{n}"), decision(f"t{n}", code, "c01"), confirmed(f"t{n}", "c01")]
    await tell(db, "sorter", *steps)


async def assert_quiet(db: Database) -> None:
    assert await deadlocks(db) == 0
    async with db.read() as conn:
        assert (await prove(conn)).first == []


async def test_holding_while_a_manifest_is_announced(db: Database):
    """Both change the directory and the audit trail; they take them in one order."""
    await tell_of(db, CODES)
    ids = list((await parcels(db)).values())
    turns = iter(range(10_000))

    async def hold() -> None:
        turn = next(turns)
        command = ChangeHold(parcel_id=ids[turn % len(ids)], hold=turn % 2 == 0, note="x")
        await db.run(hold_parcel, command, actor=LEADER)

    async def tell_more() -> None:
        turn = next(turns)
        await tell_of(db, [f"SF3{turn:05d}{n:07d}" for n in range(20)])

    await together(hold, hold, hold, tell_more, tell_more, times=60)
    await assert_quiet(db)


async def test_repeating_a_manifest_while_its_parcels_are_on_the_belt(db: Database):
    """A carrier that sends its file again, in any order of rows, neither stops the line nor is stopped by it."""
    await tell_of(db, CODES)
    turns = iter(range(10_000))

    async def repeat() -> None:
        await tell_of(db, CODES)

    async def repeat_backwards() -> None:
        await tell_of(db, CODES[::-1])

    async def sort() -> None:
        turn = next(turns)
        await sort_all(db, CODES[turn % 10 :: 7], 1000 * (turn + 1))

    await together(repeat, repeat_backwards, sort, times=15)
    await assert_quiet(db)


async def test_announcing_what_two_files_name_in_different_order(db: Database):
    """Two carriers, one consolidated list: whoever is second waits, and counts its rows as repeated."""
    turns = iter(range(10_000))

    async def tell_some() -> None:
        turn = next(turns)
        codes = [f"SF4{turn // 4:05d}{n:07d}" for n in range(800)]
        await tell_of(db, codes if turn % 2 else codes[::-1])

    await together(tell_some, tell_some, tell_some, tell_some, times=3)
    await assert_quiet(db)


async def test_closing_bags_while_late_weights_and_returns_come_in(db: Database):
    """A person closes a bag, the scale still reports its parcels, one of them is put on the belt again."""
    await tell_of(db, CODES)
    await sort_all(db, CODES)
    turns = iter(range(1, 10_000))

    async def close() -> None:
        async with db.read() as conn:
            ids = list(await conn.scalars(sa.select(bag.c.id).where(bag.c.closed_at.is_(None), bag.c.parcels > 0)))
        for id in ids:
            try:
                await db.run(close_bag, CloseBag(bag_id=id, company_prefix="9501101"), actor=LEADER)
            except Refusal as error:
                if error.code not in ("bag_closed", "bag_empty"):
                    raise

    async def weigh() -> None:
        turn = next(turns)
        await tell(db, "scale1", *[weight(f"t{(turn * 7 + n) % 60}", 100 + turn) for n in range(12)])

    async def again() -> None:
        turn = next(turns)
        await sort_all(db, [CODES[(turn + n * 11) % 60] for n in range(5)], 1000 * turn)

    await together(close, weigh, weigh, again)
    await assert_quiet(db)
