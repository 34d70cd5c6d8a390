"""Cutting a byte stream into frames whose beginning tells their size.

    mark ... size known from the head ... check

Such a frame has no terminator to wait for: a position either begins a good frame, cannot begin one, or needs more bytes.
After a bad frame the search goes on one byte further, so no good frame is lost to the noise before it. It may come late,
though: noise that claims a size is believed until the check at its end fails. A driver that hears silence calls `flush`,
because only it has a clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from devices.protocols.frames import Garbage

Message = TypeVar("Message")


@dataclass(frozen=True, slots=True)
class Framed(Generic[Message]):
    """A message and the number of bytes it took."""

    message: Message
    size: int


Read = Callable[[bytes], "Framed[Message] | str | None"]
"""What begins at the first byte: a frame, why there is none, or None while more bytes must come first.

The first two answers must not change when more bytes follow, and None must not be given for `cap` bytes or more.
"""


class MarkedDecoder(Generic[Message]):
    """Frames out of a stream; `read` sees at most `cap` bytes and the decoder holds fewer than that between calls."""

    def __init__(self, mark: bytes, cap: int, read: "Read[Message]") -> None:
        self._mark = mark
        self._cap = cap
        self._read = read
        self._buffer = b""

    @property
    def pending(self) -> int:
        """Bytes held back because their frame is not complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Message | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        return self._search(self._buffer + data, ended=False)

    def flush(self) -> list[Message | Garbage]:
        """Read what is held as if nothing followed: the line has been silent for longer than a frame takes."""
        return self._search(self._buffer, ended=True)

    def _search(self, data: bytes, *, ended: bool) -> list[Message | Garbage]:
        out: list[Message | Garbage] = []
        pos = bad = 0
        why = "noise"
        while pos < len(data):
            found = self._at(data[pos : pos + self._cap])
            if found is None:
                if not ended:
                    break
                found = "truncated"
            if isinstance(found, str):
                why, pos = (found if pos == bad else why), pos + 1
                continue
            _drop(data[bad:pos], why, out)
            out.append(found.message)
            pos = bad = pos + found.size
            why = "noise"
        _drop(data[bad:pos], why, out)
        self._buffer = data[pos:]
        return out

    def _at(self, data: bytes) -> "Framed[Message] | str | None":
        if not data.startswith(self._mark[: len(data)]):
            return "noise"
        return self._read(data) if len(data) >= len(self._mark) else None


def _drop(data: bytes, why: str, out: "list[Message | Garbage]") -> None:
    if data:
        out.append(Garbage(data, why))
