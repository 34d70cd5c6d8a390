"""Dini Argeo indicators, both directions, with the number of the legal record.

    host    [address(2)] WORD CR LF                                             DFW manual; 3590EXP manual, p. 65
    scale   [address(2)] HH , KK , weight(8) , unit(2) CR LF                    HH UL OL ST US, KK NT GS; 3590EXP, p. 65
    scale   [address(2)] PID HH , channel , gross(10) unit(2) , YY tare(10) unit(2) , ALIBI CR LF    3590EXP, p. 81
    ALIBI   XXXXX-YYYYYY, the record in the sealed memory, or NO: negative or unstable and therefore not stored
    YY      PT preset tare, two blanks otherwise

The address is sent on RS-485 only. The answer to PID is what may be shown to a court: its `alibi` is kept with the
weighing. The maker may also frame every line with ESC ... STX and end it with CR alone; both are settings there, and this
codec speaks the plain form.
"""

import re
from dataclasses import dataclass, replace

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.scale_command import ScaleCommand, ScaleCommandDecoder, encode_scale_command
from devices.protocols.weighing import Basis, Condition, Weighing, read_weight

LINE_CAP = 64
WORDS = frozenset(
    {
        "VER",
        "READ",
        "REXT",
        "REXD",
        "GR10",
        "T",
        "TARE",
        "TMAN",
        "Z",
        "ZERO",
        "C",
        "CLEAR",
        "STAT",
        "RALL",
        "PID",
        "ALRD",
    }
)
_CONDITION: dict[str, Condition] = {"ST": "stable", "US": "moving", "OL": "overload", "UL": "underload"}
_CONDITION_WORDS = {condition: word for word, condition in _CONDITION.items()}
_BASIS: dict[str, Basis] = {"NT": "net", "GS": "gross"}
_BASIS_WORDS = {basis: word for word, basis in _BASIS.items()}
_ADDRESS = r"(?P<address>[0-9]{2})?"
_WEIGHT = re.compile(_ADDRESS + r"(?P<condition>ST|US|OL|UL),(?P<basis>NT|GS),(?P<weight>.{8}),(?P<unit>.{2})")
_STORED = re.compile(
    _ADDRESS + r"PID(?P<condition>ST|US|OL|UL),(?P<channel>[0-9]),(?P<weight>.{10})(?P<unit>.{2}),"
    r"(?P<preset>PT|  )(?P<tare>.{10})(?P<tare_unit>.{2}),(?P<alibi>[0-9]{5}-[0-9]{6}|NO)"
)


@dataclass(frozen=True, slots=True)
class Displayed:
    """What the display shows."""

    weighing: Weighing
    address: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer to PID: gross weight with the number of its legal record, empty when none was made, and the tare."""

    weighing: Weighing
    tare: Weighing
    channel: int = 1
    preset_tare: bool = False
    address: str = ""


Response = Displayed | Stored


class ResponseDecoder(DelimitedDecoder[Response]):
    """What a host hears. Garbage codes: overlong, bad_field, bad_unit."""

    def __init__(self) -> None:
        super().__init__(b"", b"\r\n", LINE_CAP, lambda payload: _response(payload.decode("latin-1")))


class CommandDecoder(ScaleCommandDecoder):
    """What a scale hears; on RS-485 `address` is its own, and commands for others are Garbage (noise)."""

    def __init__(self, address: str = "") -> None:
        super().__init__(WORDS, address.encode("ascii"))


def encode_command(command: ScaleCommand, address: str = "") -> bytes:
    """The bytes of a command. ValueError when the maker lists no such word."""
    return encode_scale_command(command, WORDS, address.encode("ascii"))


def encode_response(response: Response) -> bytes:
    """One line of the indicator. ValueError when it would not survive the way back."""
    weighing = response.weighing
    head = _CONDITION_WORDS.get(weighing.condition, "??")
    match response:
        case Displayed(_, address):
            basis = _BASIS_WORDS.get(weighing.basis, "??")
            line = f"{address}{head},{basis},{weighing.raw:>8},{weighing.unit:>2}"
        case Stored(_, tare, channel, preset, address):
            tared = f"{'PT' if preset else '  '}{tare.raw:>10}{tare.unit:>2}"
            line = f"{address}PID{head},{channel},{weighing.raw:>10}{weighing.unit:>2},{tared},{weighing.alibi or 'NO'}"
    return proven(line.encode("ascii", "replace") + b"\r\n", response, ResponseDecoder())


def _response(line: str) -> Response | str:
    match = _WEIGHT.fullmatch(line)
    if match is not None:
        shown = read_weight(_CONDITION[match["condition"]], match["weight"], match["unit"], _BASIS[match["basis"]])
        return shown if isinstance(shown, str) else Displayed(shown, match["address"] or "")
    match = _STORED.fullmatch(line)
    if match is None:
        return "bad_field"
    gross = read_weight(_CONDITION[match["condition"]], match["weight"], match["unit"], "gross")
    tare = read_weight("stable", match["tare"], match["tare_unit"], "tare")
    if isinstance(gross, str) or isinstance(tare, str):
        return gross if isinstance(gross, str) else str(tare)
    alibi = "" if match["alibi"] == "NO" else match["alibi"]
    if alibi and (gross.condition != "stable" or (gross.grams or 0) < 0):
        return "bad_field"
    weighing = replace(gross, alibi=alibi)
    return Stored(weighing, tare, int(match["channel"]), match["preset"] == "PT", match["address"] or "")
