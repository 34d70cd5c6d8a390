"""A stage for one scene: the real driver under the gateway's supervisor, on a pty or TCP, against the simulated machine."""

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from devices.drivers.outputs import DestinationRequest, Health, Output, Passing, Report, WeighRequest
from devices.drivers.registry import KINDS, build_driver
from devices.transports.opening import open_link
from firmware_sim.hosts.pty_port import PtyPort
from firmware_sim.hosts.real_time import RealTime
from firmware_sim.hosts.tcp_port import TcpPort
from firmware_sim.models.bad_line import BadLine, LineFaults
from gateway.backoff import Backoff
from gateway.clock import SystemClock
from gateway.device import Device
from tests.unit.devices.drivers.scenes import Rig, Scene

GOOD_LINE = LineFaults()


class Stage:
    """`facts` are what the driver reported about the scene, in order, each with the seconds since the machine's last byte.

    What comes twice with the same identity is recorded once and receipted, as the gateway's recorder does.
    """

    def __init__(self, scene: Scene, folder: Path, faults: LineFaults = GOOD_LINE) -> None:
        self.scene = scene
        self.facts: list[tuple[object, float]] = []
        self.states: list[str] = []
        self.receipts = True
        self._seen: set[bytes] = set()
        self._folder = folder
        self._faults = faults
        self._written_at = 0.0

    async def __aenter__(self) -> "Stage":
        loop = asyncio.get_running_loop()
        self.timers = RealTime(loop, self.scene.speed)
        self.port: PtyPort | TcpPort = TcpPort() if self.scene.tcp else PtyPort(loop, self._folder / "tty")
        self.line = BadLine(self._write, random.Random(11), self._faults)
        self.rig: Rig = self.scene.rig(self.timers, self.line.send)
        self.port.on_data = self.rig.machine.receive
        await self.plug()
        link = f"tcp:127.0.0.1:{self.port.port}" if isinstance(self.port, TcpPort) else f"serial:{self._folder / 'tty'}"
        kind = KINDS[self.scene.kind]
        keys = {"kind": kind.name, "address": "s/a/l/d", "link": link, **self.scene.config}
        if "language" in kind.settings.model_fields:
            keys["language"] = self.scene.language
        settings = kind.settings.model_validate(keys)
        clock = SystemClock()

        async def room() -> None:
            """There is always room."""

        self.device = Device(
            address="s/a/l/d", kind=kind.name, driver=build_driver(settings, clock.wall),
            open_link=lambda: open_link(settings.link_address), clock=clock,
            backoff=Backoff(random.Random(5).random, 0.02, 0.02), sink=self._sink, on_state=self._state, room=room,
        )  # fmt: skip
        self.rig.machine.power_on()
        self.task = asyncio.create_task(self.device.run())
        await self.until(lambda: self.device.connected, "connected")
        await asyncio.sleep(0.03)  # greetings, settings
        await self.rest()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task
        self.rig.machine.power_off()
        self.timers.stop()
        self.port.unplug()
        await asyncio.sleep(0)

    async def plug(self) -> None:
        if isinstance(self.port, TcpPort):
            await self.port.plug()
        else:
            self.port.plug()

    async def until(self, holds: Callable[[], bool], what: str, within_s: float = 4.0) -> None:
        deadline = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < deadline, f"never came true: {what}; facts {self.facts}, states {self.states}"
            await asyncio.sleep(0.002)

    async def play(self, number: int, *, least: int = 1, within_s: float = 4.0) -> None:
        """Let the n-th fact happen and wait until it was reported `least` times; 0 waits as long as a report could take."""
        before = len(self.facts)
        self.rig.happen(number)
        if self.scene.weigh:
            now = self.device.clock.mono()
            self.device.deliver(self.device.driver.weigh(f"t{number}", now), now)  # type: ignore[attr-defined]
        if least:
            await self.until(lambda: len(self.facts) >= before + least, f"fact {number}", within_s)
        else:
            with contextlib.suppress(AssertionError):  # the bad line may have swallowed it
                await self.until(lambda: len(self.facts) > before, f"fact {number}", 0.3 + self.scene.rest_s)
        self.rig.clear()
        await self.rest()

    async def rest(self) -> None:
        """Until the end of a fact was seen: the load is off and seen off."""
        rested = self.scene.rested
        if rested is None:
            await asyncio.sleep(self.scene.rest_s)
        else:
            await self.until(lambda: rested(self.device.driver), "empty")

    @property
    def told(self) -> list[object]:
        return [fact for fact, _ in self.facts]

    def _write(self, data: bytes) -> None:
        self._written_at = time.monotonic()
        self.port.write(data)

    def _state(self, device: Device) -> None:
        self.states.append(device.state)
        if self.scene.kind == "label_printer" and device.state == "DEGRADED":
            self.facts.append((device.detail, time.monotonic() - self._written_at))

    def _sink(self, device: Device, outputs: list[Output], at: float) -> None:
        for output in outputs:
            assert not isinstance(output, Health)
            if isinstance(output, Report | Passing | WeighRequest):
                self._receipted(device, output)
            elif isinstance(output, DestinationRequest):
                device.send(device.driver.answer(output, None))  # type: ignore[attr-defined]

    def _receipted(self, device: Device, output: Report | Passing | WeighRequest) -> None:
        fresh = output.identity is None or output.identity not in self._seen
        if output.identity is not None:
            self._seen.add(output.identity)
        fact = self.scene.fact(output.body) if isinstance(output, Report) and output.type != "alarm" else None
        if fresh and fact is not None:
            self.facts.append((fact, time.monotonic() - self._written_at))
        if output.receipt is not None and self.receipts:
            device.send(output.receipt)
