"""Toledo Continuous, the output that never stops, both directions.

    STX | SWA | SWB | SWC | weight(6) | tare(6) | CR | [CHK]      Rockwell 57c428, p. 37; Kern FTC manual, p. 42
    SWA  bits 0-2 decimal point: 2 XXXXXX, 3 XXXXX.X ... 7 X.XXXXX; bits 3-4 increment 1, 2, 5
    SWB  bit 0 net, 1 negative, 2 out of range, 3 motion, 4 kg (0: lb), 6 not zeroed since power-up
    SWC  bits 0-2 other unit (1: g), 3 print request, 4 expanded tenfold                 Wildcat e15609900a, p. 41
    host P | T | Z | C, then CR LF

ASCII digits without a point, leading blanks. CHK makes the low seven bits of all bytes, STX and CR included, add up to
zero modulo 128. The line usually runs with 7 data bits and even parity; the port strips the parity, not this codec.

Makers fill the remaining bits differently (Cardinal 225, p. 126, and Fairbanks FB3000, p. 55): they are masked, never
compared. Two meanings are not settled by the documents and could be wrong by a factor of ten or a hundred: the fixed
zeros of decimal codes 0 and 1, and the expanded display. Such frames are Garbage (unsettled_scale), not weights.
"""

from dataclasses import dataclass

from devices.protocols.delimited import proven
from devices.protocols.marked import Framed, MarkedDecoder
from devices.protocols.scale_command import ScaleCommand, ScaleCommandDecoder, encode_scale_command
from devices.protocols.weighing import Condition, Weighing, read_weight

STX, CR = 0x02, 0x0D
FRAME_CAP = 18
WORDS = frozenset("PTZC")
_SIZE = 17
_DIGITS = 6
_WHOLE = 2
"""The decimal code of a number without decimals."""
_INCREMENTS = {0: 0, 1: 1, 2: 2, 5: 3}


@dataclass(frozen=True, slots=True)
class Continuous:
    """One frame. `tare` is the number as shown, in the unit of the weighing; `increment` 0 where the maker sends none."""

    weighing: Weighing
    tare: str = "0"
    decimals: int = 0
    increment: int = 1
    print_request: bool = False
    zeroed: bool = True

    @classmethod
    def of(cls, weighing: Weighing, decimals: int, increment: int = 1) -> "Continuous":
        """The frame of an untared scale."""
        return cls(weighing, f"{0:.{max(decimals, 0)}f}", decimals, increment)


class ContinuousDecoder(MarkedDecoder[Continuous]):
    """What a host hears. Garbage codes: noise, truncated, bad_field, bad_checksum, bad_unit, unsettled_scale."""

    def __init__(self, *, checksum: bool = False) -> None:
        super().__init__(bytes([STX]), FRAME_CAP, lambda data: _framed(data, checksum=checksum))


class CommandDecoder(ScaleCommandDecoder):
    """What a scale hears; some makers end a command with CR alone."""

    def __init__(self, terminator: bytes = b"\r\n") -> None:
        super().__init__(WORDS, b"", terminator)


def encode(frame: Continuous, *, checksum: bool = False) -> bytes:
    """The bytes of a frame. ValueError when it does not fit into six digits or would not survive the way back."""
    weighing = frame.weighing
    wire = bytes([STX, *_status_words(frame)])
    wire += _field(weighing.raw, frame.decimals) + _field(frame.tare, frame.decimals) + bytes([CR])
    if checksum:
        wire += bytes([_checksum(wire)])
    return proven(wire, frame, ContinuousDecoder(checksum=checksum))


def encode_command(command: ScaleCommand, terminator: bytes = b"\r\n") -> bytes:
    """The bytes of P, T, Z or C. ValueError for any other word."""
    return encode_scale_command(command, WORDS, b"", terminator)


def _status_words(frame: Continuous) -> tuple[int, int, int]:
    weighing = frame.weighing
    if not 0 <= frame.decimals <= 7 - _WHOLE or frame.increment not in (0, 1, 2, 5):
        raise ValueError(f"cannot be written: {frame}")
    swa = 0x20 | _INCREMENTS[frame.increment] << 3 | frame.decimals + _WHOLE
    bits = (
        weighing.basis == "net",
        weighing.raw.startswith("-") or weighing.condition == "underload",
        weighing.condition in ("overload", "underload"),
        weighing.condition == "moving",
        weighing.unit == "kg",
        True,
        not frame.zeroed,
    )
    swb = sum(bit << place for place, bit in enumerate(bits))
    return swa, swb, 0x20 | frame.print_request << 3 | (weighing.unit == "g")


def _field(number: str, decimals: int) -> bytes:
    whole, _, part = number.lstrip("-").partition(".")
    return (whole + part.ljust(decimals, "0")).zfill(_DIGITS).encode("ascii", "replace")


def _checksum(data: bytes) -> int:
    return -sum(data) & 0x7F


def _framed(data: bytes, *, checksum: bool) -> Framed[Continuous] | str | None:
    size = _SIZE + checksum
    if len(data) < size:
        return None
    if data[16] != CR:
        return "bad_field"
    if checksum and _checksum(data[:_SIZE]) != data[_SIZE] & 0x7F:
        return "bad_checksum"
    found = _continuous(data)
    return found if isinstance(found, str) else Framed(found, size)


def _continuous(data: bytes) -> Continuous | str:
    swa, swb, swc = data[1:4]
    decimals = (swa & 7) - _WHOLE
    if decimals < 0 or swc & 0x10:
        return "unsettled_scale"
    unit = {0: "kg" if swb & 0x10 else "lb", 1: "g"}.get(swc & 7, "other")
    weight = _point(data[4:10].decode("latin-1"), decimals)
    tare = _point(data[10:16].decode("latin-1"), decimals) or _point("0" * _DIGITS, decimals)
    condition: Condition = "moving" if swb & 8 else "stable"
    if swb & 4:
        condition = "underload" if swb & 2 else "overload"
    weighing = read_weight(condition, ("-" if swb & 2 else "") + weight, unit, "net" if swb & 1 else "gross")
    tared = read_weight("stable", tare, unit)
    if isinstance(weighing, str) or isinstance(tared, str):
        return weighing if isinstance(weighing, str) else "bad_field"
    increment = (0, 1, 2, 5)[swa >> 3 & 3]
    return Continuous(weighing, tared.raw, decimals, increment, bool(swc & 8), not swb & 0x40)


def _point(digits: str, decimals: int) -> str:
    """Six digits with their decimal point; empty when all are blank: a dark display is not zero."""
    digits = digits.lstrip(" ")
    if not digits.isdigit():
        return digits and "?"
    digits = digits.rjust(_DIGITS, "0")
    return f"{digits[: _DIGITS - decimals]}.{digits[_DIGITS - decimals :]}" if decimals else digits
