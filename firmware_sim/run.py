"""A line in real time: ptys, a socket, a folder of manifests and a file for the truth around one world."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from firmware_sim import manifest
from firmware_sim.hosts.progress import ProgressBar
from firmware_sim.hosts.pty_port import PtyPort
from firmware_sim.hosts.real_time import RealTime
from firmware_sim.hosts.sorter_server import SorterServer
from firmware_sim.scenario import Scenario
from firmware_sim.truth import TruthFile
from firmware_sim.world import Clocks, World, device_names

_LOOK_S = 0.5
GIVE_UP_S = 120.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for. `parcels` None: as many as are announced."""

    spool: Path
    tty_dir: Path
    sorter_port: int
    truth: Path
    parcels: int | None = None
    speed: float = 1.0
    seed: int = 1
    exit: bool = False
    progress: bool = False
    give_up_s: float = GIVE_UP_S


class Run:
    """Owns everything that has to be closed. `outcome` is the exit code once it is set."""

    def __init__(self, scenario: Scenario, options: Options, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self._loop = asyncio.get_running_loop()
        self._outcome: asyncio.Future[int] = self._loop.create_future()
        self._spool = manifest.Spool(options.spool)
        self._time = RealTime(self._loop, options.speed)
        self._ports = {name: PtyPort(self._loop, options.tty_dir / name) for name in device_names(scenario)}
        self._file = options.truth.open("w", encoding="utf-8")
        self._truth = TruthFile(self._file)
        clocks = Clocks(self._time, lambda: datetime.now(UTC), time.monotonic, options.speed)
        self._world = World(scenario, options.seed, clocks, self._ports, self._truth.write, options.parcels)
        self._server = SorterServer(self._world)
        self._bar = ProgressBar(options.parcels) if options.progress else None
        self._last_state: tuple[int, int, int] = (-1, -1, -1)
        self._last_change_s = time.monotonic()

    async def until_done(self) -> int:
        """Run until finished, stopped by a signal, or stuck; the exit code."""
        self._loop.set_exception_handler(self._broken)
        started_s = time.monotonic()
        try:
            for name in (signal.SIGINT, signal.SIGTERM):
                self._loop.add_signal_handler(name, self._end, 0)
            for port in self._ports.values():
                port.plug()
            port_no = await self._server.listen(self._options.sorter_port)
            self._say(f"sorter on 127.0.0.1:{port_no}, serial devices in {self._options.tty_dir}")
            self._look()
            return await self._outcome
        finally:
            self._close(time.monotonic() - started_s)

    def _look(self) -> None:
        """Twice a second: new manifests, progress, the end. Everything else happens by events."""
        for path in self._spool.fresh():
            try:
                self._world.offer(manifest.read(path))
            except manifest.ManifestError as error:
                self._say(f"manifest ignored: {error}")
        if self._bar is not None:
            self._bar.show(self._world.tally)
        self._judge()
        self._loop.call_later(_LOOK_S, self._look)

    def _judge(self) -> None:
        tally, world = self._world.tally, self._world
        if not self._options.exit:
            return
        wanted = tally.inducted + world.waiting if self._options.parcels is None else self._options.parcels
        if 0 < wanted <= tally.finished and not world.unacknowledged:
            self._end(0)
        state = (tally.inducted, tally.finished, world.unacknowledged)
        now = time.monotonic()
        if state != self._last_state:
            self._last_state, self._last_change_s = state, now
        elif now - self._last_change_s > self._options.give_up_s:
            self._say(
                f"no progress for {self._options.give_up_s:.0f} s: {tally.finished} of {wanted} items finished, "
                f"{world.waiting} waiting, {world.unacknowledged} telegrams unacknowledged, "
                f"host {'connected' if self._server.current else 'not connected'}"
            )
            self._end(1)

    def _broken(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A line whose model raised is no witness any more: stop and say why."""
        self._loop.default_exception_handler(context)
        self._say(f"stopped by a fault of its own: {context.get('exception') or context['message']!r}")
        self._end(1)

    def _end(self, code: int) -> None:
        if not self._outcome.done():
            self._outcome.set_result(code)

    def _close(self, elapsed_s: float) -> None:
        self._time.stop()
        self._server.close()
        for port in self._ports.values():
            port.unplug()
        if self._bar is not None:
            self._bar.show(self._world.tally)
            self._bar.close()
        world, connections = self._world, self._server.connections
        self._truth.write(
            {**world.tally.record(), "unacknowledged": world.unacknowledged, "resent": world.resent,
             "connections": connections, "garbage_bytes": world.garbage, "elapsed_s": round(elapsed_s, 3)}
        )  # fmt: skip
        self._file.close()


def run(scenario: Scenario, options: Options) -> int:
    """Run a line until it is done; the exit code."""

    def say(text: str) -> None:
        sys.stderr.write(f"firmware_sim: {text}\n")
        sys.stderr.flush()

    async def main() -> int:
        return await Run(scenario, options, say).until_done()

    for folder in (options.spool, options.tty_dir, options.truth.parent):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            return asyncio.run(main())
        return 0
    except OSError as error:
        say(str(error))
        return 1
