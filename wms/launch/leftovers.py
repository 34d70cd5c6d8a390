"""Processes that descend from a child of ours, found by a mark in their environment.

A process group misses whoever called setsid, and the parent's number is lost when a process in between dies. The
environment is inherited by everybody. Stand-alone: the warden loads this file without the rest of the package.
"""

import os
import signal
import sys
import time
from pathlib import Path

MARK = "KOUAN_CHILD_OF"


def find(mark: str) -> list[int]:
    """Pids of live processes whose environment says MARK=`mark` or MARK=`mark`/…; ourselves excluded.

    Empty where there is no /proc: there only process groups are known.
    """
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(pair == wanted or pair.startswith(wanted + b"/") for pair in environment):
            found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]


def end(mark: str, grace_s: float) -> int:
    """Wait `grace_s` for all marked processes to go, then kill the rest, children born meanwhile included.

    Blocks; returns how many had to be killed.
    """
    deadline = time.monotonic() + grace_s
    while find(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return kill(mark)


def kill(mark: str) -> int:
    """SIGKILL every marked process until none is found; returns how many."""
    killed: set[int] = set()
    for _ in range(100):
        alive = find(mark)
        if not alive:
            break
        for pid in alive:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            killed.add(pid)
        time.sleep(0.01)
    return len(killed)


def watch(mark: str, grace_s: float) -> None:
    """The warden: wait on stdin; `bye` means an orderly end, end of file that the supervisor was killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if sys.stdin.buffer.read() != b"bye":
        end(mark, grace_s)


if __name__ == "__main__":
    watch(sys.argv[1], float(sys.argv[2]))
