"""A&D scales and balances, both directions.

    HEADER(2) , [BASIS(2) ,] sign digits unit CR LF
    ST,NT,+0012.34kg       sign and 7 characters, unit of 2        AD-4404 manual, p. 80; AD-4403, pp. 8-9
    ST,+001234.5  g        sign and 8 characters, unit of 3        EK-L manual, p. 28 (9-2 "Data format")

    HEADER  ST stable, US unstable, QT stable count, OL out of range        BASIS  GS gross, NT net, TR tare
    host    a word, CR LF

Out of range all digits are nines and the sign tells which end. A count of pieces and a percentage have units of their own
and are refused (bad_unit). The fixed width is the only redundancy. The words of the host differ between the models and
stand in no page that was read: they are the `words` of the format.
"""

import re
from dataclasses import dataclass

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.scale_command import ScaleCommand, ScaleCommandDecoder, encode_scale_command
from devices.protocols.weighing import Basis, Condition, Weighing, read_weight, signed

LINE_CAP = 32
_BASIS: dict[str, Basis] = {"GS": "gross", "NT": "net", "TR": "tare"}
_BASIS_WORDS = {basis: word for word, basis in _BASIS.items()}
_CONDITION: dict[str, Condition] = {"ST": "stable", "QT": "stable", "US": "moving", "OL": "overload"}
_NUMBER = re.compile(r"[+-][0-9.]+")


@dataclass(frozen=True, slots=True)
class AndFormat:
    """The layout of a model; `words` are the commands that its host may send."""

    has_basis: bool = True
    digits: int = 7
    unit_width: int = 2
    words: frozenset[str] = frozenset({"Q", "S", "SI", "SIR", "C", "Z", "T"})


AD_4404 = AndFormat()
EK_L = AndFormat(has_basis=False, digits=8, unit_width=3)


class WeighingDecoder(DelimitedDecoder[Weighing]):
    """What a host hears. Garbage codes: overlong, bad_length, bad_field, bad_unit."""

    def __init__(self, fmt: AndFormat = AD_4404) -> None:
        super().__init__(b"", b"\r\n", LINE_CAP, lambda payload: _weighing(payload.decode("latin-1"), fmt))


class CommandDecoder(ScaleCommandDecoder):
    """What a scale hears."""

    def __init__(self, fmt: AndFormat = AD_4404) -> None:
        super().__init__(fmt.words)


def encode(weighing: Weighing, fmt: AndFormat = AD_4404) -> bytes:
    """One line of the scale. ValueError when the weighing would not survive the way back."""
    headers = {"stable": "ST", "moving": "US", "overload": "OL", "underload": "OL", "fault": "ER"}
    number = signed(weighing.raw, fmt.digits)
    if not weighing.raw:
        number = ("-" if weighing.condition == "underload" else "+") + "9" * (fmt.digits - 2) + ".9"
    fields = [headers[weighing.condition], number + weighing.unit.rjust(fmt.unit_width)]
    if fmt.has_basis:
        fields.insert(1, _BASIS_WORDS.get(weighing.basis, "??"))
    return proven(",".join(fields).encode("ascii", "replace") + b"\r\n", weighing, WeighingDecoder(fmt))


def encode_command(command: ScaleCommand, fmt: AndFormat = AD_4404) -> bytes:
    """The bytes of a command. ValueError when the format does not list it."""
    return encode_scale_command(command, fmt.words)


def _weighing(line: str, fmt: AndFormat) -> Weighing | str:
    head = 6 if fmt.has_basis else 3
    if len(line) != head + 1 + fmt.digits + fmt.unit_width:
        return "bad_length"
    basis = _BASIS.get(line[3:5]) if fmt.has_basis else ""
    condition = _CONDITION.get(line[:2])
    number = line[head : -fmt.unit_width]
    if basis is None or condition is None or set(line[2:head:3]) != {","} or not _NUMBER.fullmatch(number):
        return "bad_field"
    if condition == "overload" and number.startswith("-"):
        condition = "underload"
    return read_weight(condition, number, line[-fmt.unit_width :], basis)
