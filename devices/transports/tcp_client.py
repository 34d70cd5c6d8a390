"""A TCP client link: TCP_NODELAY, because a decision is one small telegram, and keep-alive, because PLCs vanish silently."""

import asyncio
import socket

from devices.transports.address import TcpAddress
from devices.transports.link import WRITE_BUFFER_LIMIT, LinkLost, LinkRefused

_CHUNK = 65_536
CONNECT_TIMEOUT_S = 5.0


class TcpLink:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._closed = False

    @classmethod
    async def open(cls, address: TcpAddress) -> "TcpLink":
        """Connect within CONNECT_TIMEOUT_S, or raise LinkRefused."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(address.host, address.port)
        except (OSError, TimeoutError) as error:
            raise LinkRefused(f"{address.host}:{address.port}: {error or 'no answer'}") from error
        tune(writer.transport)
        return cls(reader, writer)

    async def read(self) -> bytes:
        try:
            data = await self._reader.read(_CHUNK)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise LinkLost(str(error)) from error
        if not data:
            raise LinkLost("closed" if self._closed else "closed by the peer")
        return data

    def write(self, data: bytes) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            raise LinkLost("closed")
        if transport.get_write_buffer_size() + len(data) > WRITE_BUFFER_LIMIT:
            self.close()
            raise LinkLost("the peer does not take what is sent")
        self._writer.write(data)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._writer.transport.abort()


def tune(transport: asyncio.BaseTransport) -> None:
    """Small telegrams at once, and a peer that vanished is noticed."""
    sock: socket.socket = transport.get_extra_info("socket")
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, option):  # absent on some systems; the default two hours then apply
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
