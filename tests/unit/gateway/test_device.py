"""The supervisor of one device: its states, its patience, and that one bad device stays one bad device."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from devices.drivers.outputs import Health, Noise, Output
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols.plain_serial import ScannerFormat
from devices.transports.link import ByteLink, LinkRefused
from devices.transports.memory import MemoryLink, memory_pair
from gateway.backoff import Backoff
from gateway.device import FAULT_AFTER_S, Device
from tests.unit.gateway.clocks import FakeClock

pytestmark = pytest.mark.anyio


class CarelessDriver(TunnelScanner):
    """Says whatever the test wants, and breaks on demand."""

    def __init__(self) -> None:
        super().__init__(ScannerFormat())
        self.says: list[Output] = []
        self.broken = False

    def feed(self, data: bytes, now: float) -> list[Output]:
        if self.broken:
            raise ZeroDivisionError("a bug")
        return self.says


class Bench:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.driver = CarelessDriver()
        self.refuse = False
        self.wire: MemoryLink | None = None
        self.waits: list[float] = []
        self.states: list[str] = []
        self.outputs: list[Output] = []
        self.device = Device(
            address="s/a/l/d", kind="tunnel_scanner", driver=self.driver, open_link=self.open, clock=self.clock,
            backoff=Backoff(lambda: 1.0), sink=lambda device, out, at: self.outputs.extend(out),
            on_state=lambda device: self.states.append(device.state), silence_s=5.0, room=room, sleep=self.sleep,
        )  # fmt: skip
        self._go = asyncio.Event()
        self.task = asyncio.create_task(self.device.run())

    async def open(self) -> ByteLink:
        if self.refuse:
            raise LinkRefused("no such port")
        ours, self.wire = memory_pair()
        return ours

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(seconds)
        self._go.clear()
        await self._go.wait()

    async def retry(self) -> None:
        self._go.set()
        await settle()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def room() -> None:
    """There is always room."""


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    await settle()
    yield bench
    await bench.stop()


async def test_a_device_comes_up_and_ends_stopped(bench: Bench) -> None:
    assert bench.states == ["CONNECTING", "READY"]
    assert bench.device.connected
    await bench.stop()
    assert bench.states[-1] == "STOPPED"
    assert not bench.device.connected


async def test_an_unplug_is_said_once_and_tried_again_with_growing_waits(bench: Bench) -> None:
    assert bench.wire is not None
    bench.refuse = True
    bench.wire.close()
    await settle()
    for _ in range(4):
        await bench.retry()
    assert bench.states == ["CONNECTING", "READY", "CONNECTING"]
    assert bench.waits == [0.2, 0.4, 0.8, 1.6, 3.2]
    bench.refuse = False
    await bench.retry()
    assert bench.states[-1] == "READY"
    assert bench.device.counters.reconnects == 2


async def test_a_device_that_stays_away_is_a_fault_until_it_is_back(bench: Bench) -> None:
    assert bench.wire is not None
    bench.refuse = True
    bench.wire.close()
    await settle()
    bench.clock.advance(FAULT_AFTER_S)
    await bench.retry()
    assert bench.states[-1] == "FAULT"
    assert bench.device.detail == "no such port"
    bench.refuse = False
    await bench.retry()
    assert bench.states[-1] == "READY"


async def test_a_bug_in_a_driver_is_a_lost_link_of_this_device(bench: Bench) -> None:
    assert bench.wire is not None
    bench.driver.broken = True
    bench.wire.write(b"x")
    await settle()
    assert bench.device.counters.crashes == 1
    assert bench.device.detail == "driver failed: ZeroDivisionError"
    bench.driver.broken = False
    await bench.retry()
    assert bench.device.state == "READY"


async def test_what_the_driver_says_of_its_health_becomes_the_state(bench: Bench) -> None:
    assert bench.wire is not None
    for good in (False, True):
        bench.driver.says = [Health(good, "" if good else "no answer"), Noise(7, "noise")]
        bench.wire.write(b"x")
        await settle()
    assert bench.states[2:] == ["DEGRADED", "READY"]
    assert bench.device.counters.garbage_bytes == 14
    assert bench.outputs == []


async def test_silence_is_a_degraded_device_until_it_speaks(bench: Bench) -> None:
    assert bench.wire is not None
    bench.clock.advance(5.1)
    bench.device.watch_silence()
    assert (bench.device.state, bench.device.detail) == ("DEGRADED", "silent for 5 s")
    bench.wire.write(b"x")
    await settle()
    assert bench.device.state == "READY"


async def test_nothing_can_be_sent_without_a_link(bench: Bench) -> None:
    assert bench.device.send(b"x")
    assert bench.wire is not None
    bench.wire.close()
    assert not bench.device.send(b"x")
    await settle()
    assert not bench.device.send(b"x")


async def test_the_report_counts_what_came(bench: Bench) -> None:
    assert bench.wire is not None
    bench.wire.write(b"x")
    await settle()
    report = bench.device.report(last_seq=9)
    assert (report.state, report.frames, report.reconnects, report.last_seq) == ("READY", 1, 1, 9)
    assert report.last_frame_at == bench.clock.wall()
