"""The one door to the database.

`await db.run(verb, command, actor=…, key=…)` opens a transaction, answers a repeated idempotency key from memory, calls the
verb, commits, retries serialization failures and deadlocks with jitter, and turns constraint names into refusals. Nobody
else commits: a framework that commits after its response has gone out shows a green tick for work that was never stored.
"""

import asyncio
import hashlib
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from pydantic import BaseModel, TypeAdapter
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from wms.kit.actor import Actor
from wms.kit.clock import Clock, system_clock
from wms.kit.idempotency import claim_key, keep_answer
from wms.kit.ids import first_counter, uuid7
from wms.kit.listen import connect_arguments
from wms.kit.refusal import Refusal

Command = TypeVar("Command")
Answer = TypeVar("Answer")

_RETRIED_SQLSTATES = frozenset({"40001", "40P01"})
_REFUSED = (
    "KO001"  # raised by functions in the database: the code is the message, the parameters are JSON in the detail
)
_INTEGRITY_CLASS = "23"
_ATTEMPTS = 6
_REST_S = 1.0
_OUTAGE_CLASSES = ("08", "53", "57", "58", "XX")  # connection, resources, operator, disk, corruption
_READ_ONLY = "25006"  # a standby that has not taken over yet


@dataclass(slots=True)
class Tx:
    """What a verb works with: the open transaction, who asks, and one `now` for all it writes."""

    conn: AsyncConnection
    actor: Actor
    now: datetime
    notify: set[str] = field(default_factory=set)
    ids: int = field(default_factory=first_counter)

    def new_id(self) -> UUID:
        """A new id; those of one transaction sort in the order in which they were asked for."""
        self.ids += 1
        return uuid7(self.now, self.ids)


Verb = Callable[[Tx, Command], Awaitable[Answer]]


class Contended(Exception):
    """What was read before the lock is not what is there under it: begin again, as after a serialization failure."""


