"""Keep one server or child running until told to stop."""

import asyncio
import logging
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from wms.launch.backoff import Backoff
from wms.launch.child import Child

State = Literal["starting", "running", "waiting", "done", "stopped"]

_LOOK_EVERY_S = 0.25
_log = logging.getLogger(__name__)


class Server(Protocol):
    """What the supervisor needs of a server that starts itself (PostgresServer, Broker)."""

    name: str
    log_path: Path

    @property
    def pid(self) -> int | None:
        """Process id, None when it does not run."""

    def start(self) -> str:
        """Start it, or return its URL when it runs already; may block."""

    def stop(self) -> None:
        """Stop it in order; may block."""

    def alive(self) -> bool:
        """Whether its process runs; must not block."""


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """How one server or child is doing. `last_exit` is its last exit code, negative for a signal."""

    name: str
    kind: str
    state: State
    pid: int | None
    restarts: int
    up_s: float
    last_exit: int | None
    log_path: Path


class KeptServer:
    """A Server behind the face that Child has."""

    kind = "server"

    def __init__(self, server: Server) -> None:
        self.name, self.log_path, self.server = server.name, server.log_path, server
        self._starting: asyncio.Future[str] | None = None

    @property
    def pid(self) -> int | None:
        """Process id, None when it does not run."""
        return self.server.pid

    async def start(self) -> None:
        """Start it in a thread. Cancelling the wait does not stop the thread, so `stop` waits for it."""
        self._starting = asyncio.ensure_future(asyncio.to_thread(self.server.start))
        await asyncio.shield(self._starting)

    async def ended(self) -> int | None:
        """Wait for its end; its exit code is its own affair."""
        while self.server.alive():  # noqa: ASYNC110 - a process has no event to wait for, its owner polls it
            await asyncio.sleep(_LOOK_EVERY_S)
        return None

    async def stop(self, grace_s: float) -> None:
        """Stop it with its own idea of grace: a database writes its checkpoint."""
        if self._starting is not None:
            await asyncio.wait([self._starting])
            self._starting.exception()  # a failed start was reported where it was awaited
        await asyncio.to_thread(self.server.stop)


class Keeper:
    """Starts one thing, starts it again whenever it dies, and stops it."""

    def __init__(self, kept: Child | KeptServer, backoff: Backoff, chance: random.Random) -> None:
        self.kept = kept
        self.state: State = "starting"
        self.finished = asyncio.Event()
        self.last_exit: int | None = None
        self._restarts = 0
        self._since = time.monotonic()
        self._backoff, self._chance = backoff, chance
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start for the first time, errors to the caller; from then on keep it."""
        await self.kept.start()
        self._enter("running")
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.kept.name}")

    async def stop(self, grace_s: float) -> None:
        """Stop keeping it, then stop it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self.kept.stop(grace_s)
        if self.state != "done":
            self._enter("stopped")

    def status(self) -> ChildStatus:
        """How it is doing now."""
        up_s = time.monotonic() - self._since if self.state == "running" else 0.0
        kept = self.kept
        return ChildStatus(
            kept.name, kept.kind, self.state, kept.pid, self._restarts, up_s, self.last_exit, kept.log_path
        )

    async def _keep(self) -> None:
        failures = 0
        while True:
            self.last_exit = await self.kept.ended()
            ran_for_s = time.monotonic() - self._since
            if self._is_done():
                self._enter("done")
                return
            _log.warning("%s ended after %.1f s (%s)", self.kept.name, ran_for_s, self.last_exit)
            failures = self._backoff.next_count(failures, ran_for_s)
            failures = await self._start_again(failures)

    async def _start_again(self, failures: int) -> int:
        """Pause and start until it starts; the number of failures in a row."""
        while True:
            self._enter("waiting")
            await asyncio.sleep(self._backoff.delay_s(failures, self._chance))
            try:
                await self.kept.start()
            except Exception as error:  # whatever the cause, the next attempt may succeed, and nobody else will try
                failures += 1
                _log.error("%s does not start: %s", self.kept.name, error)
                continue
            self._restarts += 1
            self._enter("running")
            return failures

    def _is_done(self) -> bool:
        policy = self.kept.spec.restart if isinstance(self.kept, Child) else "always"
        return policy == "never" or (policy == "on_failure" and self.last_exit == 0)

    def _enter(self, state: State) -> None:
        self.state = state
        self._since = time.monotonic()
        if state in ("done", "stopped"):
            self.finished.set()
