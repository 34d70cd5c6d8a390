"""Serial servers by URL, through pyserial: `rfc2217://`, which carries the line's settings, and `socket://`.

pyserial reads these from a socket of its own and blocks, so each open port has a thread that reads and one that writes. That
is why `tcp:` is better for a server that needs no settings: it costs no thread.
"""

import asyncio
import contextlib
import queue
import threading

import serial

from devices.transports.address import UrlAddress
from devices.transports.inbox import Inbox
from devices.transports.link import WRITE_BUFFER_LIMIT, LinkLost, LinkRefused

_POLL_S = 0.2


class UrlLink:
    def __init__(self, port: serial.SerialBase) -> None:
        self._port = port
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox()
        self._unsent: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._unsent_bytes = 0
        self._closing = threading.Event()
        for work in (self._reads, self._writes):
            threading.Thread(target=work, daemon=True, name=f"port-{work.__name__}").start()

    @classmethod
    async def open(cls, address: UrlAddress) -> "UrlLink":
        """Open and set the port, or raise LinkRefused."""
        host = f"[{address.host}]" if ":" in address.host else address.host
        url = f"{address.scheme}://{host}:{address.port}"
        line = address.line
        try:
            port = await asyncio.to_thread(
                serial.serial_for_url, url, baudrate=line.baud, bytesize=line.bytesize, parity=line.parity,
                stopbits=line.stopbits, timeout=_POLL_S,
            )  # fmt: skip
        except (serial.SerialException, OSError, ValueError) as error:
            raise LinkRefused(f"{url}: {error}") from error
        return cls(port)

    async def read(self) -> bytes:
        return await self._inbox.read()

    def write(self, data: bytes) -> None:
        if self._inbox.lost is not None:
            raise LinkLost(self._inbox.lost)
        if self._unsent_bytes + len(data) > WRITE_BUFFER_LIMIT:
            self.close()
            raise LinkLost("the peer does not take what is sent")
        self._unsent_bytes += len(data)
        self._unsent.put(data)

    def close(self) -> None:
        self._inbox.lose("closed")
        self._closing.set()
        self._unsent.put(None)

    def _reads(self) -> None:
        why = "closed"
        while not self._closing.is_set():
            try:
                data = self._port.read(1)
                if data:
                    data += self._port.read(min(self._port.in_waiting, 4096)) if self._port.in_waiting else b""
                    self._tell(self._inbox.put, data)
            except (serial.SerialException, OSError, TypeError, AttributeError) as error:
                # pyserial's own reader dies of the last two when its socket is closed under it.
                why = f"lost: {error}"
                break
        self._tell(self._inbox.lose, why)
        with contextlib.suppress(serial.SerialException, OSError, AttributeError):
            self._port.close()

    def _writes(self) -> None:
        while (data := self._unsent.get()) is not None:
            try:
                self._port.write(data)
            except (serial.SerialException, OSError, TypeError, AttributeError) as error:
                self._tell(self._inbox.lose, f"lost: {error}")
                return
            self._tell(self._sent, len(data))

    def _sent(self, size: int) -> None:
        self._unsent_bytes -= size

    def _tell(self, what: "object", *args: object) -> None:
        with contextlib.suppress(RuntimeError):  # the event loop has gone, and with it everyone who could care
            self._loop.call_soon_threadsafe(what, *args)  # type: ignore[arg-type]  # a bound method of ours
