"""Frames of a scanning tunnel on a plain serial line, both directions.

    STX | index(n digits) | ',' | code [ ';' code ... ] | CR LF        Datalogic AV7000 manual, pp. 183, 205-212
    STX | index(n digits) | ',' | NOREAD | CR LF                       no-read string: DS8100 manual, p. 90

    code = ']' letter modifier text                                    AIM identifier, ISO/IEC 15424

The index is the tracking id the sorter controller gave the tunnel with its trigger ("Protocol Index"); the tunnel echoes
it, and that is how a code finds its parcel. Every part is user-defined in the makers' tools, so all of it is
configuration here. FNC1 arrives as GS (0x1D) inside the text and is kept; other control characters are none of a code.
"""

import re
from dataclasses import dataclass
from typing import Literal

from devices.protocols.delimited import FrameCutter
from devices.protocols.frames import Garbage

FRAME_CAP = 4096
GS = "\x1d"
Outcome = Literal["good", "no_read", "multiple"]
_AIM = re.compile(r"\]([A-Za-z][0-9A-Za-z])(.+)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1c\x1e\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ScannerFormat:
    """How one scanner was set up. `index_digits` 0 means that it sends no index at all; `no_index` stands for a missing one."""

    header: bytes = b"\x02"
    separator: bytes = b","
    terminator: bytes = b"\r\n"
    code_separator: bytes = b";"
    no_read: str = "NOREAD"
    multiple_read: str = "MULTIREAD"
    no_index: str = "?"
    aim: bool = True
    index_digits: int = 20


@dataclass(frozen=True, slots=True)
class ScanMessage:
    """One report. `codes` are (AIM letter and modifier, or "", text); empty unless `outcome` is good."""

    index: str | None
    codes: tuple[tuple[str, str], ...]
    outcome: Outcome


def encode(fmt: ScannerFormat, message: ScanMessage) -> bytes:
    """The frame of a report. ValueError when the text would not survive the way back."""
    prefix = b""
    if fmt.index_digits:
        prefix = (message.index or fmt.no_index).encode("ascii") + fmt.separator
    frame = fmt.header + prefix + _encode_codes(fmt, message) + fmt.terminator
    if len(frame) > FRAME_CAP or ScanDecoder(fmt).feed(frame) != [message]:
        raise ValueError(f"cannot be written in this format: {message}")
    return frame


def _encode_codes(fmt: ScannerFormat, message: ScanMessage) -> bytes:
    if message.outcome == "no_read":
        return fmt.no_read.encode()
    if message.outcome == "multiple":
        return fmt.multiple_read.encode()
    texts = (f"]{symbology}{text}" if fmt.aim else text for symbology, text in message.codes)
    return fmt.code_separator.join(text.encode() for text in texts)


class ScanDecoder:
    """Reports out of a stream. Garbage codes: noise, truncated, overlong, bad_field."""

    def __init__(self, fmt: ScannerFormat) -> None:
        self._fmt = fmt
        self._cutter = FrameCutter(fmt.header, fmt.terminator, FRAME_CAP)

    @property
    def pending(self) -> int:
        """Bytes held back because their frame is not complete."""
        return self._cutter.pending

    def feed(self, data: bytes) -> list[ScanMessage | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        return [frame if isinstance(frame, Garbage) else self._parse(frame) for frame in self._cutter.feed(data)]

    def _parse(self, payload: bytes) -> ScanMessage | Garbage:
        message = _message(self._fmt, payload)
        if message is None:
            return Garbage(self._fmt.header + payload + self._fmt.terminator, "bad_field")
        return message


def _message(fmt: ScannerFormat, payload: bytes) -> ScanMessage | None:
    index: str | None = None
    if fmt.index_digits:
        head, found, payload = payload.partition(fmt.separator)
        if not found or not _is_index(fmt, head):
            return None
        index = None if head == fmt.no_index.encode() else head.decode()
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return None
    if text == fmt.no_read:
        return ScanMessage(index, (), "no_read")
    if text == fmt.multiple_read:
        return ScanMessage(index, (), "multiple")
    codes = [_code(fmt, code) for code in text.split(fmt.code_separator.decode())]
    good = tuple(code for code in codes if code is not None)
    return ScanMessage(index, good, "good") if len(good) == len(codes) else None


def _is_index(fmt: ScannerFormat, head: bytes) -> bool:
    return head == fmt.no_index.encode() or (len(head) == fmt.index_digits and head.isdigit())


def _code(fmt: ScannerFormat, text: str) -> tuple[str, str] | None:
    if not text or _CONTROL.search(text):
        return None
    if not fmt.aim:
        return "", text
    match = _AIM.fullmatch(text)
    return (match[1], match[2]) if match else None
