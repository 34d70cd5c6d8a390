"""Logs of children that cannot fill the disk.

A child writes to its file directly, in append mode: it never waits for the supervisor and outlives its hiccups. Every
second a file that has grown beyond the limit is copied to `.1` and cut to nothing. What is written between copy and cut
is lost, and a child that writes madly may exceed the limit by one second's worth.
"""

import os
import shutil
from pathlib import Path
from typing import IO


def open_log(path: Path) -> IO[bytes]:
    """Open a child's log for appending, readable by its owner alone: logs may quote waybills and names."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    return os.fdopen(descriptor, "ab", buffering=0)


def keep_below(path: Path, limit_bytes: int) -> bool:
    """Move the content of a log that is over the limit to `<name>.1`; whether it was."""
    try:
        if path.stat().st_size <= limit_bytes:
            return False
        shutil.copyfile(path, path.with_name(path.name + ".1"))
        os.truncate(path, 0)
    except FileNotFoundError:
        return False
    return True
