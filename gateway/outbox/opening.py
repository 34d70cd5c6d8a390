"""Opening the outbox file: one owner, a checked file, a fresh boot id.

A damaged file is renamed aside with its WAL, never repaired in place and never deleted: what it held can be salvaged by a
person while the line runs on. The boot counter is kept in a small file of its own as well, so that boots still sort after
the outbox file was lost.
"""

import fcntl
import os
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.outbox.schema import connect, create

FILE = "outbox.sqlite3"
_COUNTER = "boot_counter"


class AlreadyRunning(RuntimeError):
    """Another gateway holds this data directory."""


@dataclass(frozen=True, slots=True)
class Opened:
    """`damaged` is where a corrupt predecessor lies now, None when the file was good."""

    path: Path
    writer: sqlite3.Connection
    reader: sqlite3.Connection
    boot: str
    damaged: Path | None
    lock_fd: int


def open_file(folder: Path, now: datetime) -> Opened:
    """Lock the folder, open or replace the file, take the next boot id. AlreadyRunning when the folder is in use."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    path = folder / FILE
    damaged = None
    if path.exists() and not _is_sound(path):
        damaged = _set_aside(path, now)
    writer = connect(str(path))
    create(writer)
    boot = _next_boot(writer, folder)
    return Opened(path, writer, connect(str(path)), boot, damaged, lock)


def _lock(folder: Path) -> int:
    fd = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        raise AlreadyRunning(f"{folder} is in use by another gateway") from None
    return fd


def _is_sound(path: Path) -> bool:
    connection = None
    try:
        connection = sqlite3.connect(str(path))
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.DatabaseError:
        return False
    finally:
        if connection is not None:
            connection.close()


def _set_aside(path: Path, now: datetime) -> Path:
    mark = f".corrupt-{now:%Y%m%dT%H%M%S%f}"
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(path.name + mark + suffix))
    return path.with_name(path.name + mark)


def _next_boot(connection: sqlite3.Connection, folder: Path) -> str:
    row = connection.execute("SELECT value FROM meta WHERE key = 'boot'").fetchone()
    count = max(int(row[0]) if row else 0, _read_counter(folder)) + 1
    _write_counter(folder, count)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('boot', ?)", (str(count),))
    return f"{count:08d}-{secrets.token_hex(4)}"


def _read_counter(folder: Path) -> int:
    try:
        return int((folder / _COUNTER).read_text())
    except (OSError, ValueError):
        return 0


def _write_counter(folder: Path, count: int) -> None:
    fresh = folder / f"{_COUNTER}.new"
    with fresh.open("w") as file:
        file.write(str(count))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / _COUNTER)
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
