"""The outbox as the rest of the gateway sees it: append, read back, forget.

Used from the event loop only. `seq` is given out here, in the order of `append`, and the writer keeps that order; a row is
shown to listeners only after its commit. Therefore a stream has no hole: what was not committed was never shown.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from devices.contract.envelope import make_event
from devices.contract.events import Body
from gateway.clock import Clock
from gateway.ids import uuid7
from gateway.latency import Latency
from gateway.outbox.digests import Digests
from gateway.outbox.opening import Opened, open_file
from gateway.outbox.reading import StoredEvent, StreamTail, page, tails
from gateway.outbox.writer import Job, Statement, Writer

T = TypeVar("T")
PENDING_LIMIT = 2000
"""Jobs not yet on disk; above it devices are not read any more, so that a full disk stops the line and loses nothing."""
_INSERT = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)"
_DIGEST = "INSERT OR IGNORE INTO digest VALUES (?, ?)"
_BURY = (
    "INSERT OR IGNORE INTO dead_letter SELECT dev, boot, seq, ?, ?, payload FROM event "
    "WHERE dev = ? AND boot = ? AND seq = ?"
)


_PURGE_DIGESTS = "DELETE FROM digest WHERE digest IN (SELECT digest FROM digest WHERE at_ms < ? LIMIT 500)"
"""A few at a time: after days of rest a million of them in one transaction would hold up a decision."""
_LATE_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has an identity. `read_at`: when its bytes came in.

    `at` is the device's own time. It is used only for reports that come late (a backlog after an outage): otherwise the
    gateway's clock is the better one, because it is one for all devices and finer than a controller's full seconds.
    """

    dev: str
    type: str
    body: Body
    at: datetime | None = None
    src_seq: str | None = None
    read_at: float | None = None


@dataclass(slots=True)
class _EventJob(Job):
    events: tuple[StoredEvent, ...] = ()
    read_at: tuple[float, ...] = ()
    future: "asyncio.Future[None] | None" = None


