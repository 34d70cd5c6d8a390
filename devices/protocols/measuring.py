"""Sizes that dimensioners report: exact lengths, the shape their codecs share.

The decimal on the wire becomes integer millimetres without a float; finer ones are rounded half to even. A unit that is
not metric is refused, as with weights: an inch read as a centimetre is still a plausible parcel.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

MILLIMETRES_PER_UNIT = {"mm": Decimal(1), "cm": Decimal(10), "m": Decimal(1000)}
_LONGEST_MM = 10**12
_NUMBER = re.compile(r" *([0-9]{1,9}(?:\.[0-9]{1,6})?)")


@dataclass(frozen=True, slots=True)
class Size:
    """The box that holds the parcel."""

    length_mm: int
    width_mm: int
    height_mm: int


def read_mm(number: str, unit: str) -> int | None:
    """A length in millimetres, or None when it is no decimal number. Blanks to the left are filling."""
    match = _NUMBER.fullmatch(number)
    if match is None:
        return None
    return int((Decimal(match[1]) * MILLIMETRES_PER_UNIT[unit]).to_integral_value(ROUND_HALF_EVEN))


def shown_mm(length_mm: int, unit: str, decimals: int, width: int = 0) -> str:
    """A length as a display of this resolution shows it, with leading zeros up to `width` characters.

    ValueError beyond a million kilometres, where a decimal would no longer be exact.
    """
    if abs(length_mm) > _LONGEST_MM:
        raise ValueError(f"cannot be written: {length_mm} mm")
    shown = (Decimal(length_mm) / MILLIMETRES_PER_UNIT[unit]).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return f"{shown:f}".zfill(width)
