"""A serial line's pace: ten bits a character, in both directions.

Ptys enforce no baud rate, so the simulator keeps it: a byte is handed over when its last bit has passed. Bytes travel in
small groups of at most `_GROUP_S`, the last byte exactly on time.
"""

from collections.abc import Callable
from functools import partial

from firmware_sim.schedule import Timers

_GROUP_S = 0.002
_OVERRUN_S = 1.0
Done = Callable[[bool], None]


class Uart:
    """`write` puts bytes on the wire and says whether the plug is in; `hear` takes what the other side sent."""

    def __init__(
        self, baud: int, timers: Timers, write: Callable[[bytes], bool], hear: Callable[[bytes], None] | None = None
    ) -> None:
        self._char_s = 10 / baud
        self._timers = timers
        self._write = write
        self._hear = hear
        self._send_free_at = 0.0
        self._hear_free_at = 0.0

    def send(self, data: bytes, done: Done | None = None) -> None:
        """Queue a frame behind what is being sent; `done(complete)` when its last byte is out or was lost at the plug."""
        start = max(self._timers.now(), self._send_free_at)
        self._send_free_at = start + len(data) * self._char_s
        size = max(1, int(_GROUP_S / self._char_s))
        complete = True

        def put(group: bytes, last: bool) -> None:
            nonlocal complete
            complete = self._write(group) and complete
            if last and done is not None:
                done(complete)

        for first in range(0, len(data), size):
            group = data[first : first + size]
            end = first + len(group)
            self._timers.at(start + end * self._char_s, partial(put, group, end == len(data)))

    def received(self, data: bytes) -> None:
        """Bytes from the other side; what comes faster than the line could carry for a second is an overrun and lost."""
        now = self._timers.now()
        start = max(now, self._hear_free_at)
        heard = data[: max(0, int((now + _OVERRUN_S - start) / self._char_s))]
        if self._hear is None or not heard:
            return
        self._hear_free_at = start + len(heard) * self._char_s
        self._timers.at(self._hear_free_at, partial(self._hear, heard))
