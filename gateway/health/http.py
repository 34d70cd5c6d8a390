"""A very small HTTP/1.1 server: GET only, one request a connection, bounded in bytes, time and connections.

Four fixed pages on the loopback interface do not need a framework; an idle server costs nothing.
"""

import asyncio
import contextlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

_MAX_HEAD = 8192
_TIMEOUT_S = 5.0
_MAX_CONNECTIONS = 16
_REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    503: "Busy",
}


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    body: bytes
    type: str = "application/json"


def json_page(status: int, data: object) -> Page:
    return Page(status, json.dumps(data).encode())


@dataclass(frozen=True, slots=True)
class Route:
    """`open` pages are served without the token."""

    answer: Callable[[dict[str, str]], Page]
    open: bool = False


class HttpServer:
    """`token` None: no page is guarded (loopback only)."""

    def __init__(self, routes: dict[str, Route], token: str | None) -> None:
        self._routes = routes
        self._token = token
        self._server: asyncio.Server | None = None
        self._connections = 0
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, host, port, limit=_MAX_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                page = json_page(503, {"error": "busy"}) if self._connections > _MAX_CONNECTIONS else self._answer(head)
                writer.write(_encode(page))
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a client that is slow, gone or talks too much gets no answer
        finally:
            self._connections -= 1
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _answer(self, head: bytes) -> Page:
        lines = head.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3:
            return json_page(400, {"error": "bad_request"})
        if parts[0] != "GET":
            return json_page(405, {"error": "method_not_allowed"})
        url = urlsplit(parts[1])
        route = self._routes.get(url.path)
        if route is None:
            return json_page(404, {"error": "not_found"})
        if not route.open and not self._allowed(lines[1:]):
            return json_page(401, {"error": "unauthorized"})
        return route.answer(dict(parse_qsl(url.query)))

    def _allowed(self, headers: list[str]) -> bool:
        if self._token is None:
            return True
        for header in headers:
            name, _, value = header.partition(":")
            if name.strip().lower() == "authorization":
                return hmac.compare_digest(value.strip().encode(), f"Bearer {self._token}".encode())
        return False


def _encode(page: Page) -> bytes:
    head = (
        f"HTTP/1.1 {page.status} {_REASONS[page.status]}\r\nContent-Type: {page.type}\r\n"
        f"Content-Length: {len(page.body)}\r\nConnection: close\r\nCache-Control: no-store\r\n\r\n"
    )
    return head.encode("ascii") + page.body
