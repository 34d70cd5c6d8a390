"""Datalogic DM3610 and DC3000 dimensioners, in the message that their setup page composes.

    header(<= 25) [sequence(0-3 digits)] L delimiter W delimiter H [unit] [legal] [reason] [alibi] [check(2 hex)] trailer
                                                                             DM3610 reference manual, pp. 89-91, 96
    legal   READY, or NOTREADY: this result may not be used for trade        p. 90
    reason  NODIM_BOX_STACKED, NODIM_BOX_SIDES_TO_NOISY ...: not measured     p. 90
    alibi   00:0e:13:05:00:01nnnnnnnnnn-YYYYMMDDhhmmss, the legal record      p. 91

Every part from unit to alibi is switched on by itself and stands behind its own separator. The order of the three lengths,
their width, decimals, unit, the characters around them and whether the point is sent are set on the same page. Inches are
refused where the format is made.

Not settled by these pages and therefore configured: which bytes the check covers, and how a heartbeat is framed. A CRC and
the volume are not spoken. What stands in the lengths of a parcel that was not measured is not believed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import reduce
from operator import xor
from typing import Any

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.measuring import MILLIMETRES_PER_UNIT, Size, read_mm, shown_mm

FRAME_CAP = 256
_ALIBI = r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}[0-9]{10}-[0-9]{14}"


@dataclass(frozen=True, slots=True)
class DmFormat:
    """The setup page. A separator of None switches its part off; `heartbeat` is the text sent in silence, empty for none."""

    header: bytes = b"\x02"
    trailer: bytes = b"\r\n"
    sequence_digits: int = 0
    order: str = "LWH"
    width: int = 5
    decimals: int = 1
    unit: str = "cm"
    delimiter: str = ";"
    before: str = ""
    after: str = ""
    point: bool = True
    unit_separator: str | None = None
    legal_separator: str | None = None
    reason_separator: str | None = None
    alibi_separator: str | None = None
    bcc: bool = False
    bcc_covers_header: bool = True
    heartbeat: str = ""

    def __post_init__(self) -> None:
        """ValueError when no message could be read by this page."""
        if self.unit not in MILLIMETRES_PER_UNIT:
            raise ValueError(f"not a metric unit: {self.unit!r}")
        if sorted(self.order) != ["H", "L", "W"] or not 0 <= self.sequence_digits <= 3 or not 0 <= self.decimals <= 2:
            raise ValueError(f"not a message of this machine: {self}")
        if not (self.point or self.delimiter or self.before or self.after) and not self.width:
            raise ValueError("without a width nothing tells one length from the next")


DEFAULT = DmFormat()


@dataclass(frozen=True, slots=True)
class Dimensioned:
    """One parcel. `size` is None when it was not measured; `legal` None where the machine does not say it."""

    size: Size | None
    sequence: int | None = None
    legal: bool | None = None
    reason: str = ""
    alibi: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The machine is alive and has nothing to say."""


Message = Dimensioned | Heartbeat


class DimensionDecoder(DelimitedDecoder[Message]):
    """What a host hears. Garbage codes: noise, truncated, overlong, bad_field, bad_unit, bad_checksum."""

    def __init__(self, fmt: DmFormat = DEFAULT) -> None:
        pattern = _pattern(fmt)
        super().__init__(fmt.header, fmt.trailer, FRAME_CAP, lambda payload: _message(payload, fmt, pattern))


def page_of(page: Mapping[str, object]) -> DmFormat:
    """The setup page from its keys. ValueError for a key or a value that the page does not have."""
    defaults = {field.name: field.default for field in fields(DmFormat)}
    values: dict[str, Any] = {}
    for key, value in page.items():
        if key not in defaults:
            raise ValueError(f"page: no such key: {key!r}; there are: {', '.join(defaults)}")
        want = type(defaults[key])
        if isinstance(defaults[key], bytes) and isinstance(value, str):
            value = value.encode()
        if defaults[key] is not None and type(value) is not want:
            raise ValueError(f"page: {key} has the wrong type")
        values[key] = value
    return DmFormat(**values)


