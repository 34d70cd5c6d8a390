"""One supervised device: open the link, run the session, and after every loss try again.

    INIT → CONNECTING → READY ⇄ DEGRADED → CONNECTING …      FAULT after FAULT_AFTER_S without a link, still trying
    any → STOPPED at the end

A change of state is told once, to the log and to `on_state`; a failure that repeats is not told again. A programming error
in a driver faults this device and is retried like a lost link: one bad device must not take the line down.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from devices.contract.status import DeviceState, DeviceStateName
from devices.drivers.outputs import Driver, Health, Noise, Output
from devices.drivers.session import Session
from devices.transports.link import ByteLink, LinkError, LinkLost
from gateway.backoff import Backoff
from gateway.clock import Clock
from gateway.frames import FrameRing

FAULT_AFTER_S = 10.0
log = structlog.get_logger()


@dataclass(slots=True)
class DeviceCounters:
    frames: int = 0
    garbage_bytes: int = 0
    reconnects: int = 0
    crashes: int = 0
    last_frame_at: datetime | None = None


@dataclass(slots=True, eq=False)
class Device:
    """`sink` takes the driver's outputs, `on_state` hears of every change of state, `room` waits while the disk is behind."""

    address: str
    kind: str
    driver: Driver
    open_link: Callable[[], Awaitable[ByteLink]]
    clock: Clock
    backoff: Backoff
    sink: "Callable[[Device, list[Output], float], None]"
    on_state: "Callable[[Device], None]"
    room: Callable[[], Awaitable[None]]
    silence_s: float | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    state: DeviceStateName = "INIT"
    detail: str = ""
    counters: DeviceCounters = field(default_factory=DeviceCounters)
    frames: FrameRing = field(init=False)
    since: datetime = field(init=False)
    _session: Session | None = None
    _last_byte: float = 0.0

    def __post_init__(self) -> None:
        self.frames = FrameRing(self.clock.wall)
        self.since = self.clock.wall()

    @property
    def connected(self) -> bool:
        return self._session is not None

    async def run(self) -> None:
        """Serve the device until cancelled."""
        linked_until = self.clock.mono()
        try:
            while True:
                started, links = self.clock.mono(), self.counters.reconnects
                why = await self._serve_once()
                now = self.clock.mono()
                if self.counters.reconnects > links:
                    linked_until = now
                    self.backoff.healthy_for(now - started)
                self._become("FAULT" if now - linked_until > FAULT_AFTER_S else "CONNECTING", why)
                await self.sleep(self.backoff.wait())
        finally:
            self._become("STOPPED", "")

    def send(self, data: bytes) -> bool:
        """Hand bytes to the device; False when it is not connected."""
        if self._session is None:
            return False
        try:
            self._session.send(data)
        except LinkLost:
            return False
        return True

    def deliver(self, outputs: list[Output], at: float) -> None:
        """Run outputs of the driver that were not caused by bytes from the device."""
        if self._session is None:
            self._sink(outputs, at)
            return
        try:
            self._session.deliver(outputs, at)
        except LinkLost as loss:
            log.info("write failed", device=self.address, detail=loss.detail)

    def watch_silence(self) -> None:
        """DEGRADED when nothing was heard for longer than the device is allowed to be silent."""
        if self.silence_s is not None and self.state == "READY":
            quiet = self.clock.mono() - self._last_byte
            if quiet > self.silence_s:
                self._become("DEGRADED", f"silent for {quiet:.0f} s")

    def report(self, last_seq: int) -> DeviceState:
        counters = self.counters
        return DeviceState(
            state=self.state,
            since=self.since,
            ts=self.clock.wall(),
            kind=self.kind,
            detail=self.detail[:200],
            last_frame_at=counters.last_frame_at,
            last_seq=last_seq,
            frames=counters.frames,
            garbage_bytes=counters.garbage_bytes,
            reconnects=counters.reconnects,
        )

    async def _serve_once(self) -> str:
        """One life of the link; returns why it ended."""
        if self.state == "INIT":
            self._become("CONNECTING", "")
        try:
            link = await self.open_link()
            self._session = Session(link, self.driver, self._sink, self.clock.mono, self._tap, self.room)
            self._last_byte = self.clock.mono()
            self.counters.reconnects += 1
            self._become("READY", "")
            await self._session.run()
        except LinkError as error:
            return error.detail
        except Exception as error:
            self.counters.crashes += 1
            log.exception("driver failed", device=self.address)
            return f"driver failed: {type(error).__name__}"
        finally:
            self._session = None
        return "ended"

    def _sink(self, outputs: list[Output], at: float) -> None:
        rest: list[Output] = []
        for output in outputs:
            if isinstance(output, Noise):
                self.counters.garbage_bytes += output.size
                log.debug("garbage", device=self.address, why=output.why, size=output.size)
            elif isinstance(output, Health):
                self._become("READY" if output.good else "DEGRADED", output.detail)
            else:
                rest.append(output)
        if rest:
            self.sink(self, rest, at)

    def _tap(self, direction: str, data: bytes) -> None:
        self.frames.note(direction, data)
        if direction == "rx":
            self.counters.frames += 1
            self._last_byte = self.clock.mono()
            self.counters.last_frame_at = self.clock.wall()
            if self.state == "DEGRADED" and self.detail.startswith("silent"):
                self._become("READY", "")

    def _become(self, state: DeviceStateName, detail: str) -> None:
        if state == self.state:
            self.detail = detail
            return
        before, self.state, self.detail = self.state, state, detail
        self.since = self.clock.wall()
        log.info("device", device=self.address, state=state, before=before, detail=detail)
        self.on_state(self)