class Database:
    """An engine with the door in front of it. `refusals` maps constraint names to refusal codes."""

    def __init__(
        self, url: str, *, pool_size: int = 10, clock: Clock = system_clock, refusals: dict[str, str] | None = None
    ) -> None:
        self.clock = clock
        self._refusals = refusals or {}
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            isolation_level="READ COMMITTED",
            hide_parameters=True,  # errors are logged, and parameters are people's names and passwords
        )
        _ping_after_rest(self.engine)
        self._url = url
        self._pool_size = pool_size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()
        await self.engine.dispose()

    async def run(
        self, verb: Verb[Command, Answer], command: Command, *, actor: Actor, key: str | None = None
    ) -> Answer:
        """Call `verb` once in effect, however often it is asked with the same `key` and the same command.

        Raises Refusal: of the verb itself; `key_reused` when the key came with another command; `conflict` or a mapped code
        for a violated constraint; `busy` when contention outlasted the retries.
        """
        return await self._retrying(lambda: self._once(verb, command, actor, key))

    async def call(self, statement: str, *arguments: Any) -> Any:
        """Run a statement that is a whole transaction by itself and give its one value; refusals and retries as in `run`.

        Straight to asyncpg, one round trip: for the few statements that thousands of scans a minute wait for. `statement` has
        `$1` placeholders; JSON arguments are texts.
        """
        pool = await self._direct()

        async def once() -> Any:
            return await pool.fetchval(statement, *arguments)

        return await self._retrying(once)

    async def _direct(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    **connect_arguments(self._url), min_size=1, max_size=self._pool_size, reset=_leave_as_it_is
                )
            return self._pool

    async def _retrying(self, once: Callable[[], Awaitable[Answer]]) -> Answer:
        for attempt in range(_ATTEMPTS):
            try:
                return await once()
            except Contended:
                await _pause(attempt)
            except (DBAPIError, asyncpg.PostgresError) as error:
                if (refusal := self._refusal_of(error)) is not None:
                    raise refusal from error
                if _sqlstate(error) not in _RETRIED_SQLSTATES:
                    raise
                await _pause(attempt)
        raise Refusal("busy")

    async def _once(self, verb: Verb[Command, Answer], command: Command, actor: Actor, key: str | None) -> Answer:
        async with self.engine.begin() as conn:
            tx = Tx(conn, actor, self.clock())
            if key is None:
                answer = await verb(tx, command)
            else:
                answer = await _answer_once(tx, verb, command, key)
            for channel in sorted(tx.notify):
                await conn.execute(sa.select(sa.func.pg_notify(channel, "")))
            return answer

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection for queries; what is written through it is rolled back."""
        async with self.engine.connect() as conn:
            yield conn

    def _refusal_of(self, error: DBAPIError | asyncpg.PostgresError) -> Refusal | None:
        """What a constraint or a function in the database says no with; None when it is no refusal."""
        cause: Any = getattr(error.orig, "__cause__", None) if isinstance(error, DBAPIError) else error
        if _sqlstate(error) == _REFUSED:
            return Refusal(
                getattr(cause, "message", "") or "conflict", **json.loads(getattr(cause, "detail", None) or "{}")
            )
        if _sqlstate(error).startswith(_INTEGRITY_CLASS):
            name = getattr(cause, "constraint_name", None) or ""
            return Refusal(self._refusals.get(name, "conflict"), constraint=name)
        return None


def _ping_after_rest(engine: AsyncEngine) -> None:
    """Ask a pooled connection whether it lives, but only when it has rested: at every checkout it would cost a round trip."""

    @sa.event.listens_for(engine.sync_engine, "checkin")
    def _rests(_: object, record: Any) -> None:
        record.info["rests_since"] = time.monotonic()

    @sa.event.listens_for(engine.sync_engine, "checkout")
    def _wakes(connection: Any, record: Any, _: object) -> None:
        if time.monotonic() - record.info.get("rests_since", time.monotonic()) < _REST_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as error:
            raise DisconnectionError from error


async def _leave_as_it_is(_: object) -> None:
    """What `call` runs leaves nothing behind on its connection that a round trip would have to clear."""


async def _pause(attempt: int) -> None:
    await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))


async def _answer_once(tx: Tx, verb: Verb[Command, Answer], command: Command, key: str) -> Answer:
    name = f"{verb.__module__}.{getattr(verb, '__name__', '')}"
    digest = hashlib.sha256(f"{name}\n{_canonical(command)}".encode()).hexdigest()
    answer_type: TypeAdapter[Any] = TypeAdapter(verb.__annotations__.get("return", Any))
    kept = await claim_key(tx.conn, tx.actor.id, key, digest, tx.now)
    if kept is not None:
        if kept.digest != digest:
            raise Refusal("key_reused", field="Idempotency-Key")
        return answer_type.validate_python(kept.answer)  # type: ignore[no-any-return] # the adapter is built from the verb's own annotation
    answer = await verb(tx, command)
    await keep_answer(tx.conn, tx.actor.id, key, answer_type.dump_python(answer, mode="json"))
    return answer


def _canonical(command: object) -> str:
    if isinstance(command, BaseModel):
        return command.model_dump_json()
    return json.dumps(TypeAdapter(type(command)).dump_python(command, mode="json"), sort_keys=True, default=str)


def is_outage(error: BaseException) -> bool:
    """Whether the database is away, going away or overloaded, so that trying again later is the right answer."""
    if isinstance(error, DBAPIError | asyncpg.PostgresError):
        state = _sqlstate(error)
        ill = state[:2] in _OUTAGE_CLASSES or state == _READ_ONLY or state in _RETRIED_SQLSTATES
        return ill or (isinstance(error, DBAPIError) and (error.connection_invalidated or _is_link_error(error)))
    if isinstance(error, Refusal):
        return error.code == "busy"
    return isinstance(error, OSError | TimeoutError | PoolTimeout | asyncpg.InterfaceError)


def is_bad_value(error: BaseException) -> bool:
    """Whether a value cannot be what the database holds: a NUL in a text, a number or an instant out of range."""
    if isinstance(error, DBAPIError | asyncpg.PostgresError):
        return _sqlstate(error).startswith("22")
    return isinstance(error, StatementError)  # refused before it was sent


def _is_link_error(error: DBAPIError) -> bool:
    return isinstance(error, InterfaceError) or isinstance(getattr(error.orig, "__cause__", None), OSError)


def _sqlstate(error: DBAPIError | asyncpg.PostgresError) -> str:
    source = error.orig if isinstance(error, DBAPIError) else error
    return str(getattr(source, "sqlstate", "") or "")
