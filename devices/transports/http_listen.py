"""Machines that post: every body of a POST comes in as one line, and what is written answers the oldest request.

    POST /PATH HTTP/1.1, Content-Length: n, body            HTTP/1.1 200 with what was written, once it is stored

The answer waits for the driver's receipt, so 200 means stored. Without one within ANSWER_WITHIN_S it is 503, and a machine
that cares posts again. One request a connection; no chunks; caps on everything, because anybody on the network may knock.
"""

import asyncio
import contextlib
from collections import deque

from devices.transports.address import HttpAddress
from devices.transports.inbox import Inbox
from devices.transports.link import LinkLost, LinkRefused

ANSWER_WITHIN_S = 5.0
READ_WITHIN_S = 5.0
HEAD_CAP, BODY_CAP, MOST_OPEN = 8 * 1024, 64 * 1024, 64
_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 413: "Content Too Large", 503: "Service Unavailable"}


class HttpLink:
    """Open while the socket listens; a machine that comes and goes is not a lost link."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._inbox = Inbox()
        self._server: asyncio.Server | None = None
        self._open: deque[asyncio.Future[bytes]] = deque()
        self._guests = 0

    @classmethod
    async def open(cls, address: HttpAddress) -> "HttpLink":
        """Listen, or raise LinkRefused."""
        link = cls(address.path)
        try:
            link._server = await asyncio.start_server(link._serve, address.host, address.port, limit=HEAD_CAP)
        except OSError as error:
            raise LinkRefused(f"{address.host}:{address.port}: {error.strerror or error}") from error
        return link

    async def read(self) -> bytes:
        return await self._inbox.read()

    def write(self, data: bytes) -> None:
        if self._inbox.lost is not None:
            raise LinkLost(self._inbox.lost)
        while self._open:
            waiting = self._open.popleft()
            if not waiting.done():
                waiting.set_result(data)
                return

    def close(self) -> None:
        self._inbox.lose("closed")
        if self._server is not None:
            self._server.close()
        for waiting in self._open:
            waiting.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._guests += 1
        try:
            status, body = (503, b"") if self._guests > MOST_OPEN else await self._answer(reader)
            head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(head.encode("ascii") + body)
            await writer.drain()
        except (OSError, asyncio.CancelledError):
            return  # the machine has gone, or the link
        finally:
            self._guests -= 1
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                size = _length(head)
                if size is None or not head.startswith("POST "):
                    return 400, b""
                if head.split(" ", 2)[1].partition("?")[0] != self._path:
                    return 404, b""
                if size > BODY_CAP:
                    return 413, b""
                body = await reader.readexactly(size)
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError):
            return 400, b""
        return await self._stored(body)

    async def _stored(self, body: bytes) -> tuple[int, bytes]:
        waiting: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._open.append(waiting)
        self._inbox.put(body.replace(b"\r", b" ").replace(b"\n", b" ") + b"\n")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return 200, await waiting
        except TimeoutError:
            return 503, b""
        finally:
            with contextlib.suppress(ValueError):
                self._open.remove(waiting)


def _length(head: str) -> int | None:
    """Content-Length, or None when it is missing, twice or no number."""
    found = [
        line.partition(":")[2].strip() for line in head.split("\r\n") if line.lower().startswith("content-length:")
    ]
    return (
        int(found[0]) if len(found) == 1 and found[0].isascii() and found[0].isdigit() and len(found[0]) < 10 else None
    )
