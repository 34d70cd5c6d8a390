"""A sorter controller with readable telegrams: one is open until it is acknowledged, and repeated until then."""

from collections import deque
from collections.abc import Callable

from devices.protocols.frames import Garbage
from devices.protocols.key_telegram import KeyTelegram, TelegramDecoder, encode, next_seq
from firmware_sim.models.instrument import Send
from firmware_sim.schedule import Timer, Timers

_AGAIN_S = 0.3


class TelegramController:
    """`orders` are the destinations it took: (item, destination)."""

    def __init__(
        self, timers: Timers, send: Send, time: Callable[[], str], name: str = "SORTER", host: str = "WMS"
    ) -> None:
        self._timers = timers
        self._send = send
        self._time = time
        self._name = name
        self._host = host
        self._decoder = TelegramDecoder()
        self._queue: deque[KeyTelegram] = deque()
        self._timer: Timer | None = None
        self._seq = 0
        self._on = False
        self.orders: list[tuple[str, str]] = []
        self.repetitions = 0

    def power_on(self) -> None:
        self._on = True
        self._decoder = TelegramDecoder()
        self._offer()

    def power_off(self) -> None:
        self._on = False
        self._stop()

    def happen(self, function: str, **fields: str) -> None:
        """Something happened on the sorter."""
        self._seq = next_seq(self._seq)
        telegram = KeyTelegram(self._seq, self._name, self._host, self._time(), function, tuple(fields.items()))
        self._queue.append(telegram)
        if len(self._queue) == 1:
            self._offer()

    @property
    def waiting(self) -> int:
        """Telegrams that the host has not acknowledged."""
        return len(self._queue)

    def receive(self, data: bytes) -> None:
        for found in self._decoder.feed(data) if self._on else ():
            if isinstance(found, Garbage):
                continue
            if self._queue and found == self._queue[0].acknowledgement():
                self._stop()
                self._queue.popleft()
                self._offer()
            elif found.function == "Tord" and found.receiver == self._name:
                self.orders.append((found.get("HU"), found.get("Dest")))
                self._send(encode(found.acknowledgement()))

    def _offer(self) -> None:
        if self._queue and self._on:
            self._send(encode(self._queue[0]))
            self._timer = self._timers.after(_AGAIN_S, self._again)

    def _again(self) -> None:
        self.repetitions += 1
        self._offer()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
