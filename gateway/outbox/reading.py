"""Reading the outbox file: pages of a stream, and which streams there are.

Every statement here is a handful of seeks in the primary key, however long the outage was; a GROUP BY over five million
rows at each start would cost more than the seconds a start may take.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StoredEvent:
    dev: str
    boot: str
    seq: int
    type: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class StreamTail:
    """What a stream has on disk: lowest and highest seq, and since when (ms since the epoch)."""

    dev: str
    boot: str
    first: int
    last: int
    since_ms: int


def page(db: sqlite3.Connection, dev: str, boot: str, after: int, limit: int) -> list[StoredEvent]:
    """Rows of a stream above `after`, in order."""
    sql = "SELECT seq, type, payload FROM event WHERE dev = ? AND boot = ? AND seq > ? ORDER BY seq LIMIT ?"
    return [StoredEvent(dev, boot, *row) for row in db.execute(sql, (dev, boot, after, limit))]


def tails(db: sqlite3.Connection) -> list[StreamTail]:
    """Every stream, found by hopping from one to the next, all seen at one instant: meanwhile the writer deletes."""
    db.execute("BEGIN")
    try:
        return list(_hop(db))
    finally:
        db.execute("COMMIT")


def _hop(db: sqlite3.Connection) -> Iterator[StreamTail]:
    hop = "SELECT dev, boot, seq, at_ms FROM event WHERE (dev, boot) > (?, ?) ORDER BY dev, boot, seq LIMIT 1"
    last = "SELECT max(seq) FROM event WHERE dev = ? AND boot = ?"
    dev = boot = ""
    while (row := db.execute(hop, (dev, boot)).fetchone()) is not None:
        dev, boot, first, since_ms = row
        yield StreamTail(dev, boot, first, db.execute(last, (dev, boot)).fetchone()[0], since_ms)
