"""One picture of a line for all who watch it: read once a change, at most five times a second, sent to everyone."""

import asyncio
from collections.abc import AsyncGenerator

import structlog

from wms.boards.line_view import LineView, Totals
from wms.boards.read_line import find_line, read_line, read_totals
from wms.kit.db import Database
from wms.kit.listen import Listener
from wms.workers.react import LIVE_CHANNEL

_SHORTEST_S = 0.2
_LONGEST_S = 2.0
_TOTALS_SHARE = 20
_log = structlog.get_logger()


class LineWatch:
    """Shares one reading loop among the watchers of a line; the loop ends with its last watcher."""

    def __init__(self, db: Database, listener: Listener) -> None:
        self._db = db
        self._listener = listener
        self._watchers: dict[str, set[asyncio.Queue[LineView]]] = {}
        self._loops: dict[str, asyncio.Task[None]] = {}
        self._totals: dict[str, tuple[Totals, float]] = {}

    async def views(self, path: str) -> AsyncGenerator[LineView, None]:
        """Pictures as they change. A slow watcher skips pictures, it never delays the others."""
        yield await self._view(path)
        queue: asyncio.Queue[LineView] = asyncio.Queue(maxsize=1)
        watchers = self._watchers.setdefault(path, set())
        watchers.add(queue)
        if path not in self._loops:
            self._loops[path] = asyncio.create_task(self._read(path))
        try:
            while True:
                yield await queue.get()
        finally:
            watchers.discard(queue)
            if not watchers and (loop := self._loops.pop(path, None)) is not None:
                loop.cancel()

    async def _view(self, path: str) -> LineView:
        """The picture now. Totals that took long to count are kept for longer: they may take a twentieth of the time."""
        now = self._db.clock()
        loop_time = asyncio.get_running_loop().time
        async with self._db.read() as conn:
            totals, valid_until = self._totals.get(path, (None, 0.0))
            if totals is None or loop_time() > valid_until:
                started = loop_time()
                totals = await read_totals(conn, await find_line(conn, path), now)
                took = loop_time() - started
                self._totals[path] = (totals, loop_time() + took * _TOTALS_SHARE)
            return await read_line(conn, path, now, totals)

    async def _read(self, path: str) -> None:
        while True:
            await self._listener.wait(LIVE_CHANNEL, _LONGEST_S)
            try:
                view = await self._view(path)
            except Exception as error:
                _log.warning("line_unreadable", line=path, error=repr(error)[:200])
                await asyncio.sleep(_LONGEST_S)
                continue
            for queue in self._watchers.get(path, set()):
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(view)
            await asyncio.sleep(_SHORTEST_S)
