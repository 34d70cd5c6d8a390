"""Processes that die with the process that started them.

The kernel sends the parent-death signal when the starting *thread* ends, not the process. A server started from a pool
thread would therefore be killed as soon as the pool shrinks. Everything here is started by one daemon thread that lives
exactly as long as the process.
"""

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from functools import cache
from pathlib import Path
from typing import IO

_SHIM = Path(__file__).with_name("tether_exec.py")

Output = int | IO[bytes] | None


@cache
def setpriv_path() -> str | None:
    """Where a `setpriv` that knows --pdeathsig is; busybox has one that does not."""
    found = shutil.which("setpriv") if sys.platform == "linux" else None
    if found is None:
        return None
    known = subprocess.run([found, "--help"], capture_output=True, text=True, check=False)
    return found if "--pdeathsig" in known.stdout + known.stderr else None


def tethered(argv: Sequence[str], death_signal: signal.Signals = signal.SIGTERM) -> list[str]:
    """The command line that runs `argv` and gets `death_signal` when the starting thread dies."""
    setpriv = setpriv_path()
    if setpriv is not None:
        return [setpriv, "--pdeathsig", death_signal.name.removeprefix("SIG"), "--", *argv]
    return [sys.executable, "-I", "-S", str(_SHIM), str(int(death_signal)), str(os.getpid()), *argv]


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    output: Output = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` (already tethered) from the thread that never ends, in a session of its own.

    The new session keeps a terminal's Ctrl-C away from the server: the owner stops it, in order.
    """
    return _anchor().submit(_Request(tuple(argv), env, cwd, output))


class _Request:
    """One process to start, and the place where the answer goes."""

    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str] | None, cwd: Path | None, output: Output) -> None:
        self.argv, self.env, self.cwd, self.output = argv, env, cwd, output
        self.answer: Future[subprocess.Popen[bytes]] = Future()

    def carry_out(self) -> None:
        try:
            process = subprocess.Popen(
                self.argv,
                env=self.env,
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=self.output,
                stderr=subprocess.STDOUT if self.output is not None else None,
                start_new_session=True,
            )
        except BaseException as failure:
            self.answer.set_exception(failure)
        else:
            self.answer.set_result(process)


class _Anchor:
    """The thread that all tethered processes hang on."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        threading.Thread(target=self._serve, name="launch-anchor", daemon=True).start()

    def submit(self, request: _Request) -> subprocess.Popen[bytes]:
        self._requests.put(request)
        return request.answer.result()

    def _serve(self) -> None:
        while True:
            self._requests.get().carry_out()


_held: list[_Anchor] = []
_guard = threading.Lock()


def _anchor() -> _Anchor:
    """This process's anchor; a forked child gets its own, because threads do not survive a fork."""
    with _guard:
        if not _held or _held[0].pid != os.getpid():
            _held[:] = [_Anchor()]
        return _held[0]