def encode(message: Message, fmt: DmFormat = DEFAULT) -> bytes:
    """The bytes of a message. ValueError when this page cannot say it."""
    text = fmt.heartbeat if isinstance(message, Heartbeat) else _text(message, fmt)
    body = text.encode("ascii", "replace")
    check = _bcc(body, fmt) if fmt.bcc else b""
    return proven(fmt.header + body + check + fmt.trailer, message, DimensionDecoder(fmt))


def _text(parcel: Dimensioned, fmt: DmFormat) -> str:
    size = parcel.size or Size(0, 0, 0)
    lengths = {"L": size.length_mm, "W": size.width_mm, "H": size.height_mm}
    shown = [shown_mm(lengths[letter], fmt.unit, fmt.decimals, fmt.width) for letter in fmt.order]
    digits = [text if fmt.point else text.replace(".", "") for text in shown]
    parts = [fmt.delimiter.join(fmt.before + text + fmt.after for text in digits)]
    if fmt.sequence_digits:
        parts.insert(0, f"{parcel.sequence or 0:0{fmt.sequence_digits}d}")
    if fmt.unit_separator is not None:
        parts.append(fmt.unit_separator + fmt.unit)
    if fmt.legal_separator is not None:
        parts.append(fmt.legal_separator + ("READY" if parcel.legal else "NOTREADY"))
    if fmt.reason_separator is not None and parcel.reason:
        parts.append(fmt.reason_separator + parcel.reason)
    if fmt.alibi_separator is not None and parcel.alibi:
        parts.append(fmt.alibi_separator + parcel.alibi)
    return "".join(parts)


def _bcc(body: bytes, fmt: DmFormat) -> bytes:
    covered = fmt.header + body if fmt.bcc_covers_header else body
    return f"{reduce(xor, covered, 0):02X}".encode()


def _pattern(fmt: DmFormat) -> re.Pattern[str]:
    number = r"[0-9]{1,7}" + (rf"\.[0-9]{{{fmt.decimals}}}" if fmt.point and fmt.decimals else "")
    if not fmt.point:
        digits = fmt.width - 1 if fmt.decimals else fmt.width
        number = rf"[0-9]{{{max(digits, 1)}}}"
    fields = [re.escape(fmt.before) + f"(?P<{letter}>{number})" + re.escape(fmt.after) for letter in fmt.order]
    text = rf"(?P<sequence>[0-9]{{{fmt.sequence_digits}}})" + re.escape(fmt.delimiter).join(fields)
    for separator, part, optional in (
        (fmt.unit_separator, "(?P<unit>mm|cm|in)", ""),
        (fmt.legal_separator, "(?P<legal>READY|NOTREADY)", ""),
        (fmt.reason_separator, "(?P<reason>NODIM_[A-Z0-9_]{1,48}|)", "?"),
        (fmt.alibi_separator, f"(?P<alibi>{_ALIBI}|)", "?"),
    ):
        if separator is not None:
            text += f"(?:{re.escape(separator)}{part}){optional}"
    return re.compile(text)


def _message(payload: bytes, fmt: DmFormat, pattern: re.Pattern[str]) -> Message | str:
    if fmt.bcc:
        payload, check = payload[:-2], payload[-2:]
        if check.upper() != _bcc(payload, fmt):
            return "bad_checksum"
    text = payload.decode("latin-1")
    if fmt.heartbeat and text == fmt.heartbeat:
        return Heartbeat()
    match = pattern.fullmatch(text)
    if match is None:
        return "bad_field"
    parts = match.groupdict()
    if parts.get("unit") not in (None, fmt.unit):
        return "bad_unit"
    legal = None if parts.get("legal") is None else parts["legal"] == "READY"
    sequence = int(parts["sequence"]) if fmt.sequence_digits else None
    reason = parts.get("reason") or ""
    size = None if reason else _size(parts, fmt)
    return Dimensioned(size, sequence, legal, reason, parts.get("alibi") or "")


def _size(parts: dict[str, str], fmt: DmFormat) -> Size | None:
    """The box, or None when nothing was measured: a length of zero is none."""
    lengths = []
    for letter in "LWH":
        digits = parts[letter]
        if not fmt.point and fmt.decimals:
            digits = f"{digits[: -fmt.decimals] or '0'}.{digits[-fmt.decimals :]}"
        lengths.append(read_mm(digits, fmt.unit) or 0)
    return Size(*lengths) if all(lengths) else None
