"""The small server: what is open, what is guarded, and that bad clients cost nothing."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.health.http import HttpServer, Page, Route, json_page

pytestmark = pytest.mark.anyio


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    routes = {
        "/healthz": Route(lambda query: json_page(200, {"ok": True}), open=True),
        "/frames": Route(lambda query: Page(200, query.get("device", "").encode(), "text/plain")),
    }
    server = HttpServer(routes, token="s3cret")
    await server.start("127.0.0.1", 0)
    yield server
    await server.stop()


async def talk(server: HttpServer, request: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


def get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: x", *headers, "", ""]).encode()


async def test_health_is_open_and_the_rest_needs_the_token(server: HttpServer) -> None:
    assert (await talk(server, get("/healthz"))).startswith("HTTP/1.1 200")
    assert (await talk(server, get("/frames"))).startswith("HTTP/1.1 401")
    assert (await talk(server, get("/frames", "Authorization: Bearer wrong"))).startswith("HTTP/1.1 401")
    answer = await talk(server, get("/frames?device=a%2Fb", "authorization: Bearer s3cret"))
    assert answer.startswith("HTTP/1.1 200")
    assert answer.endswith("a/b")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /healthz HTTP/1.1\r\n\r\n", "405"),
        (b"GET /nothing HTTP/1.1\r\n\r\n", "404"),
        (b"rubbish\r\n\r\n", "400"),
        (b"\xff\xfe /healthz x\r\n\r\n", "405"),
    ],
)
async def test_what_is_wrong_is_refused(server: HttpServer, request_bytes: bytes, status: str) -> None:
    assert (await talk(server, request_bytes)).split()[1] == status


@pytest.mark.parametrize("request_bytes", [b"", b"GET /healthz HTTP/1.1\r\n", b"x" * 20_000])
async def test_who_says_half_or_too_much_gets_nothing(server: HttpServer, request_bytes: bytes) -> None:
    try:
        assert await talk(server, request_bytes) == ""
    except ConnectionError:
        return  # closed in the middle of too much: the same refusal
