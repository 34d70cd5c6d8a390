"""An indicator in front of a load cell: it streams its weight, or answers when it is asked, in any scale language.

It zeroes within two per cent of its capacity and only while the load is still; it keeps a legal record of a stable, positive
weight where its language has one.
"""

from collections.abc import Callable

from devices.protocols.scale_command import ScaleCommand
from devices.protocols.sma import Command as SmaCommand
from devices.protocols.weighing import Condition
from firmware_sim.models.instrument import Send
from firmware_sim.models.load_cell import LoadCell
from firmware_sim.models.weighing_wire import hear_words, write_record, write_weight
from firmware_sim.schedule import Timer, Timers

_ZERO_RANGE = 0.02
_WEIGH = frozenset({"W", "H", "P", "Q", "SI", "S", "READ"})
_ZERO = frozenset({"Z", "V", "ZERO"})
_TARE = frozenset({"T", "TARE"})


class Indicator:
    """`period_s` 0 says nothing unasked. `answer_after_s` is how long it thinks."""

    def __init__(
        self, language: str, capacity_g: int, cell: LoadCell, timers: Timers, send: Send, period_s: float = 0.0,
        answer_after_s: float = 0.005,
    ) -> None:  # fmt: skip
        self._language = language
        self._capacity_g = capacity_g
        self._cell = cell
        self._timers = timers
        self._send = send
        self._period_s = period_s
        self._answer_after_s = answer_after_s
        self._hear: Callable[[bytes], object] | None = None
        self._next: Timer | None = None
        self._on = False
        self.records = 0

    def power_on(self) -> None:
        self._on = True
        self._hear = None if self._period_s else hear_words(self._language)
        if self._period_s:
            self._stream()

    def power_off(self) -> None:
        self._on = False
        if self._next is not None:
            self._next.cancel()

    def put(self, grams: float) -> None:
        """A load is put on the platform (0: taken off)."""
        self._cell.settle(self._timers.now(), grams)

    def receive(self, data: bytes) -> None:
        if self._hear is None or not self._on:
            return
        for found in self._hear(data):  # type: ignore[attr-defined]  # a sequence of words and garbage
            word = (
                found.word if isinstance(found, ScaleCommand) else found.letter if isinstance(found, SmaCommand) else ""
            )
            if word:
                self._timers.after(self._answer_after_s, lambda word=word: self._obey(word))  # type: ignore[misc]

    def _stream(self) -> None:
        self._say(self._shown())
        self._next = self._timers.after(self._period_s, self._stream)

    def _obey(self, word: str) -> None:
        if word == "PID":
            self._record()
        elif word in _ZERO or word in _TARE:
            self._set_zero(limited=word in _ZERO)
        elif word in _WEIGH:
            self._say(self._shown())

    def _set_zero(self, *, limited: bool) -> None:
        now = self._timers.now()
        near = abs(self._cell.shown_g(now)) <= self._capacity_g * _ZERO_RANGE
        if self._still(now) and (near or not limited):
            self._cell.zero(now)

    def _record(self) -> None:
        now = self._timers.now()
        grams = self._cell.shown_g(now)
        if not self._still(now) or grams <= 0:
            self._say(write_record(max(0, grams), ""))
            return
        self.records += 1
        self._say(write_record(grams, f"00001-{self.records:06d}"))

    def _shown(self) -> bytes:
        # One instant for both: time passes between two looks at the clock, and a moving weight must not be called stable.
        now = self._timers.now()
        grams = self._cell.shown_g(now)
        condition: Condition = "stable" if self._still(now) else "moving"
        if grams > self._capacity_g:
            condition = "overload"
        return write_weight(self._language, condition, grams)

    def _still(self, now: float) -> bool:
        return now >= self._cell.stable_at()

    def _say(self, frame: bytes) -> None:
        if self._on and frame:
            self._send(frame)
