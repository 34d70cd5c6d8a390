"""Every message from the broker reaches its reader and is taken off the queue, whatever it is."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.inbox import Inbox, Readers
from gateway.sort_table import NO_PART, PLAN
from gateway.uplink.broker import Incoming

pytestmark = pytest.mark.anyio
LINE = "sfh-s/hall/s1"


class Bench:
    def __init__(self) -> None:
        self.inbox = Inbox("sfh-s", "gw1")
        self.acks: list[bytes] = []
        self.parts: list[tuple[str, int]] = []
        self.commands: list[Incoming] = []
        self.configs: list[bytes] = []
        self.done: list[int] = []
        readers = Readers(
            self._ack,
            lambda line, n, data: self.parts.append((line, n)),
            self.commands.append,
            self.configs.append,
            self._done,
        )
        self.task = asyncio.create_task(self.inbox.run(readers))

    def _ack(self, payload: bytes) -> None:
        if payload == b"bug":
            raise ZeroDivisionError
        self.acks.append(payload)

    def _done(self, message: Incoming) -> None:
        self.done.append(message.mid)

    async def hear(self, *messages: tuple[str, bytes]) -> None:
        for mid, (topic, payload) in enumerate(messages, 1):
            self.inbox.put(Incoming(f"kouan/v1/{topic}", payload, mid, 1, 1))
        for _ in range(3 * len(messages) + 3):
            await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    bench.task.cancel()
    await asyncio.gather(bench.task, return_exceptions=True)


async def test_messages_are_sorted_by_topic(bench: Bench) -> None:
    await bench.hear(
        ("sfh-s/_gw/gw1/ack", b"{}"),
        (f"{LINE}/_sort/plan", b"{}"),
        (f"{LINE}/_sort/directory/007", b"{}"),
        (f"{LINE}/_sort/directory/xyz", b"{}"),
        (f"{LINE}/_sort", b"{}"),
        (f"{LINE}/sorter/cmd/ping", b"{}"),
        ("sfh-s/_gw/gw1/cfg_desired", b"{}"),
    )
    assert bench.acks == [b"{}"]
    assert bench.parts == [(LINE, PLAN), (LINE, 7), (LINE, NO_PART)]
    assert [message.topic for message in bench.commands] == [
        f"kouan/v1/{LINE}/_sort",
        f"kouan/v1/{LINE}/sorter/cmd/ping",
    ]
    assert bench.configs == [b"{}"]
    assert bench.done == [1, 2, 3, 4, 7], "commands acknowledge themselves, after their journal row is on disk"


async def test_a_reader_that_fails_holds_nobody_up(bench: Bench) -> None:
    await bench.hear(("sfh-s/_gw/gw1/ack", b"bug"), ("sfh-s/_gw/gw1/ack", b"good"))
    assert bench.acks == [b"good"]
    assert bench.done == [1, 2]


def test_every_topic_of_a_gateway_is_within_its_own_subtrees() -> None:
    """The broker's rules let a gateway read its own node and its lines, nothing else."""
    topics = Inbox("sfh-s", "gw1").subscriptions([f"{LINE}/sorter"], [LINE])
    assert all(topic.startswith((f"kouan/v1/{LINE}/", "kouan/v1/sfh-s/_gw/gw1/")) for topic in topics)
    assert len(topics) == 5
