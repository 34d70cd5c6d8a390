"""A TCP server link: the machine connects to us, one at a time.

A new connection replaces the old one, because a machine that lost its power left its old connection open on our side. When
nobody connects within ACCEPT_WITHIN_S the open is refused, so that the supervisor can say so; it tries again.
"""

import asyncio

from devices.transports.address import ListenAddress
from devices.transports.inbox import Inbox
from devices.transports.link import WRITE_BUFFER_LIMIT, LinkLost, LinkRefused
from devices.transports.tcp_client import tune

ACCEPT_WITHIN_S = 5.0


class ListenLink:
    def __init__(self) -> None:
        self._inbox = Inbox()
        self._server: asyncio.Server | None = None
        self._peer: _Peer | None = None
        self._came = asyncio.Event()

    @classmethod
    async def open(cls, address: ListenAddress) -> "ListenLink":
        """Listen, and wait for the machine to connect; LinkRefused when it does not."""
        link = cls()
        loop = asyncio.get_running_loop()
        try:
            link._server = await loop.create_server(lambda: _Peer(link), address.host, address.port)
            async with asyncio.timeout(ACCEPT_WITHIN_S):
                await link._came.wait()
        except TimeoutError as error:
            link.close()
            raise LinkRefused(f"{address.host}:{address.port}: nobody has connected") from error
        except OSError as error:
            raise LinkRefused(f"{address.host}:{address.port}: {error.strerror or error}") from error
        except asyncio.CancelledError:
            link.close()
            raise
        return link

    async def read(self) -> bytes:
        return await self._inbox.read()

    def write(self, data: bytes) -> None:
        transport = None if self._peer is None else self._peer.transport
        if transport is None or transport.is_closing() or self._inbox.lost is not None:
            raise LinkLost(self._inbox.lost or "closed")
        if transport.get_write_buffer_size() + len(data) > WRITE_BUFFER_LIMIT:
            self.close()
            raise LinkLost("the peer does not take what is sent")
        transport.write(data)

    def close(self) -> None:
        self._inbox.lose("closed")
        if self._server is not None:
            self._server.close()
        if self._peer is not None and self._peer.transport is not None:
            self._peer.transport.abort()

    def arrived(self, peer: "_Peer") -> None:
        """A machine connected. The second one ends this link: what the first left half said must not be glued to it."""
        if self._peer is not None:
            self._inbox.lose("replaced by a new connection")
            return
        self._peer = peer
        self._came.set()

    def heard(self, peer: "_Peer", data: bytes) -> None:
        if peer is self._peer:
            self._inbox.put(data)

    def left(self, peer: "_Peer") -> None:
        if peer is self._peer:
            self._inbox.lose("closed by the peer")


class _Peer(asyncio.Protocol):
    def __init__(self, link: ListenLink) -> None:
        self._link = link
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "create_server makes stream transports"
        self.transport = transport
        tune(transport)
        self._link.arrived(self)

    def data_received(self, data: bytes) -> None:
        self._link.heard(self, data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._link.left(self)
