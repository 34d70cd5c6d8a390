"""Two links back to back in memory, with a hook that spoils the line on purpose.

What one end writes the other reads. The fault hook sees every write and returns the pieces that arrive instead: split,
damaged, doubled or none. It stands in for noise and half frames, so that a driver can be tested without a machine.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from devices.transports.link import LinkLost

FaultHook = Callable[[bytes], Iterable[bytes]]


class MemoryLink:
    """One end. Build both with `memory_pair`."""

    def __init__(self) -> None:
        self.fault: FaultHook | None = None
        self._peer: MemoryLink = self
        self._pieces: deque[bytes] = deque()
        self._arrived = asyncio.Event()
        self._lost: str | None = None

    async def read(self) -> bytes:
        while not self._pieces:
            if self._lost is not None:
                raise LinkLost(self._lost)
            self._arrived.clear()
            await self._arrived.wait()
        return self._pieces.popleft()

    def write(self, data: bytes) -> None:
        if self._lost is not None:
            raise LinkLost(self._lost)
        for piece in (data,) if self.fault is None else self.fault(data):
            if piece:
                self._peer._pieces.append(piece)
        self._peer._arrived.set()

    def close(self) -> None:
        for end in (self, self._peer):
            if end._lost is None:
                end._lost = "closed" if end is self else "closed by the peer"
                end._arrived.set()


def memory_pair() -> tuple[MemoryLink, MemoryLink]:
    """Two connected ends."""
    left, right = MemoryLink(), MemoryLink()
    left._peer, right._peer = right, left
    return left, right
