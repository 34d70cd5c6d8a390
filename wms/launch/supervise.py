"""Keep servers and child processes running, end them in order, and leave nothing behind however we die.

    async with Supervisor(run_dir) as kept:
        url = await kept.server(PostgresServer(...))
        await kept.child(ChildSpec("api", [...]))
        await kept.until_signal()

- Started in the order of the calls, stopped in the opposite order.
- What dies is started again after a growing, jittered pause; so a killed PostgreSQL or broker comes back by itself.
- When this process is killed, the kernel signals every child, and a warden (a process of its own that notices the closed
  pipe) kills after a grace whatever carries our mark, grandchildren included.

The loop must run in a thread that lives as long as the process, normally the main one: the kernel's death signal follows
the thread that started the child.
"""

import asyncio
import logging
import random
import secrets
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from wms.launch.backoff import Backoff
from wms.launch.child import Child, ChildSpec
from wms.launch.failure import LaunchError
from wms.launch.keeper import ChildStatus, Keeper, KeptServer, Server
from wms.launch.log_cap import keep_below
from wms.launch.warden import Warden

__all__ = ["Backoff", "ChildSpec", "ChildStatus", "Server", "Supervisor"]

_log = logging.getLogger(__name__)


class Supervisor:
    """Everything that `kouan up` keeps alive. Logs of children go to `run_dir/logs/<name>.log`."""

    def __init__(
        self,
        run_dir: Path,
        *,
        log_limit_bytes: int = 16 * 1024 * 1024,
        grace_s: float = 10.0,
        backoff: Backoff | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._run_dir = run_dir.absolute()
        self._run_id = secrets.token_hex(8)
        self._log_limit_bytes, self._grace_s = log_limit_bytes, grace_s
        self._backoff, self._chance = backoff or Backoff(), chance or random.Random()
        self._keepers: list[Keeper] = []
        self._hurry = asyncio.Event()
        self._log_capper: asyncio.Task[None] | None = None
        self.warden: Warden | None = None

    async def server(self, server: Server) -> str:
        """Start a server, keep it from now on, and return its URL; LaunchError when it cannot be started."""
        await self._keep(KeptServer(server))
        return server.start()  # runs already: this only asks for the URL

    async def child(self, spec: ChildSpec) -> None:
        """Start a child, keep it from now on, and wait until it is ready if it can say so."""
        keeper = await self._keep(Child(spec, self._run_dir / "logs", self._run_id))
        if spec.ready is None:
            return
        deadline = time.monotonic() + spec.ready_within_s
        while not await spec.ready():
            if keeper.finished.is_set() or time.monotonic() > deadline:
                raise LaunchError(f"{spec.name} does not become ready; see {keeper.kept.log_path}")
            await asyncio.sleep(0.05)

    def status(self) -> list[ChildStatus]:
        """One entry for each server and child, in the order they were started."""
        return [keeper.status() for keeper in self._keepers]

    async def until_done(self, name: str) -> int | None:
        """Wait until a child with restart policy `never` or `on_failure` is done; its exit code."""
        keeper = next(keeper for keeper in self._keepers if keeper.kept.name == name)
        await keeper.finished.wait()
        return keeper.last_exit

    async def until_signal(self, *also: asyncio.Event) -> None:
        """Wait for SIGINT, SIGTERM or one of the events. A second signal makes the end quick."""
        loop = asyncio.get_running_loop()
        asked = asyncio.Event()

        def on_signal() -> None:
            (self._hurry if asked.is_set() else asked).set()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal)
        waiting = [asyncio.create_task(event.wait()) for event in (asked, *also)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
            asked.set()

    async def stop(self) -> None:
        """End everything, last started first; each gets its grace, unless a second signal came."""
        while self._keepers:
            keeper = self._keepers[-1]
            try:
                await self._end(keeper)
            except Exception:
                _log.exception("%s did not stop in order", keeper.kept.name)
            self._keepers.remove(keeper)
        if self._log_capper is not None:
            self._log_capper.cancel()
            await asyncio.wait([self._log_capper])
        warden, self.warden = self.warden, None
        if warden is not None:
            await warden.dismiss()

    async def __aenter__(self) -> Self:
        self._run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.warden = await Warden.post(self._run_id, self._grace_s)
        self._log_capper = asyncio.create_task(self._cap_logs(), name="cap logs")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    # -- how it is done ----------------------------------------------------------------------------------------------

    async def _keep(self, kept: Child | KeptServer) -> Keeper:
        if any(keeper.kept.name == kept.name for keeper in self._keepers):
            raise ValueError(f"{kept.name} is kept already")
        keeper = Keeper(kept, self._backoff, self._chance)
        self._keepers.append(keeper)  # before the start: a cancelled start must be stopped too
        await keeper.start()
        return keeper

    async def _end(self, keeper: Keeper) -> None:
        """Stop one thing; when a second signal comes meanwhile, a child loses the rest of its grace."""
        grace_s = keeper.kept.spec.grace_s if isinstance(keeper.kept, Child) else self._grace_s
        ending = asyncio.create_task(keeper.stop(grace_s))
        hurried = asyncio.create_task(self._hurry.wait())
        await asyncio.wait([ending, hurried], return_when=asyncio.FIRST_COMPLETED)
        if not ending.done() and isinstance(keeper.kept, Child):
            ending.cancel()
            await asyncio.wait([ending])
            ending = asyncio.create_task(keeper.stop(0.0))
        hurried.cancel()
        await ending

    async def _cap_logs(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            for keeper in self._keepers:
                keep_below(keeper.kept.log_path, self._log_limit_bytes)
