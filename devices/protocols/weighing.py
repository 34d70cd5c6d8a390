"""What every scale says, whatever its language: the shape its codecs share, and exact weights.

The decimal on the wire becomes integer grams without a float. A scale finer than one gram is rounded half to even; `raw`
keeps the number as it was shown, without filling blanks, leading zeros or a plus sign. A unit that is not metric is
refused: a pound read as a kilogram passes every plausibility check a parcel has.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

Condition = Literal["stable", "moving", "overload", "underload", "fault"]
Basis = Literal["", "gross", "net", "tare"]
GRAMS_PER_UNIT = {"mg": Decimal("0.001"), "g": Decimal(1), "kg": Decimal(1000), "t": Decimal(1_000_000)}
_HEAVIEST_G = 10**12
_NUMBER = re.compile(r"([+-]?) *([0-9]{1,12}(?:\.[0-9]{1,9})?)")
_UNIT = re.compile(r"[A-Za-z%]{1,5}")


@dataclass(frozen=True, slots=True)
class Weighing:
    """One report of a scale. `grams` is None and `raw` empty unless the condition is stable or moving.

    A moving weight may lack grams, too: some scales send no unit until it is stable.

    `basis` is empty where the language does not say it, `alibi` where the scale stored no legal record.
    """

    condition: Condition
    grams: int | None = None
    unit: str = ""
    raw: str = ""
    basis: Basis = ""
    alibi: str = ""

    @classmethod
    def of_grams(
        cls, condition: Condition, grams: int, unit: str = "kg", decimals: int = 3, basis: Basis = ""
    ) -> "Weighing":
        """What a scale of this resolution shows; `grams` is what the display says, not what lies on it.

        ValueError beyond a million tonnes, where a decimal would no longer be exact.
        """
        if abs(grams) > _HEAVIEST_G:
            raise ValueError(f"cannot be shown: {grams} g")
        shown = (Decimal(grams) / GRAMS_PER_UNIT[unit]).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        return cls(condition, to_grams(shown, unit), unit, f"{shown:f}", basis)


def read_weight(condition: Condition, number: str, unit: str, basis: Basis = "") -> Weighing | str:
    """The weighing that these fields show, or why there is none: bad_unit, bad_field. Blanks to the left are filling.

    A blank to the right of the number would be a lost digit, and without a point a parcel of a tenth. Out of range no
    number is believed, whatever stands in its place.
    """
    unit = unit.strip(" ")
    if unit not in GRAMS_PER_UNIT and (unit or condition in ("stable", "moving")):
        return "bad_unit" if _UNIT.fullmatch(unit) else "bad_field"
    if condition not in ("stable", "moving"):
        return Weighing(condition, None, unit, "", basis)
    match = _NUMBER.fullmatch(number.lstrip(" "))
    if match is None:
        return "bad_field"
    value = Decimal(match[2])
    shown = f"-{value:f}" if match[1] == "-" else f"{value:f}"
    return Weighing(condition, to_grams(Decimal(shown), unit), unit, shown, basis)


def signed(raw: str, width: int, plus: str = "+", fill: str = "0") -> str:
    """A shown number as sign and `width` characters; longer when it does not fit, so that the way back refuses it."""
    return ("-" if raw.startswith("-") else plus) + raw.lstrip("-").rjust(width, fill)


def to_grams(value: Decimal, unit: str) -> int:
    """Whole grams, rounded half to even where a scale is finer."""
    return int((value * GRAMS_PER_UNIT[unit]).to_integral_value(ROUND_HALF_EVEN))
