"""The one thread that writes the outbox file.

Group commit without a timer: when the thread is idle a job is committed at once; what arrives while it is busy is committed
together, at most GROUP jobs a transaction, in the order it was given. So the group grows with the load and a lone decision
never waits. A job is all or nothing. While the disk refuses (full, I/O error) the same group is tried again for ever and
nothing is skipped, because a skipped row would be a hole in a stream; `stalled` says so. An error that no retry can cure
(a statement that is wrong, a file that became corrupt under us) ends the thread, and `on_dead` ends the gateway.
"""

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

GROUP = 64
_RETRY_S = 0.2


@dataclass(frozen=True, slots=True)
class Statement:
    sql: str
    values: tuple[object, ...] = ()


@dataclass(slots=True)
class Job:
    """Statements of one transaction; `done` is called in the writer's thread with all jobs of a commit."""

    statements: Sequence[Statement]
    done: Callable[[], None] = field(default=lambda: None)


class Writer:
    """Give jobs with `put` from any thread; order is kept."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        notify: Callable[[list[Job]], None],
        on_dead: Callable[[BaseException], None],
        retry_s: float = _RETRY_S,
    ) -> None:
        self._connection = connection
        self._notify = notify
        self._on_dead = on_dead
        self._retry_s = retry_s
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox-writer", daemon=True)
        self.stalled: str | None = None
        self.commits = 0

    def start(self) -> None:
        self._thread.start()

    def put(self, job: Job) -> None:
        self._jobs.put(job)

    def close(self, timeout: float = 10.0) -> None:
        """Commit everything given so far and end. A stalled disk is given up after `timeout` seconds."""
        self._jobs.put(None)
        self._thread.join(timeout)
        self._stop.set()
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while (group := self._gather()) and self._commit([job for job in group if job is not None]):
                if group[-1] is None:
                    return
        except BaseException as error:
            self._on_dead(error)

    def _gather(self) -> list[Job | None]:
        """Wait for one job, then take what else is there. None, the end mark, closes a group."""
        group = [self._jobs.get()]
        while group[-1] is not None and len(group) < GROUP:
            try:
                group.append(self._jobs.get_nowait())
            except queue.Empty:
                break
        return group

    def _commit(self, group: list[Job]) -> bool:
        """Write a group, again and again while the disk refuses; False when told to give up."""
        while group:
            try:
                self._transaction(group)
            except sqlite3.OperationalError as error:
                self.stalled = str(error)
                if self._stop.wait(self._retry_s):
                    return False
                continue
            self.stalled = None
            self.commits += 1
            self._notify(group)
            break
        return True

    def _transaction(self, group: list[Job]) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            for job in group:
                for statement in job.statements:
                    connection.execute(statement.sql, statement.values)
            connection.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # some errors have rolled back already
                connection.execute("ROLLBACK")
            raise
