"""The controller's socket: it listens, one host at a time speaks.

A new connection replaces the old one. A host that died without a farewell would otherwise keep its successor out for as
long as TCP hopes.
"""

import asyncio
from typing import Protocol

from firmware_sim.models.correspondence import Send

_MOST_UNSENT_BYTES = 8_000_000


class Controller(Protocol):
    """What the socket tells the world."""

    def host_connected(self, send: Send) -> None:
        """A host is there; `send` reaches it until it is gone."""
        ...

    def host_disconnected(self) -> None:
        """The host is gone, or replaced."""
        ...

    def host_received(self, data: bytes) -> None:
        """Bytes of the present host, in any split."""
        ...


class SorterServer:
    """Listens on the loopback; `connections` counts how often a host came."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self.current: _Connection | None = None
        self.connections = 0
        self._server: asyncio.Server | None = None

    async def listen(self, port: int) -> int:
        """Open the socket; the port in use, which differs from `port` when that is 0."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port)
        name: tuple[str, int] = self._server.sockets[0].getsockname()
        return name[1]

    def close(self) -> None:
        """Stop listening and hang up."""
        if self._server is not None:
            self._server.close()
        if self.current is not None:
            self.current.abort()


class _Connection(asyncio.Protocol):
    def __init__(self, server: SorterServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport), "create_server makes stream transports"
        self._transport = transport
        previous, self._server.current = self._server.current, self
        if previous is not None:
            previous.abort()
            self._server.controller.host_disconnected()
        self._server.connections += 1
        self._server.controller.host_connected(self._send)

    def data_received(self, data: bytes) -> None:
        if self._server.current is self:
            self._server.controller.host_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._server.current is self:
            self._server.current = None
            self._server.controller.host_disconnected()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _send(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(data)
        if transport.get_write_buffer_size() > _MOST_UNSENT_BYTES:
            # The host has stopped reading. Hanging up loses nothing: reports are kept until acknowledged.
            transport.abort()
