"""What has arrived and was not read yet: shared by the links that are fed from callbacks."""

import asyncio

from devices.transports.link import LinkLost

INBOX_LIMIT = 4 * 1024 * 1024
"""Nobody reads any more: a session that is stuck must not eat the memory of all others."""


class Inbox:
    """Fed and read in one event loop; after `lose` everything that arrived is still read, then LinkLost."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._arrived = asyncio.Event()
        self.lost: str | None = None

    def put(self, data: bytes) -> None:
        if len(self._bytes) + len(data) > INBOX_LIMIT:
            self.lose("nobody reads this link")
            return
        self._bytes += data
        self._arrived.set()

    def lose(self, why: str) -> None:
        """The link has ended; the first reason stays."""
        if self.lost is None:
            self.lost = why
            self._arrived.set()

    async def read(self) -> bytes:
        """At least one byte, or LinkLost."""
        while not self._bytes:
            if self.lost is not None:
                raise LinkLost(self.lost)
            self._arrived.clear()
            await self._arrived.wait()
        data = bytes(self._bytes)
        self._bytes.clear()
        return data
