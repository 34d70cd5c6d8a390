"""LISTEN/NOTIFY: waking loops and screens. A lost notification costs a poll interval, never a row."""

import asyncio
from collections import defaultdict

import asyncpg
import sqlalchemy as sa
import structlog

_log = structlog.get_logger()


class Listener:
    """One connection for all channels of a process. `run` keeps it alive; `wait` returns at a notification or timeout."""

    def __init__(self, url: str, channels: tuple[str, ...]) -> None:
        self._url = url
        self._channels = channels
        self._events: dict[str, set[asyncio.Event]] = defaultdict(set)

    async def run(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("listen_reconnects", error=str(error)[:200])
                await asyncio.sleep(0.5)

    async def wait(self, channel: str, timeout_s: float) -> None:
        waiter = asyncio.Event()
        self._events[channel].add(waiter)
        try:
            await asyncio.wait_for(waiter.wait(), timeout_s)
        except TimeoutError:
            return
        finally:
            self._events[channel].discard(waiter)

    async def _listen(self) -> None:
        conn = await asyncpg.connect(**connect_arguments(self._url))
        try:
            lost = asyncio.Event()
            conn.add_termination_listener(lambda _: lost.set())
            for channel in self._channels:
                await conn.add_listener(channel, self._wake)
            for channel in self._channels:  # what was notified while nobody listened
                self._wake(None, 0, channel, "")
            await lost.wait()
        finally:
            await conn.close(timeout=1)

    def _wake(self, _conn: object, _pid: int, channel: str, _payload: str) -> None:
        for waiter in self._events[channel]:
            waiter.set()


def connect_arguments(url: str) -> dict[str, object]:
    """asyncpg's arguments for an SQLAlchemy URL, also for Unix sockets (`?host=…`)."""
    parsed = sa.make_url(url)
    host = parsed.query.get("host", parsed.host)
    port = parsed.query.get("port", parsed.port)
    return {
        "host": host,
        "port": int(str(port)) if port else 5432,
        "user": parsed.username,
        "password": parsed.password,
        "database": parsed.database,
    }
