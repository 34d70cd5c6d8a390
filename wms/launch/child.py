"""A child process: how it is started, and how it is ended with everything it started itself."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from wms.launch import leftovers
from wms.launch.log_cap import open_log
from wms.launch.tether import tethered

Restart = Literal["always", "on_failure", "never"]


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """A program to keep running.

    `env` is added to our own environment. `restart` says what its end means: `on_failure` treats exit code 0 as done.
    `ready` is asked until it says yes before the next child is started.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    restart: Restart = "always"
    grace_s: float = 10.0
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_within_s: float = 60.0


class Child:
    """One supervised process. Its descendants carry the mark `<run id>/<name>`."""

    kind = "child"

    def __init__(self, spec: ChildSpec, logs: Path, run_id: str) -> None:
        self.name = spec.name
        self.spec = spec
        self.log_path = logs / f"{spec.name}.log"
        self._mark = f"{run_id}/{spec.name}"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Process id, None when it does not run."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start the program in a session of its own, tied to the thread of this loop."""
        environment = {**os.environ, **self.spec.env, leftovers.MARK: self._mark}
        with open_log(self.log_path) as log:
            self._process = await asyncio.create_subprocess_exec(
                *tethered(self.spec.argv, signal.SIGTERM),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=self.spec.cwd,
                start_new_session=True,
            )

    async def ended(self) -> int:
        """Wait for its end and clear away what it left; the exit code, negative for a signal."""
        assert self._process is not None
        code = await self._process.wait()
        await self._clear()
        return code

    async def stop(self, grace_s: float) -> None:
        """SIGTERM to the program, which ends its own children in its own order; SIGKILL to all that is left."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), grace_s)
        await self._clear()
        await process.wait()

    async def _clear(self) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await asyncio.to_thread(leftovers.kill, self._mark)
