"""A driver on a link that misbehaves: every output in order, timers kept, and always told when the link is gone."""

import asyncio
import random
from collections.abc import Iterable

import pytest

from devices.contract.events import Scan, Weight
from devices.drivers.mt_sics_scale import MtSicsScale
from devices.drivers.outputs import Driver, Output, Report
from devices.drivers.session import Session
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols.plain_serial import ScanMessage, ScannerFormat, encode
from devices.transports.link import LinkLost
from devices.transports.memory import memory_pair

pytestmark = pytest.mark.anyio


async def room() -> None:
    """There is always room."""


class Bench:
    """A session on one end of a memory link; the test is the machine at the other."""

    def __init__(self, driver: Driver) -> None:
        self.outputs: list[Output] = []
        self.frames: list[tuple[str, bytes]] = []
        self.now = 0.0
        ours, self.machine = memory_pair()
        self.session = Session(
            ours, driver, lambda outputs, at: self.outputs.extend(outputs), lambda: self.now,
            lambda *frame: self.frames.append(frame), room,
        )  # fmt: skip
        self.task = asyncio.create_task(self.session.run())

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    async def unplug(self) -> None:
        self.machine.close()
        with pytest.raises(LinkLost):
            await self.task

    def bodies(self) -> list[object]:
        return [output.body for output in self.outputs if isinstance(output, Report)]


def frame(number: int) -> bytes:
    return encode(ScannerFormat(), ScanMessage(f"{number:020d}", (("C0", f"CODE{number}"),), "good"))


async def test_frames_in_any_split_and_between_noise_all_arrive() -> None:
    bench = Bench(TunnelScanner(ScannerFormat()))
    dice = random.Random(5)

    def chop(data: bytes) -> Iterable[bytes]:
        cuts = sorted(dice.sample(range(1, len(data)), 3))
        noise = bytes(dice.choices(range(0x20, 0x7F), k=dice.randrange(5)))
        return [noise, *(data[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True))]

    bench.machine.fault = chop
    for number in range(100):
        bench.machine.write(frame(number))
        await bench.settle()
    assert [body.tid for body in bench.bodies() if isinstance(body, Scan)] == [
        f"{number:020d}" for number in range(100)
    ]
    await bench.unplug()


async def test_a_damaged_frame_costs_itself_only() -> None:
    bench = Bench(TunnelScanner(ScannerFormat()))
    bench.machine.write(frame(1))
    bench.machine.write(frame(2)[:-10])
    bench.machine.write(frame(3))
    await bench.settle()
    assert [body.tid for body in bench.bodies() if isinstance(body, Scan)] == [f"{1:020d}", f"{3:020d}"]
    await bench.unplug()


async def test_an_unplug_in_the_middle_of_a_weighing_ends_the_weighing() -> None:
    scale = MtSicsScale()
    bench = Bench(scale)
    await bench.settle()
    bench.machine.write(b'I4 A "1"\r\n')
    await bench.settle()
    bench.session.deliver(scale.weigh("t1", 0.0), 0.0)
    await bench.settle()
    bench.machine.write(b"S S      1.0")
    await bench.unplug()
    assert bench.bodies() == [Weight(tid="t1", outcome="error", weight_g=None)]
    assert [data for direction, data in bench.frames if direction == "tx"] == [b"@\r\n", b"S\r\n"]


async def test_the_timer_of_a_driver_does_not_cancel_the_read() -> None:
    scale = MtSicsScale(answer_within_s=3.0)
    bench = Bench(scale)
    await bench.settle()
    for _ in range(3):
        bench.now += 3.0
        bench.session._ring()
        await bench.settle()
    assert [data for direction, data in bench.frames if direction == "tx"] == [b"@\r\n"] * 4
    bench.machine.write(b'I4 A "1"\r\n')
    await bench.settle()
    assert scale.due() is None
    await bench.unplug()


async def test_sending_on_a_lost_link_says_so() -> None:
    bench = Bench(TunnelScanner(ScannerFormat()))
    await bench.settle()
    await bench.unplug()
    with pytest.raises(LinkLost):
        bench.session.send(b"x")
