"""Cubiscan, Quantronix's frames that other dimensioners copy, both directions.

    host    STX letter ETX CR LF                                       CubiScan 125 manual, pp. 60-77; M measure
    machine STX M A origin city(6) ,L(5) ,W(5) ,H(5) ,unit ,K(6) ,D(6) ,unit ,F(4) ,mode ETX CR LF
                                                                       62 bytes, CubiScan 125, p. 67; 325, pp. 54-55
    machine STX M N origin error ETX CR LF                             CubiScan 125, p. 63: C corner, M measure, Z zero
    machine STX ? N ETX CR LF                                          CubiScan 125, p. 60: unknown command

origin C machine, H host; each number stands behind its letter: K weight, D dimensional weight, F its factor; unit E or M
for lengths and once more for weights; mode D domestic, I international. A frame may come unasked: the machine measures
when its scale says so, or a footswitch.

M is centimetres and kilograms; E is inches and pounds and refused (bad_unit). Dimensional weights are computed by the
machine from its factor and stay what it says.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.measuring import Size, read_mm, shown_mm
from devices.protocols.scale_command import ScaleCommand, ScaleCommandDecoder, encode_scale_command

FRAME_CAP = 96
WORDS = frozenset("MCV")
_STX, _END = b"\x02", b"\x03\r\n"
_LENGTH = r"([0-9]{3}\.[0-9])"
_WEIGHT = r"([0-9]{3}\.[0-9]{2})"
_MEASURED = re.compile(
    rf"MA([CH])([0-9A-Z]{{6}}),L{_LENGTH},W{_LENGTH},H{_LENGTH},([EM]),K{_WEIGHT},D{_WEIGHT},([EM]),F([0-9]{{4}}),([DI])"
)
_REFUSED = re.compile(r"([M?])N([CH]?)([CMZ]?)")


@dataclass(frozen=True, slots=True)
class Measured:
    """One parcel. `volume_weight_g` and `factor` are the machine's own sums."""

    size: Size
    weight_g: int
    volume_weight_g: int
    factor: int
    city: str = "000000"
    origin: str = "C"
    international: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A command that did not measure: '?' unknown, else the error of a measurement."""

    command: str
    origin: str = ""
    error: str = ""


Response = Measured | Refused


class ResponseDecoder(DelimitedDecoder[Response]):
    """What a host hears. Garbage codes: noise, truncated, overlong, bad_field, bad_unit."""

    def __init__(self) -> None:
        super().__init__(_STX, _END, FRAME_CAP, lambda payload: _response(payload.decode("latin-1")))


class CommandDecoder(ScaleCommandDecoder):
    """What a machine hears: M measure, C measure without end, V tell the settings."""

    def __init__(self) -> None:
        super().__init__(WORDS, _STX, _END)


def encode_command(command: ScaleCommand) -> bytes:
    """The bytes of a command. ValueError for a letter that is none, or that calibrates."""
    return encode_scale_command(command, WORDS, _STX, _END)


def encode_response(response: Response) -> bytes:
    """The frame of a response. ValueError when it is finer than the frame, too large, or would not survive."""
    match response:
        case Refused(command, origin, error):
            text = f"{command}N{origin}{error}"
        case Measured(size, weight_g, volume_weight_g, factor, city, origin, international):
            lengths = zip("LWH", (size.length_mm, size.width_mm, size.height_mm), strict=True)
            dims = ",".join(letter + shown_mm(length_mm, "cm", 1, 5) for letter, length_mm in lengths)
            weights = f"K{_kilograms(weight_g)},D{_kilograms(volume_weight_g)}"
            text = f"MA{origin}{city},{dims},M,{weights},M,F{factor:04d},{'I' if international else 'D'}"
    return proven(_STX + text.encode("ascii", "replace") + _END, response, ResponseDecoder())


def _kilograms(grams: int) -> str:
    return f"{Decimal(grams) / 1000:06.2f}"


def _response(text: str) -> Response | str:
    refused = _REFUSED.fullmatch(text)
    if refused is not None and bool(refused[3]) == (refused[1] == "M"):
        return Refused(refused[1], refused[2], refused[3])
    match = _MEASURED.fullmatch(text)
    if match is None:
        return "bad_field"
    if match[6] != "M" or match[9] != "M":
        return "bad_unit"
    # The pattern has left nothing but decimals, so every field reads as a number.
    length_mm, width_mm, height_mm = (read_mm(match[place], "cm") or 0 for place in (3, 4, 5))
    weight_g, volume_weight_g = (int(Decimal(match[place]) * 1000) for place in (7, 8))
    size = Size(length_mm, width_mm, height_mm)
    return Measured(size, weight_g, volume_weight_g, int(match[10]), match[2], match[1], match[11] == "I")
