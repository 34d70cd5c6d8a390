"""Two small ASGI layers: security headers on every answer, and a cap on every request body."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.exceptions import HTTPException

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in _SECURITY_HEADERS.items()]
_STRANGER_LIMIT_BYTES = 1_000_000
_JSON_LIMIT_BYTES = 8_000_000  # an order of 10,000 lines


class SecureHeaders:
    """Adds headers without buffering, so that event streams stay streams."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in _RAW_HEADERS if one[0] not in given)]
            await send(message)

        await self._app(scope, receive, send_secured if scope["type"] == "http" else send)


class LimitBody:
    """Counts the bytes that really come, because a content-length may lie or be absent; ends in a 413 at the cap.

    The large cap is for the paths that take files, and for who shows a token: a form is written to disk before any route
    can look at it, and a stranger shall not fill the disk.
    """

    def __init__(self, app: App, upload_limit_bytes: int, upload_paths: frozenset[str]) -> None:
        self._app = app
        self._upload_limit_bytes = upload_limit_bytes
        self._upload_paths = upload_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope)
        seen = 0

        async def receive_counted() -> MutableMapping[str, Any]:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_counted, send)

    def _limit(self, scope: Scope) -> int:
        if not any(name == b"authorization" for name, _ in scope["headers"]):
            return _STRANGER_LIMIT_BYTES
        return self._upload_limit_bytes if scope["path"] in self._upload_paths else _JSON_LIMIT_BYTES
