"""The process that outlives a killed supervisor long enough to clear up after it.

It runs `leftovers.py` with a pipe on stdin. Nothing can be sent through a pipe by the dead, so its end says all: end of
file after `bye` is an orderly end, end of file alone a kill.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self

from wms.launch import leftovers

_PAUSE_S = 0.2


class Warden:
    """Keeps one warden process alive while the supervisor lives."""

    def __init__(self, run_id: str, grace_s: float, process: asyncio.subprocess.Process) -> None:
        self._run_id, self._grace_s, self._process = run_id, grace_s, process
        self._task = asyncio.create_task(self._keep(), name="keep warden")

    @classmethod
    async def post(cls, run_id: str, grace_s: float) -> Self:
        """Start the first warden; it is there before the first child."""
        return cls(run_id, grace_s, await _start(run_id, grace_s))

    @property
    def pid(self) -> int:
        """Process id of the present warden."""
        return self._process.pid

    async def dismiss(self) -> None:
        """Tell it that all is in order, and wait until it is gone."""
        self._task.cancel()
        await asyncio.wait([self._task])
        assert self._process.stdin is not None
        with suppress(BrokenPipeError, ConnectionResetError):
            self._process.stdin.write(b"bye")
            await self._process.stdin.drain()
        self._process.stdin.close()
        await self._process.wait()

    async def _keep(self) -> None:
        while True:
            await self._process.wait()
            await asyncio.sleep(_PAUSE_S)
            self._process = await _start(self._run_id, self._grace_s)


async def _start(run_id: str, grace_s: float) -> asyncio.subprocess.Process:
    script = str(Path(leftovers.__file__))
    arguments = ("-I", "-S", script, run_id, str(grace_s))
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, stdin=pipe, start_new_session=True)
