"""MT-SICS, the command language of Mettler-Toledo scales, both directions.

    host    NAME [arg ...] CR LF
    scale   S status [weight(10, right-aligned) unit] CR LF       AL-IC manual, p. 72 (forms of S and SI)
    scale   ID status [arg ...] CR LF                             MT-SICS levels: T104 series manual, p. 44
    scale   ES | ET | EL CR LF                                    MT-SICS reference 11781363, 2.1.3.2

Upper-case ASCII, tokens separated by one space. Status of a weight: S stable, D dynamic, I not executable or timed out,
'+' overload, '-' underload. `SI` and `SIR` answer with the identifier `S`, too. There is no checksum: the fixed ten
characters of the weight are the only redundancy, so a lost digit is Garbage and not a lighter parcel.

Weights are exact: the decimal on the wire becomes integer grams without a float. A scale finer than one gram is rounded
half to even; `raw` keeps what it said.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from devices.protocols.delimited import FrameCutter
from devices.protocols.frames import Garbage
from devices.protocols.weighing import GRAMS_PER_UNIT, to_grams

LINE_CAP = 128
Status = Literal["S", "D", "I", "+", "-"]
FaultCode = Literal["ES", "ET", "EL"]
_WEIGHT_WIDTH = 10
_WEIGHED: dict[str, Status] = {"S": "S", "D": "D"}
_UNWEIGHED: dict[str, Status] = {"I": "I", "+": "+", "-": "-"}
_FAULTS: dict[str, FaultCode] = {"ES": "ES", "ET": "ET", "EL": "EL"}
_NAME = re.compile(r"[A-Z@][A-Z0-9]{0,7}")
_TOKEN = re.compile(r'"[^"]*"|[^ "]+')
_TOKENS = re.compile(rf"(?:{_TOKEN.pattern})(?: +(?:{_TOKEN.pattern}))*")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_UNIT = re.compile(r"[A-Za-z]{1,3}")


@dataclass(frozen=True, slots=True)
class Command:
    """What a host sends. Quoted arguments keep their quotes."""

    name: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Answer to S, SI or SIR. `raw` is the number as the scale wrote it; without a weight it and `unit` are empty."""

    status: Status
    grams: int | None = None
    unit: str = ""
    raw: str = ""

    @classmethod
    def of_grams(cls, status: Literal["S", "D"], grams: int, unit: str = "kg", decimals: int = 3) -> "Reading":
        """The reading a scale of this resolution shows; `grams` is what the display says, not what lies on it."""
        shown = (Decimal(grams) / GRAMS_PER_UNIT[unit]).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        return cls(status, to_grams(shown, unit), unit, f"{shown:f}")


@dataclass(frozen=True, slots=True)
class Reply:
    """Any other answer: `Z A`, `I4 A "1234567"`. Quoted arguments keep their quotes."""

    id: str
    status: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """ES syntax error, ET transmission error (parity, frame), EL logical error (bad parameter)."""

    code: FaultCode


Response = Reading | Reply | Fault


def encode_command(command: Command) -> bytes:
    """One line for the scale. ValueError when the command cannot be written as MT-SICS."""
    if not _NAME.fullmatch(command.name):
        raise ValueError(f"not a command name: {command.name!r}")
    return _line([command.name, *_checked(command.args)])


def encode_response(response: Response) -> bytes:
    """One line for the host. ValueError when the response cannot be written as MT-SICS."""
    match response:
        case Fault(code):
            return _line([code])
        case Reading(status, _, unit, raw):
            weight = [] if status in _UNWEIGHED else [raw.rjust(_WEIGHT_WIDTH), unit]
            tokens = ["S", status, *weight]
            if _weight_response(" ".join(tokens), status, b"") != response:
                raise ValueError(f"cannot be written: {response}")
            return _line(tokens)
        case Reply(id, status, args):
            if not _NAME.fullmatch(id) or id == "S" or len(status) != 1:
                raise ValueError(f"not a reply: {response}")
            return _line([id, status, *_checked(args)])


