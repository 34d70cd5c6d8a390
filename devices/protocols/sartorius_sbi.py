"""Sartorius SBI in its forms of 16 and 22 characters, both directions.

    host    ESC WORD CR LF      P print, T tare, V zero, x1_ the model        sartoriuslib, "SBI commands"
    scale   [id(6)] sign(1) blank number(8) blank unit(3) CR LF               GC803S manual, p. 57; Practum manual, p. 86
    scale   [id(6)] H, L or C at one place, else blank CR LF                  LE2202S manual, p. 51: special codes
    scale   [id(6)] Err, three digits, blanks CR LF

    H overload, L underload, C calibrating

**A blank unit means that the weight is not stable**; the unit is then unknown, and with it the weight: the reading is
`moving` without grams where `unit_of_moving` is empty. A host that knows its balance's unit configures it. The place of
H, L and C within the fourteen characters differs between the models: any is accepted.
"""

import re
from dataclasses import dataclass

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.scale_command import ScaleCommand, ScaleCommandDecoder, encode_scale_command
from devices.protocols.weighing import Condition, Weighing, read_weight, signed

LINE_CAP = 32
WORDS = frozenset({"P", "T", "V", "x1_"})
_ESC = b"\x1b"
_ID_WIDTH, _BODY_WIDTH, _NUMBER_WIDTH = 6, 14, 9
_BODY = re.compile(r"([+ -]) ([ 0-9.]{8}) ([A-Za-z%/ ]{3})")
_SPECIAL = re.compile(r" *([HLC]) *")
_ERROR = re.compile(r"Err *([0-9]{1,3}) *")
_CONDITION: dict[str, Condition] = {"H": "overload", "L": "underload", "C": "fault"}


@dataclass(frozen=True, slots=True)
class SbiFormat:
    """How a balance was set up: lines of 22 characters begin with an identifier; `unit_of_moving` see above."""

    with_id: bool = False
    unit_of_moving: str = ""


PLAIN = SbiFormat()


@dataclass(frozen=True, slots=True)
class Report:
    """A weighing and what the balance calls it: `N`, `G#`, `T1` ...; empty in lines of 16 characters.

    `error` is the number behind Err.
    """

    weighing: Weighing
    id: str = ""
    error: str = ""


class ReportDecoder(DelimitedDecoder[Report]):
    """What a host hears. Garbage codes: overlong, bad_length, bad_field, bad_unit."""

    def __init__(self, fmt: SbiFormat = PLAIN) -> None:
        super().__init__(b"", b"\r\n", LINE_CAP, lambda payload: _report(payload.decode("latin-1"), fmt))


class CommandDecoder(ScaleCommandDecoder):
    """What a balance hears."""

    def __init__(self) -> None:
        super().__init__(WORDS, _ESC)


def encode(report: Report, fmt: SbiFormat = PLAIN) -> bytes:
    """One line of the balance. ValueError when the report would not survive the way back."""
    weighing = report.weighing
    special = {"overload": "H", "underload": "L", "fault": "C"}.get(weighing.condition)
    if report.error:
        body = f"Err {report.error}"
    elif special:
        body = f"      {special}"
    else:
        unit = weighing.unit if weighing.condition == "stable" else ""
        plus = "+" if weighing.raw.strip("-0.") or not weighing.raw else " "
        body = f"{signed(weighing.raw, _NUMBER_WIDTH, plus, ' ')} {unit:<3}"
    line = (f"{report.id:<6}" if fmt.with_id else "") + f"{body:<14}"
    return proven(line.encode("ascii", "replace") + b"\r\n", report, ReportDecoder(fmt))


def encode_command(command: ScaleCommand) -> bytes:
    """The bytes of a command. ValueError when SBI lists no such word."""
    return encode_scale_command(command, WORDS, _ESC)


def _report(line: str, fmt: SbiFormat) -> Report | str:
    width = _BODY_WIDTH + (_ID_WIDTH if fmt.with_id else 0)
    if len(line) != width:
        return "bad_length"
    id, body = line[: width - _BODY_WIDTH].rstrip(" "), line[width - _BODY_WIDTH :]
    if not (id.isascii() and id.isprintable()):
        return "bad_field"
    error, special = _ERROR.fullmatch(body), _SPECIAL.fullmatch(body)
    if error is not None:
        return Report(Weighing("fault"), id, error[1])
    if special is not None:
        return Report(Weighing(_CONDITION[special[1]]), id)
    weighing = _weighing(body, fmt)
    return weighing if isinstance(weighing, str) else Report(weighing, id)


def _weighing(body: str, fmt: SbiFormat) -> Weighing | str:
    match = _BODY.fullmatch(body)
    if match is None:
        return "bad_field"
    sign, number, unit = match[1].strip(), match[2].lstrip(" "), match[3].strip(" ")
    if unit:
        return read_weight("stable", sign + number, unit)
    probe = read_weight("moving", sign + number, fmt.unit_of_moving or "g")
    return probe if isinstance(probe, str) or fmt.unit_of_moving else Weighing("moving", None, "", probe.raw)
