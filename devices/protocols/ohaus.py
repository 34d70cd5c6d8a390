"""Ohaus Ranger, both directions.

    host    P CR LF                                                       Ranger manual, p. 36 (azmanual.top 257185)
    scale   sign(1) blank weight(7) blank unit(2) blank stability(1) blank basis CR LF

    sign       '-' or blank           weight  right-aligned, with its point
    stability  '?' unstable, blank stable
    basis      NET, B/G (gross), or nothing

The number and its sign are separate fields, so a weight of the full seven digits may be negative. `P` prints; the
manual's page lists other words per model, hence the parameter.
"""

import re
from collections.abc import Set as AbstractSet

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.scale_command import ScaleCommand, ScaleCommandDecoder, encode_scale_command
from devices.protocols.weighing import Basis, Weighing, read_weight

LINE_CAP = 32
WORDS = frozenset({"P"})
_BASIS: dict[str, Basis] = {"NET": "net", "B/G": "gross", "": ""}
_BASIS_WORDS = {basis: word for word, basis in _BASIS.items()}
_LINE = re.compile(r"([ -]) ( *[0-9.]+) (.{2}) ([ ?]) (NET|B/G|)")
_HEAD = 9


class WeighingDecoder(DelimitedDecoder[Weighing]):
    """What a host hears. Garbage codes: overlong, bad_field, bad_unit."""

    def __init__(self) -> None:
        super().__init__(b"", b"\r\n", LINE_CAP, lambda payload: _weighing(payload.decode("latin-1")))


class CommandDecoder(ScaleCommandDecoder):
    """What a scale hears."""

    def __init__(self, words: AbstractSet[str] = WORDS) -> None:
        super().__init__(words)


def encode(weighing: Weighing) -> bytes:
    """One line of the scale. ValueError when the weighing would not survive the way back."""
    sign = "-" if weighing.raw.startswith("-") else " "
    number = weighing.raw.lstrip("-")
    mark = "?" if weighing.condition == "moving" else " "
    line = f"{sign} {number:>7} {weighing.unit:<2} {mark} {_BASIS_WORDS.get(weighing.basis, '??')}"
    return proven(line.encode("ascii", "replace") + b"\r\n", weighing, WeighingDecoder())


def encode_command(command: ScaleCommand, words: AbstractSet[str] = WORDS) -> bytes:
    """The bytes of a command. ValueError when it is not among the words."""
    return encode_scale_command(command, words)


def _weighing(line: str) -> Weighing | str:
    match = _LINE.fullmatch(line)
    if match is None or len(match[2]) != _HEAD - 2:
        return "bad_field"
    sign = match[1].strip()
    return read_weight("moving" if match[4] == "?" else "stable", sign + match[2].lstrip(), match[3], _BASIS[match[5]])
