"""Events that no table can hold: each is kept aside with its reason, and everything behind it goes on."""

import asyncio
from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from devices.contract.envelope import Envelope
from tests.support.line_events import Stream, as_message, decision, induct
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, is_outage
from wms.kit.mqtt import Message
from wms.sorting.tables import item
from wms.workers.ingest import Ingest, sort_messages, store_batch
from wms.workers.react import Reactor

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


class _Client:
    """What ingest needs of an MQTT client."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.acked: list[Message] = []
        self.sent: list[tuple[str, bytes]] = []

    def ack(self, message: Message) -> None:
        self.acked.append(message)

    def send(self, topic: str, payload: bytes) -> None:
        self.sent.append((topic, payload))


async def _ingest(db: Database, *messages: Message) -> _Client:
    client = _Client()
    for message in messages:
        client.incoming.put_nowait(message)
    job = asyncio.create_task(Ingest(db, client).run())  # type: ignore[arg-type] # a stand-in
    async with asyncio.timeout(10):
        while len(client.acked) < len(messages):
            await asyncio.sleep(0.01)
            if job.done():
                job.result()
    job.cancel()
    return client


async def _drain(db: Database) -> None:
    reactor = Reactor(db, "9501101")
    async with asyncio.timeout(10):
        while await reactor.drain():
            pass


@pytest.mark.parametrize("update", [{"weight_g": 10**12}, {"decided_us": 10**20}, {"plan_version": 2**40}])
async def test_a_number_beyond_the_column_costs_one_event(db: Database, update: dict[str, int]):
    """The driver refuses such a value before the server sees it; that is no outage, and no reason to wait for ever."""
    sorter = Stream()
    poison = decision("t1", "RA473124829CN", "c01").model_copy(update=update)
    messages = [sorter.message(step) for step in (induct("t1"), poison, induct("t2"))]
    await db.run(store_batch, sort_messages(messages), actor=SYSTEM)
    await _drain(db)
    async with db.read() as conn:
        assert set(await conn.scalars(sa.select(item.c.tid))) == {"t1", "t2"}
        refused = await conn.execute(sa.text("SELECT seq FROM inbox_event WHERE refused IS NOT NULL"))
        assert [row.seq for row in refused] == [2]


async def test_a_time_before_all_time_keeps_its_place_in_the_lane(db: Database):
    """A machine with a mad clock must not hold its own stream, nor ingest for everybody."""
    sorter = Stream()
    mad = sorter.event(induct("t1"))
    ts = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))
    mad = Envelope.model_validate(mad.model_dump() | {"ts": ts})
    client = await _ingest(db, as_message(mad), sorter.message(induct("t2")))
    assert b'"through_seq":2' in client.sent[-1][1]
    await _drain(db)
    async with db.read() as conn:
        assert "t2" in set(await conn.scalars(sa.select(item.c.tid)))


async def test_a_topic_no_text_column_holds_is_parked(db: Database):
    """Brokers differ in what they let through; one such message must not end ingest again and again."""
    sorter = Stream()
    await _ingest(db, Message("kouan/v1/\0/evil", b"{}", False, (1, 1, 1)), sorter.message(induct("t1")))
    async with db.read() as conn:
        parked = await conn.execute(sa.text("SELECT code FROM parked_message"))
        assert [row.code for row in parked] == ["bad_topic"]


async def test_values_are_not_taken_for_outages(db: Database):
    """Waiting helps against a database that is away, never against a wrong value."""
    for value in ("a\0b", 10**30, datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))):
        column = {str: sa.String, int: sa.BigInteger, datetime: sa.DateTime(timezone=True)}[type(value)]
        async with db.read() as conn:
            with pytest.raises(sa.exc.DBAPIError) as raised:
                await conn.execute(sa.select(sa.bindparam("x", value, type_=column)))  # type: ignore[arg-type] # one of three
        assert not is_outage(raised.value), raised.value
