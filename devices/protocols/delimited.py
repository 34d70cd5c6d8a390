"""Cutting a byte stream into frames that end with a terminator and may begin with a header.

    [header] payload terminator

A header inside an unfinished frame begins a new frame: the first one was cut off on the wire, and waiting for its
terminator would swallow the good frame behind it. Without a header the only anchor is the terminator, so noise costs at
most the one frame it runs into.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from devices.protocols.frames import Decoder, Garbage

Message = TypeVar("Message")


class FrameCutter:
    """Splits a stream into payloads (header and terminator removed) and Garbage; holds at most `cap` bytes between calls.

    A frame longer than `cap`, delimiters included, is Garbage however the stream was split.
    """

    def __init__(self, header: bytes, terminator: bytes, cap: int) -> None:
        if not terminator or cap <= len(header) + len(terminator):
            raise ValueError("a frame needs a terminator and room for a payload")
        self._header = header
        self._terminator = terminator
        self._cap = cap
        self._buffer = b""
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes held back because their frame is not complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        self._buffer += data
        out: list[bytes | Garbage] = []
        while self._buffer and self._step(out):
            pass
        return out

    def flush(self) -> list[Garbage]:
        """Give up the unfinished frame: something outside the framing has ended it."""
        held, self._buffer, self._skipping = self._buffer, b"", False
        return [Garbage(held, "truncated")] if held else []

    def _step(self, out: list[bytes | Garbage]) -> bool:
        """Consume one frame or one run of garbage from the buffer; False when it needs more bytes."""
        if self._skipping:
            return self._skip_to_terminator(out)
        if self._header and not self._buffer.startswith(self._header):
            return self._skip_to_header(out)
        head = len(self._header)
        end = self._buffer.find(self._terminator, head)
        if head:
            cut = self._buffer.find(self._header, head, end + head - 1 if end >= 0 else len(self._buffer))
            if cut >= 0:
                self._drop(cut, "truncated", out)
                return True
        if end < 0:
            return self._give_up_when_overlong(out)
        size = end + len(self._terminator)
        if size > self._cap:
            self._drop(size, "overlong", out)
            return True
        out.append(self._buffer[head:end])
        self._buffer = self._buffer[size:]
        return True

    def _skip_to_header(self, out: list[bytes | Garbage]) -> bool:
        start = self._buffer.find(self._header)
        if start < 0:
            start = len(self._buffer) - _partial(self._buffer, self._header)
        if start:
            self._drop(start, "noise", out)
        return self._buffer.startswith(self._header)

    def _give_up_when_overlong(self, out: list[bytes | Garbage]) -> bool:
        if len(self._buffer) <= self._cap:
            return False
        # The last bytes may be the first half of a terminator or of the next header: they stay.
        kept = max(_partial(self._buffer, self._terminator), _partial(self._buffer, self._header))
        self._skipping = not self._header
        self._drop(len(self._buffer) - kept, "overlong", out)
        return False

    def _skip_to_terminator(self, out: list[bytes | Garbage]) -> bool:
        end = self._buffer.find(self._terminator)
        if end >= 0:
            self._skipping = False
            self._drop(end + len(self._terminator), "overlong", out)
            return True
        start = len(self._buffer) - _partial(self._buffer, self._terminator)
        if start:
            self._drop(start, "overlong", out)
        return False

    def _drop(self, size: int, why: str, out: list[bytes | Garbage]) -> None:
        out.append(Garbage(self._buffer[:size], why))
        self._buffer = self._buffer[size:]


class DelimitedDecoder(Generic[Message]):
    """Messages out of delimited frames: the cutter finds a payload, `read` says what it means or why it means nothing."""

    def __init__(self, header: bytes, terminator: bytes, cap: int, read: "Callable[[bytes], Message | str]") -> None:
        self._cutter = FrameCutter(header, terminator, cap)
        self._header = header
        self._terminator = terminator
        self._read = read

    @property
    def pending(self) -> int:
        """Bytes held back because their frame is not complete."""
        return self._cutter.pending

    def feed(self, data: bytes) -> list[Message | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        return [frame if isinstance(frame, Garbage) else self._message(frame) for frame in self._cutter.feed(data)]

    def _message(self, payload: bytes) -> Message | Garbage:
        found = self._read(payload)
        return Garbage(self._header + payload + self._terminator, found) if isinstance(found, str) else found


def proven(wire: bytes, message: Message, decoder: Decoder[Message]) -> bytes:
    """The bytes, once they are read back as exactly this message; ValueError when they are not.

    Every encoder ends here: refuse at the sender instead of sending something else.
    """
    if list(decoder.feed(wire)) != [message]:
        raise ValueError(f"cannot be written: {message}")
    return wire


def _partial(data: bytes, mark: bytes) -> int:
    """Length of the longest proper prefix of `mark` that `data` ends with."""
    return next((size for size in range(len(mark) - 1, 0, -1) if data.endswith(mark[:size])), 0)
