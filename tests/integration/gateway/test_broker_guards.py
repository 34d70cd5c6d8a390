"""What paho does not guard by itself: exceptions in callbacks, a dead thread, credentials, a broker that refuses."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Mqtt
from gateway.uplink.broker import Broker, Handlers, Incoming, Will
from tests.integration.gateway.conftest import Mosquitto, Warehouse

pytestmark = [pytest.mark.servers, pytest.mark.anyio]


class Bench:
    def __init__(self, port: int, **settings: Any) -> None:
        self.messages: list[Incoming] = []
        self.pubacks: list[int] = []
        self.ups = 0
        self.downs = 0
        handlers = Handlers(self._up, self._down, self.messages.append, self.pubacks.append)
        will = Will("kouan/v1/s/_gw/g/connection", b"broken")
        self.broker = Broker(
            Mqtt(url=f"mqtt://127.0.0.1:{port}", keepalive_s=5, **settings), "test-guard", ["test/in"], handlers,
            lambda: will, 64,
        )  # fmt: skip

    def _up(self) -> None:
        self.ups += 1

    def _down(self, why: str) -> None:
        self.downs += 1


async def becomes(what: Callable[[], Any], seconds: float = 10.0) -> None:
    """Like `until`, with the event loop running on."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"never came true: {what}"
        await asyncio.sleep(0.01)


@pytest.fixture
async def bench(mosquitto: Mosquitto) -> AsyncIterator[Bench]:
    bench = Bench(mosquitto.port)
    bench.broker.start()
    await becomes(lambda: bench.broker.connected)
    yield bench
    await bench.broker.stop()


async def test_an_exception_in_a_callback_ends_nothing(bench: Bench, warehouse: Warehouse) -> None:
    """Unguarded, paho's thread would be gone while it still says connected."""
    original = bench.broker._hand_over
    failures = iter([True, True])

    def fragile(call: Callable[..., None], *args: object) -> None:
        if next(failures, False):
            raise ZeroDivisionError("a bug in a callback")
        original(call, *args)

    bench.broker._hand_over = fragile  # type: ignore[method-assign]  # the fault of this test
    for number in range(3):
        warehouse.say("test/in", str(number))
    await becomes(lambda: [m.payload for m in bench.messages] == [b"2"])
    assert bench.broker.callback_errors == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the thread dies on purpose
async def test_a_network_thread_that_dies_without_a_word_is_replaced(bench: Bench) -> None:
    client = bench.broker._client
    assert client is not None

    def die(timeout: float = 1.0) -> Any:
        raise SystemExit

    client._loop = die  # type: ignore[method-assign]  # the fault of this test
    await becomes(lambda: client._thread is None)
    assert bench.broker.connected, "nobody has told us"
    assert not bench.broker.check()
    assert bench.downs == 1
    await becomes(lambda: bench.ups == 2)
    assert bench.broker.generation == 2
    assert bench.broker.check()


async def test_a_message_of_an_earlier_connection_is_not_acknowledged_on_this_one(
    bench: Bench, warehouse: Warehouse, mosquitto: Mosquitto
) -> None:
    """The number would now mean another message; the broker sends the old one again by itself."""
    warehouse.say("test/in", "first")
    await becomes(lambda: bench.messages)
    mosquitto.kill()
    await becomes(lambda: not bench.broker.connected)
    mosquitto.start()
    await becomes(lambda: bench.ups == 2)
    sent: list[int] = []
    assert bench.broker._client is not None
    bench.broker._client.ack = lambda mid, qos: sent.append(mid)  # type: ignore[assignment,method-assign,misc,return-value]
    bench.broker.ack(bench.messages[0])
    assert sent == []


async def test_only_the_network_thread_writes_to_the_socket(bench: Bench, warehouse: Warehouse) -> None:
    """Two writers would mix their packets; and a write on the event loop could block a decision."""
    assert bench.broker._client is not None
    writers: set[str] = set()
    original = bench.broker._client.loop_write

    def spied() -> Any:
        writers.add(threading.current_thread().name)
        return original()

    bench.broker._client.loop_write = spied  # type: ignore[method-assign]  # the spy of this test
    for number in range(200):
        assert bench.broker.publish("test/out", b"%d" % number) is not None
    await becomes(lambda: len(bench.pubacks) == 200)
    assert threading.current_thread().name not in writers
    assert len(writers) == 1


async def test_the_last_word_before_the_farewell_arrives(mosquitto: Mosquitto, warehouse: Warehouse) -> None:
    for round in range(20):
        bench = Bench(mosquitto.port)
        bench.broker.start()
        await becomes(lambda bench=bench: bench.broker.connected)  # type: ignore[misc]
        bench.broker.publish("kouan/v1/s/_gw/g/connection", b'{"round": %d}' % round, retain=True)
        await bench.broker.stop()
        await becomes(lambda round=round: warehouse.retained.get("s/_gw/g/connection") == {"round": round})  # type: ignore[misc]


async def test_attempts_are_jittered(bench: Bench, mosquitto: Mosquitto) -> None:
    """Fifty gateways must not come back to a restarted broker in step."""
    assert bench.broker._client is not None
    delays: list[float] = []
    bench.broker._client.reconnect_delay_set = lambda low, high: delays.append(low)  # type: ignore[assignment,method-assign,misc]
    bench.broker._client._reconnect_min_delay = 0.01  # type: ignore[assignment]  # paho says int; see _prepare_attempt
    bench.broker._client._reconnect_max_delay = 0.01  # type: ignore[assignment]
    mosquitto.kill()
    await becomes(lambda: len(delays) >= 6)
    assert len(set(delays)) == len(delays)
    assert all(0 <= delay <= 5 for delay in delays)
    mosquitto.start()
    await becomes(lambda: bench.ups == 2)


async def test_without_a_connection_nothing_is_taken(bench: Bench, mosquitto: Mosquitto) -> None:
    assert bench.broker.publish("test/out", b"x") is not None
    await becomes(lambda: len(bench.pubacks) == 1)
    mosquitto.kill()
    await becomes(lambda: not bench.broker.connected)
    assert bench.broker.publish("test/out", b"x") is None


async def test_wrong_credentials_are_refused_and_tried_on(tmp_path: Path, mosquitto: Mosquitto) -> None:
    mosquitto.kill()
    mosquitto.refuse_everybody()
    mosquitto.start()
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    bench = Bench(mosquitto.port, username="gw", password_file=secret)
    bench.broker.start()
    await asyncio.sleep(0.5)
    assert not bench.broker.connected
    assert bench.broker.check(), "the thread lives and goes on trying"
    await bench.broker.stop()
    assert bench.broker._client is not None
    assert bench.broker._client._thread is None