class CommandDecoder:
    """What a scale hears. Garbage codes: overlong, bad_field."""

    def __init__(self) -> None:
        self._cutter = FrameCutter(b"", b"\r\n", LINE_CAP)

    @property
    def pending(self) -> int:
        """Bytes held back because their line is not complete."""
        return self._cutter.pending

    def feed(self, data: bytes) -> list[Command | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        return [line if isinstance(line, Garbage) else _command(line) for line in self._cutter.feed(data)]


class ResponseDecoder:
    """What a host hears. Garbage codes: overlong, bad_field, bad_unit."""

    def __init__(self) -> None:
        self._cutter = FrameCutter(b"", b"\r\n", LINE_CAP)

    @property
    def pending(self) -> int:
        """Bytes held back because their line is not complete."""
        return self._cutter.pending

    def feed(self, data: bytes) -> list[Response | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        return [line if isinstance(line, Garbage) else _response(line) for line in self._cutter.feed(data)]


def _line(tokens: list[str]) -> bytes:
    text = " ".join(tokens) + "\r\n"
    if len(text) > LINE_CAP:
        raise ValueError(f"line of {len(text)} bytes")
    return text.encode("ascii")


def _checked(args: tuple[str, ...]) -> tuple[str, ...]:
    for arg in args:
        if not _TOKEN.fullmatch(arg) or not (arg.isascii() and arg.isprintable()):
            raise ValueError(f"not an argument: {arg!r}")
    return args


def _tokens(line: bytes) -> list[str] | None:
    """The tokens of a line, or None when it holds anything but printable ASCII in well-formed tokens."""
    text = line.decode("latin-1")
    if not (text.isascii() and text.isprintable() and _TOKENS.fullmatch(text)):
        return None
    return _TOKEN.findall(text)


def _command(line: bytes) -> Command | Garbage:
    tokens = _tokens(line)
    if not tokens or not _NAME.fullmatch(tokens[0]):
        return Garbage(line + b"\r\n", "bad_field")
    return Command(tokens[0], tuple(tokens[1:]))


def _response(line: bytes) -> Response | Garbage:
    wire = line + b"\r\n"
    tokens = _tokens(line)
    if not tokens:
        return Garbage(wire, "bad_field")
    if len(tokens) == 1:
        fault = _FAULTS.get(tokens[0])
        return Fault(fault) if fault else Garbage(wire, "bad_field")
    id, status, *args = tokens
    if id == "S":
        return _weight_response(line.decode("ascii"), status, wire)
    if not _NAME.fullmatch(id) or len(status) != 1:
        return Garbage(wire, "bad_field")
    return Reply(id, status, tuple(args))


def _weight_response(text: str, status: str, wire: bytes) -> Reading | Garbage:
    if status in _UNWEIGHED:
        return Reading(_UNWEIGHED[status]) if text == f"S {status}" else Garbage(wire, "bad_field")
    if status not in _WEIGHED or text[:4] != f"S {status} " or text[4 + _WEIGHT_WIDTH : 5 + _WEIGHT_WIDTH] != " ":
        return Garbage(wire, "bad_field")
    unit = text[5 + _WEIGHT_WIDTH :]
    reading = _reading(_WEIGHED[status], text[4 : 4 + _WEIGHT_WIDTH], unit)
    if reading is not None:
        return reading
    return Garbage(wire, "bad_field" if unit in GRAMS_PER_UNIT or not _UNIT.fullmatch(unit) else "bad_unit")


def _reading(status: Status, field: str, unit: str) -> Reading | None:
    number = field.lstrip(" ")
    if not _NUMBER.fullmatch(number) or unit not in GRAMS_PER_UNIT:
        return None
    return Reading(status, to_grams(Decimal(number), unit), unit, number)
