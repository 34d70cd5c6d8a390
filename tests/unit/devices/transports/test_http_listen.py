"""A machine that posts: 200 when it is stored, 503 when nobody said so, and nothing for who knocks without a record."""

import asyncio

import pytest

from devices.transports.address import HttpAddress
from devices.transports.http_listen import BODY_CAP, HttpLink
from devices.transports.link import LinkLost, LinkRefused
from devices.transports.opening import open_link
from tests.unit.devices.transports.test_more_links import free_port

pytestmark = pytest.mark.anyio


async def opened() -> tuple[HttpLink, int]:
    port = free_port()
    link = await open_link(HttpAddress("127.0.0.1", port, "/dws"))
    assert isinstance(link, HttpLink)
    return link, port


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.transport.abort()


def post(body: bytes, path: str = "/dws") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def test_a_record_is_answered_when_it_is_stored() -> None:
    link, port = await opened()
    asking = asyncio.create_task(ask(port, post(b'{"barcode":\r\n "A1"}')))
    assert await link.read() == b'{"barcode":   "A1"}\n'
    await asyncio.sleep(0.05)
    assert not asking.done()
    link.write(b'{"ok":true}')
    answer = await asking
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b'{"ok":true}')
    link.close()
    with pytest.raises(LinkLost):
        await link.read()


async def test_a_record_that_is_not_stored_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine repeats after 503; a 200 that came too early would lose the parcel."""
    monkeypatch.setattr("devices.transports.http_listen.ANSWER_WITHIN_S", 0.05)
    link, port = await opened()
    assert (await ask(port, post(b"garbage"))).startswith(b"HTTP/1.1 503")
    link.write(b"late")  # nobody waits any more
    link.close()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /dws HTTP/1.1\r\nContent-Length: 0\r\n\r\n", b"400"),
        (b"POST /dws HTTP/1.1\r\n\r\n", b"400"),
        (b"POST /dws HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /dws HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", b"400"),
        (b"POST \r\nContent-Length: 1\r\n\r\na", b"404"),
        (b"X" * 20_000, b"400"),
        (post(b"x", "/other"), b"404"),
        (f"POST /dws HTTP/1.1\r\nContent-Length: {BODY_CAP + 1}\r\n\r\n".encode(), b"413"),
    ],
)
async def test_who_knocks_without_a_record_is_refused(request_bytes: bytes, status: bytes) -> None:
    """Anybody on the network may connect; nothing of this reaches the driver."""
    link, port = await opened()
    assert (await ask(port, request_bytes)).split(b" ")[1] == status
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await link.read()
    link.close()


async def test_a_port_that_is_taken_is_refused() -> None:
    link, port = await opened()
    with pytest.raises(LinkRefused):
        await open_link(HttpAddress("127.0.0.1", port, "/dws"))
    link.close()
