"""One driver on one open link, until the link is lost.

All outputs go to `sink` in the order of the wire, with the time at which their bytes were read. `sink` must not wait: while
an answer is being stored the next telegram is already read. `room` is asked before each read; it waits only when nothing
more can be stored, and then the device's own buffers hold what it says. The timer of the driver runs on the event loop and
never cancels a pending read.
"""

import asyncio
from collections.abc import Awaitable, Callable

from devices.drivers.outputs import Driver, Output, Send
from devices.transports.link import ByteLink, LinkLost

Sink = Callable[[list[Output], float], None]
Tap = Callable[[str, bytes], None]
"""Sees raw bytes with their direction, `rx` or `tx`, for the technician's frame list."""


class Session:
    def __init__(
        self, link: ByteLink, driver: Driver, sink: Sink, mono: Callable[[], float], tap: Tap,
        room: Callable[[], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._link = link
        self._driver = driver
        self._sink = sink
        self._mono = mono
        self._tap = tap
        self._room = room
        self._timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Serve the device. Always ends with LinkLost (or cancellation), after the driver was told."""
        try:
            self.deliver(self._driver.connected(self._mono()), self._mono())
            while True:
                await self._room()
                data = await self._link.read()
                at = self._mono()
                self._tap("rx", data)
                self.deliver(self._driver.feed(data, at), at)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self._link.close()
            self._sink(self._driver.disconnected(), self._mono())

    def deliver(self, outputs: list[Output], at: float) -> None:
        """Send what is to be sent, pass the rest on, and set the driver's timer again."""
        rest: list[Output] = []
        for output in outputs:
            if isinstance(output, Send):
                self.send(output.data)
            else:
                rest.append(output)
        if rest:
            self._sink(rest, at)
        self._arm()

    def send(self, data: bytes) -> None:
        """Hand bytes to the device; LinkLost when there is none any more."""
        self._tap("tx", data)
        self._link.write(data)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self._driver.due()
        if due is None:
            self._timer = None
            return
        delay = max(0.0, due - self._mono())
        self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        now = self._mono()
        try:
            self.deliver(self._driver.tick(now), now)
        except LinkLost:
            self._link.close()  # the pending read ends and reports it
