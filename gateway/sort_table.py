"""The sort table of each line: the newest version of every part, on disk, so that a restart without a broker still sorts.

Parts are the plan and the buckets of the directory. A part replaces its predecessor only when its version is higher; what
is malformed, older or of another line is refused and counted, and the line goes on with what it has. A plan that is not
valid yet waits beside the one in force. Parts live in a file of their own, written in a thread of its own: they can be
fetched again from the broker, so they must not queue before events that cannot.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from devices.contract.envelope import MAX_PAYLOAD_BYTES
from devices.contract.sort_table import DirectoryBucket, Entry, SortPlan, bucket_of

PLAN = -1
"""Stands for the plan where a bucket number is expected."""
NO_PART = -2
"""A topic that names no part: whatever comes on it is refused as wrong_bucket."""
_FILE = "sort_table.sqlite3"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS part (
    line TEXT NOT NULL, bucket INTEGER NOT NULL, version INTEGER NOT NULL, payload BLOB NOT NULL,
    PRIMARY KEY (line, bucket)
) WITHOUT ROWID
"""
_Wish = tuple[str, str, int | None, bool]


class Refused(ValueError):
    """A part that is not taken; `code` says why: too_large, malformed, foreign_line, wrong_bucket, older."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SortTable:
    """One line's table in memory. Fits `gateway.station.items.Table`."""

    def __init__(self, line: str, wall: Callable[[], datetime]) -> None:
        self.line = line
        self._wall = wall
        self._plan: SortPlan | None = None
        self._next: SortPlan | None = None
        self._versions: dict[int, int] = {}
        # Tuples instead of models: a hundred thousand parcels have to fit beside everything else.
        self._buckets: dict[int, dict[str, _Wish]] = {}

    @property
    def entries(self) -> int:
        return sum(map(len, self._buckets.values()))

    def plan(self) -> SortPlan | None:
        """The plan in force now."""
        if self._next is not None and self._next.valid_from <= self._wall():
            self._plan, self._next = self._next, None
        return self._plan

    def lookup(self, code: str) -> Entry | None:
        wish = self._buckets.get(bucket_of(code), {}).get(code)
        return None if wish is None else Entry.model_construct(d=wish[0], s=wish[1], w=wish[2], h=wish[3])

    def take(self, bucket: int, payload: bytes) -> int:
        """Take a part if it is newer and return its version, or raise Refused."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise Refused("too_large")
        try:
            return self._take_plan(payload) if bucket == PLAN else self._take_bucket(bucket, payload)
        except ValidationError as error:
            raise Refused("malformed") from error

    def _take_plan(self, payload: bytes) -> int:
        plan = SortPlan.model_validate_json(payload)
        self._check(PLAN, plan.line, plan.version)
        if plan.valid_from > self._wall():
            self._next = plan
        else:
            self._plan, self._next = plan, None
        return plan.version

    def _take_bucket(self, bucket: int, payload: bytes) -> int:
        part = DirectoryBucket.model_validate_json(payload)
        if part.bucket != bucket:
            raise Refused("wrong_bucket")
        self._check(bucket, part.line, part.version)
        self._buckets[bucket] = {code: (entry.d, entry.s, entry.w, entry.h) for code, entry in part.entries.items()}
        return part.version

    def _check(self, bucket: int, line: str, version: int) -> None:
        if line != self.line:
            raise Refused("foreign_line")
        if version <= self._versions.get(bucket, 0):
            raise Refused("older")
        self._versions[bucket] = version


class SortTables:
    """The tables of all lines with their file. Used from the event loop; the file is written by one thread."""

    def __init__(self, folder: Path, lines: list[str], wall: Callable[[], datetime]) -> None:
        self.tables = {line: SortTable(line, wall) for line in lines}
        self.refused: Counter[str] = Counter()
        self._last: dict[tuple[str, int], int] = {}
        self._pool = ThreadPoolExecutor(1, "sort-table")
        self._db = _open(folder / _FILE)
        self._load()

    def receive(self, line: str, bucket: int, payload: bytes) -> None:
        """A part from the broker. Never raises: bad parts are counted in `refused`."""
        table = self.tables.get(line)
        if table is None or not payload:
            self.refused["foreign_line" if payload else "empty"] += 1
            return
        # After a reconnect the broker sends every retained part again; the same bytes need no second parse.
        mark = hash(payload)
        if self._last.get((line, bucket)) == mark:
            return
        try:
            version = table.take(bucket, payload)
        except Refused as refusal:
            self.refused[refusal.code] += 1
            return
        self._last[line, bucket] = mark
        self._pool.submit(self._store, line, bucket, version, payload)

    async def close(self) -> None:
        """Write what was taken and release the file."""
        await asyncio.get_running_loop().run_in_executor(None, self._pool.shutdown)
        self._db.close()

    def _store(self, line: str, bucket: int, version: int, payload: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?)", (line, bucket, version, payload))

    def _load(self) -> None:
        for line, bucket, payload in self._db.execute("SELECT line, bucket, payload FROM part").fetchall():
            if line in self.tables:
                try:
                    self.tables[line].take(bucket, payload)
                except Refused as refusal:
                    self.refused[refusal.code] += 1


def _open(path: Path) -> sqlite3.Connection:
    """Open the file; one that cannot be read is replaced, because the broker still has every part."""
    try:
        return _connect(path)
    except sqlite3.DatabaseError:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(str(path), isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(_SCHEMA)
        if db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged")
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db
