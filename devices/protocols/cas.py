"""CAS indicators in the 22-byte format, which they send unasked.

    ST , GS , id lamp , weight(8) blank unit(2) CR LF        CI-600D manual, p. 74; CI-150A, p. 54; NT-200, p. 48

    ST stable, US unstable, OL overload        GS gross, NT net
    id     one byte, 0x31 is device 1          weight  with its point and leading zeros: 000013.5
    lamp   bit 7 always 1, 6 stable, 4 hold, 3 printer, 2 gross, 1 tare, 0 zero; the models differ in bit 5

The lamps repeat what the header says, for a display; only bit 7 is looked at, because it tells a lamp byte from text. The
host says nothing in this format. A device identified by its number listens to commands that stand in no page that was
read, so there is no other direction here.
"""

import re
from dataclasses import dataclass

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.weighing import Basis, Condition, Weighing, read_weight

SIZE = 22
LAMP_ON, STABLE, HOLD, PRINTER, GROSS, TARE, ZERO = 0x80, 0x40, 0x10, 0x08, 0x04, 0x02, 0x01
_CONDITION: dict[str, Condition] = {"ST": "stable", "US": "moving", "OL": "overload"}
_CONDITION_WORDS = {condition: word for word, condition in _CONDITION.items()}
_BASIS: dict[str, Basis] = {"GS": "gross", "NT": "net"}
_BASIS_WORDS = {basis: word for word, basis in _BASIS.items()}
_WEIGHT_WIDTH = 8
_NUMBER = re.compile(r" *-? *[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Report:
    """A weighing, the number of the device that sent it (1 ...) and its lamps."""

    weighing: Weighing
    device: int = 1
    lamps: int = LAMP_ON


class ReportDecoder(DelimitedDecoder[Report]):
    """What a host hears. Garbage codes: overlong, bad_length, bad_field, bad_unit."""

    def __init__(self) -> None:
        super().__init__(b"", b"\r\n", SIZE, _report)


def encode(report: Report) -> bytes:
    """One line of the indicator. ValueError when the report would not survive the way back."""
    weighing = report.weighing
    head = f"{_CONDITION_WORDS.get(weighing.condition, '??')},{_BASIS_WORDS.get(weighing.basis, '??')},"
    sign = "-" if weighing.raw.startswith("-") else ""
    number = sign + weighing.raw.lstrip("-").rjust(_WEIGHT_WIDTH - len(sign), "0")
    if not 0 <= report.device <= 0xFF - 0x30 or not 0 <= report.lamps <= 0xFF:
        raise ValueError(f"cannot be written: {report}")
    wire = head.encode() + bytes([0x30 + report.device, report.lamps]) + f",{number} {weighing.unit:>2}".encode()
    return proven(wire + b"\r\n", report, ReportDecoder())


def _report(payload: bytes) -> Report | str:
    if len(payload) != SIZE - 2:
        return "bad_length"
    line = payload.decode("latin-1")
    condition, basis = _CONDITION.get(line[:2]), _BASIS.get(line[3:5])
    commas = (line[2], line[5], line[8])
    if condition is None or basis is None or set(commas) != {","} or line[17] != " ":
        return "bad_field"
    device, lamps = payload[6] - 0x30, payload[7]
    number = line[9:17]
    if device < 0 or not lamps & LAMP_ON or (condition != "overload" and not _NUMBER.fullmatch(number)):
        return "bad_field"
    weighing = read_weight(condition, number, line[18:], basis)
    return weighing if isinstance(weighing, str) else Report(weighing, device, lamps)
