"""Remembering for a few seconds who stands behind a token, so that a scan does not ask the database twice.

What ends a session or changes a person's rights forgets at once in this process and, by a notification, in the others; one
that misses it obeys the old rights for at most `_KEPT`.
"""

import asyncio
from datetime import datetime, timedelta

from wms.access.sign_in import ACCESS_CHANNEL, find_actor
from wms.kit.actor import Actor
from wms.kit.db import Database
from wms.kit.listen import Listener

_KEPT = timedelta(seconds=5)
_MOST = 10_000


class ActorMemory:
    """The tokens one process has seen lately. Tokens are kept in memory only, never longer than `_KEPT` unasked."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str | None], tuple[Actor, datetime]] = {}

    async def find(self, db: Database, token: str, device: str | None = None) -> Actor:
        """The actor behind a token (on a shared handheld, with the handheld's), or Refusal `not_signed_in`."""
        now = db.clock()
        known = self._known.get((token, device))
        if known is not None and now < known[1]:
            return known[0]
        self._known.pop((token, device), None)
        async with db.engine.begin() as conn:
            actor, expires_at = await find_actor(conn, token, now, device)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[token, device] = (actor, min(now + _KEPT, expires_at))
        return actor

    def forget(self) -> None:
        self._known.clear()

    async def run(self, listener: Listener) -> None:
        """Forget everyone at each notification."""
        while True:
            await listener.wait(ACCESS_CHANNEL, _KEPT.total_seconds())
            self.forget()
            await asyncio.sleep(0)
