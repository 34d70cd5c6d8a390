"""A run of chaos: machines at work, faults by a seeded dice, then peace, and the count."""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.machines import Scanner, Sorter, disk_full, resident_mb
from tests.chaos.proxy import Proxy
from tests.chaos.warehouse import Warehouse
from tests.integration.gateway.conftest import GW, ROOT, GatewayProcess, Mosquitto

_PEACE_S = 90.0


@dataclass(slots=True)
class Outcome:
    """`lost`, `doubled`: reports of the sorter that did not take effect, or more than once. `scans_missed`: frames on the wire
    while nobody could have read them; a scanner does not repeat."""

    events: int = 0
    parcels: int = 0
    lost: int = 0
    doubled: int = 0
    phantoms: int = 0
    holes: int = 0
    changed: int = 0
    scans_written: int = 0
    scans_missed: int = 0
    repeated_by_sorter: int = 0
    heard_again: int = 0
    peak_mb: float = 0.0
    faults: dict[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not (self.lost or self.doubled or self.phantoms or self.holes or self.changed)


class SkewedGateway(GatewayProcess):
    """The gateway, through the proxy, with a clock that jumps."""

    def __init__(self, folder: Path, broker_port: int) -> None:
        super().__init__(folder, broker_port, scanners=["scanner1"], scales={})
        self.clock = folder / "clock"
        self.clock.write_text("0")

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.chaos.skewed_gateway", "run", "--config", str(self.config)]
        env = os.environ | {"KOUAN_CHAOS_CLOCK": str(self.clock)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--log-level", "warning"], cwd=ROOT, env=env, stderr=log, stdout=log
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid


class Chaos:
    def __init__(self, folder: Path, seed: int) -> None:
        self._folder = folder
        self._rng = random.Random(seed)
        self.outcome = Outcome()
        (folder / "tty").mkdir(exist_ok=True)

    async def run(self, seconds: float, rate: float) -> Outcome:
        broker = Mosquitto(self._folder)
        broker.start()
        self._proxy = Proxy(broker.port)
        await self._proxy.listen()
        self._broker, self._gateway = broker, SkewedGateway(self._folder, self._proxy.port)
        self._sorter = Sorter(random.Random(self._rng.random()))
        self._scanner = Scanner(random.Random(self._rng.random()), self._folder / "tty" / "scanner1")
        self._warehouse = Warehouse(broker.port, f"{GW}/ack", self._rng.randrange(2**32))
        await self._sorter.listen(self._gateway.sorter_port)
        self._gateway.start()
        try:
            await self._work(seconds, rate)
        finally:
            self._scanner.close()
            self._sorter.close()
            self._warehouse.close()
            self._gateway.kill()
            broker.kill()
            await self._proxy.close()
        return self.outcome

    async def _work(self, seconds: float, rate: float) -> None:
        until = asyncio.get_running_loop().time() + seconds
        sorter = asyncio.create_task(self._sorter.run(rate, until))
        scanner = asyncio.create_task(self._scanner.run(rate / 4, until))
        await asyncio.sleep(3.0)
        while asyncio.get_running_loop().time() < until - 3.0:
            await self._strike()
            self.outcome.peak_mb = max(self.outcome.peak_mb, resident_mb(self._gateway.pid))
            if self._gateway.ended():
                self._gateway.start()  # what a service manager does
        await scanner
        await self._peace()
        sorter.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await sorter
        self._count()

    async def _strike(self) -> None:
        name, fault = self._rng.choice(self._faults())
        self.outcome.faults[name] = self.outcome.faults.get(name, 0) + 1
        await fault()
        await asyncio.sleep(self._rng.uniform(0.5, 3.0))

    def _faults(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        return [
            ("gateway_killed", self._kill_gateway), ("broker_killed", self._kill_broker), ("network_cut", self._cut),
            ("network_stalled", lambda: self._proxy.stand_still(self._rng.uniform(0.5, 4.0))),
            ("disk_full", self._fill_disk), ("clock_jumped", self._jump), ("controller_hung_up", self._hang_up),
            ("scanner_unplugged", lambda: self._scanner.unplug(self._rng.uniform(0.1, 1.5))),
            ("warehouse_crashed", lambda: asyncio.to_thread(self._warehouse.crash)),
        ]  # fmt: skip

    async def _kill_gateway(self) -> None:
        self._gateway.kill()
        await asyncio.sleep(self._rng.uniform(0.0, 1.5))
        self._gateway.start()

    async def _kill_broker(self) -> None:
        self._broker.kill()
        await asyncio.sleep(self._rng.uniform(0.2, 3.0))
        await asyncio.to_thread(self._broker.start)

    async def _cut(self) -> None:
        self._proxy.cut()

    async def _hang_up(self) -> None:
        self._sorter.hang_up()

    async def _fill_disk(self) -> None:
        disk_full(self._gateway.pid, True)
        await asyncio.sleep(self._rng.uniform(0.5, 2.0))
        disk_full(self._gateway.pid, False)

    async def _jump(self) -> None:
        self._gateway.clock.write_text(str(self._rng.choice((-3600, 3600, 0))))

    async def _peace(self) -> None:
        """Until everything has arrived, or for `_PEACE_S`."""
        if self._gateway.ended():
            self._gateway.start()
        deadline = asyncio.get_running_loop().time() + _PEACE_S
        wanted = 2 * len(self._sorter.tids)
        while asyncio.get_running_loop().time() < deadline:
            if not self._sorter.unacknowledged and self._applied() >= wanted and not self._warehouse.holes:
                break
            await asyncio.sleep(0.2)
        await asyncio.sleep(2.0)  # a doubled one would come now

    def _applied(self) -> int:
        effects = self._warehouse.effects
        return sum(1 for tid in self._sorter.tids for type in ("induct", "sort_conf") if effects[type, tid])

    def _count(self) -> None:
        out, effects = self.outcome, self._warehouse.effects
        wanted = [(type, tid) for tid in self._sorter.tids for type in ("induct", "sort_conf")]
        out.events, out.parcels = self._warehouse.events, len(self._sorter.tids)
        out.lost = sum(1 for one in wanted if effects[one] == 0)
        out.doubled = sum(1 for one in wanted if effects[one] > 1)
        known = set(wanted)
        for (type, what), times in effects.items():
            if type == "scan":
                out.phantoms += what not in self._scanner.written
                out.doubled += max(0, times - self._scanner.written[what])
            elif type in ("induct", "sort_conf"):
                out.phantoms += (type, what) not in known
        out.holes, out.changed, out.heard_again = self._warehouse.holes, self._warehouse.changed, self._warehouse.again
        out.scans_written = self._scanner.written.total()
        heard = sum(times for (type, _), times in effects.items() if type == "scan")
        out.scans_missed = out.scans_written - heard
        out.repeated_by_sorter = self._sorter.repeated
