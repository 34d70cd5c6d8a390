"""SMA SCP-0499, the scale makers' common language, both directions.

    host    LF letter CR     W H P Z T M C R D A B I N              Sartorius PR 5220 manual, pp. 130-133
    host    ESC              aborts whatever was begun, anywhere     Sartorius PR 5211 manual, p. 52 (5.3.14)
    scale   LF s r n m f weight(10) unit(3) CR                       PR 5220, p. 130; PR 5211, p. 53 (5.4.1)
    scale   LF label(3) ':' text CR                                  SMA MFG MOD REV SN_ END ..., PR 5211, p. 52
    scale   LF ? CR   unknown command        LF ! CR   communication error

s  Z centre of zero, O over, U under capacity, E I T error of zeroing, start, taring; else blank
r  range, 1 on a scale with one        n  G gross, T tare, N net; g n the same in high resolution
m  M in motion, else blank              f  reserved: read, kept out of the message, never compared

With E, I and T the weight is ten dashes. The number stands right-aligned in its ten characters, the unit to the left in
its three. There is no checksum: the fixed width is what catches a byte lost on the line.
"""

import re
from dataclasses import dataclass
from typing import Literal

from devices.protocols.delimited import DelimitedDecoder, FrameCutter, proven
from devices.protocols.frames import Garbage
from devices.protocols.scale_command import COMMAND_CAP
from devices.protocols.weighing import Basis, Condition, Weighing, read_weight

LINE_CAP = 96
LETTERS = frozenset("WHQSPZTMCRDABIN")
_ESC = b"\x1b"
_BASIS: dict[str, Basis] = {"G": "gross", "g": "gross", "N": "net", "n": "net", "T": "tare"}
_CONDITION: dict[str, Condition] = {"O": "overload", "U": "underload", "E": "fault", "I": "fault", "T": "fault"}
_STATUS = frozenset(" ZOUEIT")
_LABELLED = re.compile(r"([A-Z][A-Z0-9_]{2}):([ -~]*)")
_HEAD, _WEIGHT_WIDTH, _UNIT_WIDTH = 5, 10, 3


@dataclass(frozen=True, slots=True)
class Report:
    """A weighing with what only SMA says. `kind` is the letter n, which also tells the resolution."""

    weighing: Weighing
    status: str = " "
    range: str = "1"
    kind: str = "G"


@dataclass(frozen=True, slots=True)
class About:
    """One line of the scale's description: `MFG`, `MOD`, `REV` ... and its text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """'?' the command is unknown, '!' it arrived damaged."""

    sign: Literal["?", "!"]


Response = Report | About | Refused


@dataclass(frozen=True, slots=True)
class Command:
    """One letter, or ESC as the empty letter."""

    letter: str


ABORT = Command("")


class ResponseDecoder(DelimitedDecoder[Response]):
    """What a host hears. Garbage codes: noise, truncated, overlong, bad_length, bad_field, bad_unit."""

    def __init__(self) -> None:
        super().__init__(b"\n", b"\r", LINE_CAP, _response)


class CommandDecoder:
    """What a scale hears. Garbage codes: noise, truncated, overlong, unknown_command."""

    def __init__(self) -> None:
        self._cutter = FrameCutter(b"\n", b"\r", COMMAND_CAP)

    @property
    def pending(self) -> int:
        """Bytes held back because their command is not complete."""
        return self._cutter.pending

    def feed(self, data: bytes) -> list[Command | Garbage]:
        """Take the next bytes and return what they completed, in order; ESC ends what was begun."""
        out: list[Command | Garbage] = []
        for count, piece in enumerate(data.split(_ESC)):
            if count:
                out += [*self._cutter.flush(), ABORT]
            out += [frame if isinstance(frame, Garbage) else _command(frame) for frame in self._cutter.feed(piece)]
        return out


def encode_command(command: Command) -> bytes:
    """The bytes of a command. ValueError when SMA has no such letter."""
    wire = b"\n" + command.letter.encode("ascii", "replace") + b"\r" if command.letter else _ESC
    return proven(wire, command, CommandDecoder())


def encode_response(response: Response) -> bytes:
    """The bytes of a response. ValueError when it would not survive the way back."""
    match response:
        case Refused(sign):
            text: str = sign
        case About(label, about):
            text = f"{label}:{about}"
        case Report(weighing, status, range_, kind):
            number = "-" * _WEIGHT_WIDTH if weighing.condition == "fault" else weighing.raw
            moving = "M" if weighing.condition == "moving" else " "
            text = f"{status}{range_}{kind}{moving} {number:>{_WEIGHT_WIDTH}}{weighing.unit:<{_UNIT_WIDTH}}"
    return proven(b"\n" + text.encode("ascii", "replace") + b"\r", response, ResponseDecoder())


def _command(payload: bytes) -> Command | Garbage:
    letter = payload.decode("latin-1")
    return Command(letter) if letter in LETTERS else Garbage(b"\n" + payload + b"\r", "unknown_command")


def _response(payload: bytes) -> Response | str:
    text = payload.decode("latin-1")
    if text == "?" or text == "!":
        return Refused("?" if text == "?" else "!")
    about = _LABELLED.fullmatch(text)
    if about is not None:
        return About(about[1], about[2])
    if len(text) != _HEAD + _WEIGHT_WIDTH + _UNIT_WIDTH:
        return "bad_length"
    status, range_, kind, motion = text[0], text[1], text[2], text[3]
    if status not in _STATUS or kind not in _BASIS or motion not in " M" or not "1" <= range_ <= "9":
        return "bad_field"
    condition: Condition = _CONDITION.get(status, "moving" if motion == "M" else "stable")
    weighing = read_weight(condition, text[_HEAD:-_UNIT_WIDTH], text[-_UNIT_WIDTH:], _BASIS[kind])
    if isinstance(weighing, str):
        return weighing
    return Report(weighing, status, range_, kind)
