"""The one shape every transport has, and the two ways it can fail.

A link is open from its birth to `close()`. It is used from one event loop only and holds no lock. `read` returns what has
arrived, in any split; framing is the codec's business. `write` never waits: it hands the bytes to the kernel or keeps them
in a bounded buffer, because an answer that has to meet a diverter's deadline cannot queue behind a slow peer.
"""

from typing import Protocol

WRITE_BUFFER_LIMIT = 256 * 1024
"""A peer that leaves this much unread is gone, whatever its socket says."""


class LinkError(Exception):
    """A link could not be used; `detail` is for the technician."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class LinkRefused(LinkError):
    """The link could not be opened: no such port, nobody listens, permission."""


class LinkLost(LinkError):
    """An open link ended: unplugged, closed by the peer, or a peer that no longer reads."""


class ByteLink(Protocol):
    async def read(self) -> bytes:
        """Return at least one byte, or raise LinkLost."""
        ...

    def write(self, data: bytes) -> None:
        """Hand all of `data` over in order without waiting, or raise LinkLost."""
        ...

    def close(self) -> None:
        """Release the port. A pending `read` ends with LinkLost. Closing twice is harmless."""
        ...
