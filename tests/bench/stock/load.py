"""A load of HTTP requests over persistent connections, with as little of its own as a client can have."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """`ms` of every answered request, in order of completion; `codes` counts answers by status."""

    seconds: float = 0.0
    ms: list[float] = field(default_factory=list)
    codes: dict[int, int] = field(default_factory=dict)
    first_refusal: str = ""

    @property
    def accepted(self) -> int:
        return sum(count for code, count in self.codes.items() if code < 300)

    @property
    def errors(self) -> int:
        return sum(count for code, count in self.codes.items() if code >= 500 or code == 0)

    @property
    def per_s(self) -> float:
        return self.accepted / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Connection(asyncio.Protocol):
    """One HTTP/1.1 connection: a request at a time, answers recognised by their Content-Length."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        start = head.find(b"content-length:")
        length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        body = bytes(self._buffer[end + 4 : end + 4 + length])
        self._buffer.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((0, b""))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self._answer = asyncio.get_running_loop().create_future()
        assert self._transport is not None
        self._transport.write(request)
        return await self._answer


def post_request(path: str, body: bytes, token: str | None = None, key: str | None = None, pad: int = 0) -> bytes:
    """The bytes of a request; `pad`: how much longer the body becomes when its placeholder is filled."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body) + pad}\r\n"
    head += f"Authorization: Bearer {token}\r\n" if token else ""
    head += f"Idempotency-Key: {key}\r\n" if key else ""
    return head.encode() + b"\r\n" + body


async def drive(
    port: int, connections: int, seconds: float, request: Callable[[int], bytes], pause_s: float = 0.0
) -> Outcome:
    """Send `request(worker)` over and over on each connection until the time is over, resting `pause_s` between."""
    outcome = Outcome()
    loop = asyncio.get_running_loop()
    links = [await loop.create_connection(Connection, "127.0.0.1", port) for _ in range(connections)]
    start = time.perf_counter()
    end = start + seconds

    async def worker(number: int, link: Connection) -> None:
        while (began := time.perf_counter()) < end:
            code, answer = await link.ask(request(number))
            if code >= 300 and not outcome.first_refusal:
                outcome.first_refusal = answer[:300].decode(errors="replace")
            outcome.ms.append((time.perf_counter() - began) * 1000)
            outcome.codes[code] = outcome.codes.get(code, 0) + 1
            if code == 0:
                return
            if pause_s:
                await asyncio.sleep(pause_s)

    await asyncio.gather(*(worker(number, link) for number, (_, link) in enumerate(links)))
    outcome.seconds = time.perf_counter() - start
    for transport, _ in links:
        transport.close()
    return outcome
