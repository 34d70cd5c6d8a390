"""Dimensioning, weighing and scanning machines that push one record a parcel, read by a template.

    text   [header] field separator field ... terminator                barcode,weight,length,width,height,volume,...
    JSON   [header] { "key": value, ... } terminator                     one object a line, or the body of a request

There is no standard and no document: each maker of these boxes has its own order, keys and units, so all of it is the
template. What holds it is what a template can know: the number of fields or the keys it names, exact decimals, a unit that
is configured and metric. Numbers with an exponent are refused; numbers in JSON may be written as text.

A record without barcode, or with the template's no-read text, is a parcel that was not read. A record without weight or
without any length is one that was not weighed or measured; with only some of the lengths it is Garbage.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from devices.protocols.delimited import DelimitedDecoder, proven
from devices.protocols.measuring import MILLIMETRES_PER_UNIT, Size, read_mm, shown_mm
from devices.protocols.weighing import GRAMS_PER_UNIT, Weighing, read_weight

RECORD_CAP = 8192
BARCODE, WEIGHT, LENGTH, WIDTH, HEIGHT = "barcode", "weight", "length", "width", "height"
_MEASURED = frozenset({BARCODE, WEIGHT, LENGTH, WIDTH, HEIGHT})
_CONTROL = re.compile(r"[\x00-\x1c\x1e\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class DwsTemplate:
    """One maker's record. `fields` in their order, or with `keys` (field to key) as JSON.

    Fields that are none of barcode, weight, length, width and height are kept as text: volume, time, image path.
    """

    fields: tuple[str, ...] = (BARCODE, WEIGHT, LENGTH, WIDTH, HEIGHT, "volume", "timestamp", "image")
    keys: Mapping[str, str] | None = field(default=None, hash=False)
    header: bytes = b""
    separator: str = ","
    terminator: bytes = b"\r\n"
    code_separator: str = ";"
    no_read: str = "NOREAD"
    weight_unit: str = "kg"
    length_unit: str = "cm"
    weight_decimals: int = 3
    length_decimals: int = 1

    def __post_init__(self) -> None:
        """ValueError for a unit that is not metric: nobody would see the wrong weight."""
        if self.weight_unit not in GRAMS_PER_UNIT or self.length_unit not in MILLIMETRES_PER_UNIT:
            raise ValueError(f"not metric: {self.weight_unit!r}, {self.length_unit!r}")
        if not self.separator or not self.code_separator or self.separator == self.code_separator:
            raise ValueError("fields and codes need a separator each")


TEXT = DwsTemplate()
JSON = DwsTemplate(keys={name: name for name in TEXT.fields}, terminator=b"\n")


@dataclass(frozen=True, slots=True)
class DwsRecord:
    """One parcel: its codes, grams and millimetres, and the other fields that were not empty, in template order."""

    barcodes: tuple[str, ...]
    weight_g: int | None = None
    size: Size | None = None
    extras: tuple[tuple[str, str], ...] = ()


class RecordDecoder(DelimitedDecoder[DwsRecord]):
    """What a host hears. Garbage codes: noise, truncated, overlong, bad_length, bad_field."""

    def __init__(self, template: DwsTemplate = TEXT) -> None:
        super().__init__(
            template.header, template.terminator, RECORD_CAP, lambda payload: read_record(payload, template)
        )


def read_record(payload: bytes, template: DwsTemplate = TEXT) -> DwsRecord | str:
    """The record in one payload, such as the body of a request, or why there is none."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return "bad_field"
    values = _from_json(text, template.keys) if template.keys is not None else _from_text(text, template)
    return values if isinstance(values, str) else _record(values, template)


def encode(record: DwsRecord, template: DwsTemplate = TEXT) -> bytes:
    """The bytes of a record. ValueError when it would not survive the way back in this template."""
    values = dict(record.extras) | {BARCODE: template.code_separator.join(record.barcodes) or template.no_read}
    if record.weight_g is not None:
        grams = Decimal(record.weight_g) / GRAMS_PER_UNIT[template.weight_unit]
        values[WEIGHT] = f"{grams:.{template.weight_decimals}f}"
    if record.size is not None:
        lengths = (record.size.length_mm, record.size.width_mm, record.size.height_mm)
        for name, length_mm in zip((LENGTH, WIDTH, HEIGHT), lengths, strict=True):
            values[name] = shown_mm(length_mm, template.length_unit, template.length_decimals)
    text = template.separator.join(values.get(name, "") for name in template.fields)
    if template.keys is not None:
        numbers = _MEASURED - {BARCODE}
        pairs = ((key, name, values[name]) for name, key in template.keys.items() if name in values)
        text = ", ".join(
            f"{json.dumps(key)}: {value if name in numbers else json.dumps(value)}" for key, name, value in pairs
        )
        text = "{" + text + "}"
    wire = template.header + text.encode("utf-8", "replace") + template.terminator
    return proven(wire, record, RecordDecoder(template))


def _from_text(text: str, template: DwsTemplate) -> dict[str, str] | str:
    parts = text.split(template.separator)
    return dict(zip(template.fields, parts, strict=True)) if len(parts) == len(template.fields) else "bad_length"


def _from_json(text: str, keys: Mapping[str, str]) -> dict[str, str] | str:
    # Numbers stay text: a float would round them, and 1e999999999 would be built digit by digit.
    try:
        found = json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return "bad_field"
    if not isinstance(found, dict):
        return "bad_field"
    values = {name: "" if found.get(key) is None else found[key] for name, key in keys.items()}
    return values if all(isinstance(value, str) for value in values.values()) else "bad_field"


def _refuse(constant: str) -> None:
    raise ValueError(f"not a number: {constant}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys are unique: of two weights neither is believed."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _record(values: dict[str, str], template: DwsTemplate) -> DwsRecord | str:
    barcode = values.get(BARCODE, "")
    codes = () if barcode in ("", template.no_read) else tuple(barcode.split(template.code_separator))
    if not all(codes) or any(_CONTROL.search(value) for value in values.values()):
        return "bad_field"
    weight = values.get(WEIGHT, "")
    weighing = read_weight("stable", weight, template.weight_unit) if weight else None
    size = _size([values.get(name, "") for name in (LENGTH, WIDTH, HEIGHT)], template.length_unit)
    if isinstance(weighing, str) or isinstance(size, str):
        return "bad_field"
    extras = tuple((name, value) for name, value in values.items() if name not in _MEASURED and value)
    grams = weighing.grams if isinstance(weighing, Weighing) else None
    return DwsRecord(codes, grams, size, extras)


def _size(texts: list[str], unit: str) -> Size | str | None:
    if not any(texts):
        return None
    lengths = [read_mm(text, unit) for text in texts]
    known = [length for length in lengths if length is not None]
    return Size(*known) if len(known) == len(texts) else "bad_field"