class Outbox:
    """Open with `Outbox.open`, end with `close`."""

    def __init__(self, opened: Opened, clock: Clock, gateway: str, on_dead: Callable[[BaseException], None]) -> None:
        self._opened = opened
        self._clock = clock
        self._gateway = gateway
        self._loop = asyncio.get_running_loop()
        self._seqs: dict[str, int] = {}
        self._listeners: list[Callable[[Sequence[StoredEvent]], None]] = []
        self._pool = ThreadPoolExecutor(1, "outbox-reader")
        self._digests = Digests.load(opened.reader)
        self.boot = opened.boot
        self.damaged: Path | None = opened.damaged
        self.durable = Latency()
        self.dead_letters = int(opened.reader.execute("SELECT count(*) FROM dead_letter").fetchone()[0])
        self.pending = 0
        self._closed = False
        self._room = asyncio.Event()
        self._room.set()
        self._writer = Writer(opened.writer, self._committed_in_thread, on_dead)
        self._writer.start()

    @classmethod
    def open(
        cls, folder: Path, clock: Clock, gateway: str, on_dead: Callable[[BaseException], None] = lambda error: None
    ) -> "Outbox":
        """Open the folder's outbox. A corrupt file is set aside and `damaged` tells where."""
        return cls(open_file(folder, clock.wall()), clock, gateway, on_dead)

    @property
    def stalled(self) -> str | None:
        """Why the disk refuses at this moment, or None."""
        return self._writer.stalled

    @property
    def alive(self) -> bool:
        return self._writer.alive

    def on_committed(self, listener: Callable[[Sequence[StoredEvent]], None]) -> None:
        """Call `listener` on the event loop with the rows of every commit, in order."""
        self._listeners.append(listener)

    def last_seq(self, dev: str) -> int:
        return self._seqs.get(dev, 0)

    def append(
        self, drafts: Sequence[Draft], identity: bytes | None = None, also: Sequence[Statement] = ()
    ) -> "asyncio.Future[None]":
        """Give events their identity and store them; the future is done when they are on disk.

        `identity` is remembered in the same transaction (see `seen`), and `also` is written in it, too.
        """
        wall = self._clock.wall()
        events = tuple(self._identify(draft, wall) for draft in drafts)
        at_ms = int(wall.timestamp() * 1000)
        statements = [Statement(_INSERT, (e.dev, e.boot, e.seq, e.type, at_ms, e.payload)) for e in events]
        if identity is not None:
            statements.append(Statement(_DIGEST, (self._digests.add(_digest(identity)), at_ms)))
        statements.extend(also)
        future = self._loop.create_future()
        read_at = tuple(draft.read_at for draft in drafts if draft.read_at is not None)
        self.pending += 1
        if self.pending >= PENDING_LIMIT:
            self._room.clear()
        self._writer.put(_EventJob(statements, events=events, read_at=read_at, future=future))
        return future

    async def room(self) -> None:
        """Wait while the disk is so far behind that more input would only fill the memory."""
        await self._room.wait()

    def seen(self, identity: bytes) -> bool:
        """Whether this very telegram was taken before, by this process or an earlier one."""
        return _digest(identity) in self._digests

    def barrier(self, also: Sequence[Statement] = ()) -> "asyncio.Future[None]":
        """Done when everything appended before, and `also`, is on disk."""
        return self.append((), also=also)

    def forget(
        self, dev: str, boot: str, through: int, buried: Sequence[tuple[int, str]] = ()
    ) -> "asyncio.Future[None]":
        """Delete what the warehouse has; rows in `buried` (seq, code) become dead letters instead."""
        now = int(self._clock.wall().timestamp() * 1000)
        statements = [Statement(_BURY, (code, now, dev, boot, seq)) for seq, code in buried]
        statements += [
            Statement("DELETE FROM event WHERE dev = ? AND boot = ? AND seq = ?", (dev, boot, seq)) for seq, _ in buried
        ]
        if through > 0:
            sql = "DELETE FROM event WHERE dev = ? AND boot = ? AND seq <= ?"
            statements.append(Statement(sql, (dev, boot, through)))
        self.dead_letters += len(buried)
        return self.barrier(statements)

    async def read(self, dev: str, boot: str, after: int, limit: int) -> list[StoredEvent]:
        """Committed rows of a stream above `after`, in order."""
        return await self.query(lambda db: page(db, dev, boot, after, limit))

    async def pick(self, dev: str, boot: str, seqs: Sequence[int]) -> list[StoredEvent]:
        """These rows of a stream, as far as they are still there."""
        return await self.query(
            lambda db: [row for seq in seqs for row in page(db, dev, boot, seq - 1, 1) if row.seq == seq]
        )

    async def query(self, ask: Callable[[sqlite3.Connection], T]) -> T:
        """Run a reading function in the reader's thread."""
        return await self._loop.run_in_executor(self._pool, ask, self._opened.reader)

    async def tails(self) -> list[StreamTail]:
        """Every stream that has rows on disk, by device and boot."""
        return await self.query(tails)

    async def measure(self) -> tuple[int, float]:
        """How many rows wait for the warehouse, and the age of the oldest in seconds."""
        found = await self.tails()
        if not found:
            return 0, 0.0
        age = self._clock.wall().timestamp() - min(tail.since_ms for tail in found) / 1000
        return sum(tail.last - tail.first + 1 for tail in found), max(0.0, age)

    async def maintain(self) -> None:
        """Move the WAL into the file and drop what is too old to matter. Never in the path of a decision."""
        limit = int(self._clock.wall().timestamp() * 1000) - Digests.MAX_AGE_S * 1000
        await self.barrier(
            [
                Statement(_PURGE_DIGESTS, (limit,)),
                Statement("DELETE FROM answer WHERE at_ms < ?", (limit,)),
                Statement("DELETE FROM command WHERE at_ms < ?", (limit,)),
            ]
        )
        await self.checkpoint()

    async def checkpoint(self) -> None:
        """A passive checkpoint in the reader's thread: it never blocks the writer."""
        await self.query(lambda db: db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall())

    async def close(self) -> None:
        """Commit what was appended and release the file; closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        await self._loop.run_in_executor(None, self._writer.close)
        self._pool.shutdown()
        if self._writer.alive:
            return  # the disk still refuses; the thread owns the connection and dies with the process
        with contextlib.suppress(sqlite3.Error):
            self._opened.writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._opened.reader.close()
        self._opened.writer.close()
        os.close(self._opened.lock_fd)

    def _identify(self, draft: Draft, wall: datetime) -> StoredEvent:
        seq = self._seqs.get(draft.dev, 0) + 1
        self._seqs[draft.dev] = seq
        late_at = draft.at if draft.at is not None and wall - draft.at > _LATE_AFTER else None
        envelope = make_event(
            id=uuid7(wall),
            dev=draft.dev,
            boot=self.boot,
            seq=seq,
            ts=late_at or wall,
            body=draft.body,
            type=draft.type,
            gw=self._gateway,
            mono_us=int((draft.read_at or self._clock.mono()) * 1e6),
            src_seq=draft.src_seq,
        )
        if late_at is not None:
            envelope = envelope.model_copy(update={"ts_src": "dev"})
        return StoredEvent(draft.dev, self.boot, seq, draft.type, envelope.to_json())

    def _committed_in_thread(self, jobs: list[Job]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed while the last rows are written
            self._loop.call_soon_threadsafe(self._committed, jobs)

    def _committed(self, jobs: list[Job]) -> None:
        now = self._clock.mono()
        events: list[StoredEvent] = []
        for job in jobs:
            if not isinstance(job, _EventJob):
                continue
            events += job.events
            for read_at in job.read_at:
                self.durable.add(now - read_at)
            if job.future is not None:
                self.pending -= 1
                if self.pending < PENDING_LIMIT:
                    self._room.set()
                if not job.future.done():
                    job.future.set_result(None)
        if events:
            for listener in self._listeners:
                listener(events)


def _digest(identity: bytes) -> bytes:
    return blake2b(identity, digest_size=16).digest()
