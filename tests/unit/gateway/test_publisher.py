"""The publisher between a real outbox and a pretended broker: what deletes a row and what does not."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.contract.events import Induct
from gateway.outbox import Draft, Outbox
from gateway.uplink.publisher import Publisher
from gateway.uplink.streams import Streams
from tests.unit.gateway.clocks import FakeClock

pytestmark = pytest.mark.anyio
DEV = "sfh-s/hall/s1/sorter"


class PretendedBroker:
    """Takes everything and remembers it; PUBACKs come when the test says so."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []
        self.online = True

    def publish(self, topic: str, payload: bytes) -> int | None:
        if not self.online:
            return None
        self.sent.append((topic, json.loads(payload)["seq"]))
        return len(self.sent)

    @property
    def seqs(self) -> list[int]:
        return [seq for _, seq in self.sent]


class World:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.outbox = Outbox.open(folder, self.clock, "gw1")
        self.broker = PretendedBroker()
        self.rejected: list[tuple[str, int, str]] = []
        self.publisher = Publisher(
            self.outbox, Streams(self.outbox.boot), self.clock, self.broker.publish,
            lambda *what: self.rejected.append(what), window=4,
        )  # fmt: skip
        self.publisher.connected(1)

    async def append(self, count: int) -> None:
        for _ in range(count):
            await self.outbox.append([Draft(DEV, "induct", Induct(tid="t", place="in-1"))])

    async def settle(self) -> None:
        """Let reads of the disk come back."""
        for _ in range(20):
            await self.outbox.query(lambda db: None)
            await asyncio.sleep(0)

    async def puback_all(self) -> None:
        done = 0
        while done < len(self.broker.sent):
            done += 1
            self.clock.advance(0.001)
            self.publisher.puback(done)
            await self.settle()

    def ack(self, through: int, **more: object) -> None:
        message = {"v": 1, "dev": DEV, "boot": self.outbox.boot, "through_seq": through, **more}
        self.publisher.acknowledge(json.dumps(message).encode())

    async def on_disk(self) -> list[int]:
        self.publisher.flush_deletions()
        await self.outbox.barrier()
        return [row.seq for row in await self.outbox.read(DEV, self.outbox.boot, 0, 999)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    await world.outbox.close()


async def test_the_window_limits_what_the_broker_has_not_taken(world: World) -> None:
    await world.append(10)
    assert world.broker.seqs == [1, 2, 3, 4]
    world.publisher.puback(1)
    assert world.broker.seqs == [1, 2, 3, 4, 5]
    assert world.broker.sent[0][0] == f"kouan/v1/{DEV}/evt/induct"


async def test_a_puback_deletes_nothing(world: World) -> None:
    await world.append(3)
    await world.puback_all()
    assert await world.on_disk() == [1, 2, 3]


async def test_the_warehouses_word_deletes(world: World) -> None:
    await world.append(3)
    await world.puback_all()
    world.ack(2)
    assert await world.on_disk() == [3]


async def test_missing_rows_are_sent_again_at_once(world: World) -> None:
    await world.append(4)
    await world.puback_all()
    world.ack(1, missing=[2, 3])
    await world.settle()
    assert world.broker.seqs == [1, 2, 3, 4, 2, 3]


async def test_without_an_acknowledgement_rows_are_sent_again(world: World) -> None:
    await world.append(3)
    await world.puback_all()
    world.clock.advance(4.9)
    world.publisher.check_overdue()
    await world.settle()
    assert world.broker.seqs == [1, 2, 3]
    world.clock.advance(0.2)
    world.publisher.check_overdue()
    await world.settle()
    assert world.broker.seqs == [1, 2, 3, 1, 2, 3]


async def test_rejected_rows_become_dead_letters_and_are_said_once(world: World) -> None:
    await world.append(3)
    await world.puback_all()
    for _ in range(2):
        world.ack(1, rejected=[{"seq": 2, "code": "bad_body"}])
    assert world.rejected == [(DEV, 2, "bad_body")]
    world.ack(3)
    assert await world.on_disk() == []
    assert world.outbox.dead_letters == 1


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"dev": 1}', b"x" * 70_000, b'{"v":1,"dev":"d","boot":"b","through_seq":-1}'],
)
async def test_a_malformed_acknowledgement_is_counted_and_harmless(world: World, payload: bytes) -> None:
    await world.append(2)
    world.publisher.acknowledge(payload)
    assert world.publisher.counters["bad_acks"] == 1
    assert await world.on_disk() == [1, 2]


async def test_an_acknowledgement_of_rows_that_were_never_stored_is_refused(world: World) -> None:
    """Believing it would delete tomorrow's events."""
    await world.append(2)
    world.ack(99)
    assert world.publisher.counters["bad_acks"] == 1
    assert await world.on_disk() == [1, 2]


async def test_an_unknown_version_of_an_acknowledgement_is_refused(world: World) -> None:
    await world.append(2)
    world.ack(2, v=2)
    assert await world.on_disk() == [1, 2]


async def test_while_offline_rows_wait_on_disk_and_go_out_in_order_afterwards(world: World) -> None:
    world.publisher.disconnected()
    await world.append(300)
    assert world.broker.seqs == []
    world.publisher.connected(1)
    await world.puback_all()
    assert world.broker.seqs == list(range(1, 301))


async def test_a_backlog_goes_out_at_a_measured_pace(world: World) -> None:
    """A day's backlog must not take the event loop, and the interpreter, from a parcel that waits for its answer."""
    world.publisher.disconnected()
    await world.append(60)
    world.clock.advance(1.0)
    world.publisher.connected(1)
    await world.settle()
    done = 0
    while done < len(world.broker.sent):  # the broker takes everything at once, and no time passes
        done += 1
        world.publisher.puback(done)
        await world.settle()
    assert world.broker.seqs == list(range(1, 17))
    world.clock.advance(0.002)
    world.publisher.pump()
    assert len(world.broker.seqs) == 20  # eight were allowed, the window takes four


async def test_what_was_in_flight_with_a_dead_client_is_sent_again(world: World) -> None:
    await world.append(3)
    world.publisher.disconnected()
    world.publisher.connected(2)
    await world.settle()
    assert world.broker.seqs == [1, 2, 3, 1, 2, 3]


async def test_a_publish_that_fails_is_not_forgotten(world: World) -> None:
    world.broker.online = False
    await world.append(2)
    world.broker.online = True
    world.publisher.connected(1)
    await world.settle()
    assert world.broker.seqs == [1, 2]
