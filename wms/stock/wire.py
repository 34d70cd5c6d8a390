"""How quantities travel: exact decimals as strings, at most twelve digits before the point and six behind it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer, WithJsonSchema


def quantity_text(value: Decimal) -> str:
    """Without exponent and trailing zeros: `120`, `0.5`."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_AsText = PlainSerializer(quantity_text, return_type=str, when_used="json")


def _told_as(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


_DIGITS = r"[1-9]\d{0,11}(\.\d{1,6})?"
_BELOW_ONE = r"0\.\d{0,5}[1-9]"
Quantity = Annotated[
    Decimal,
    Field(ge=0, max_digits=18, decimal_places=6, allow_inf_nan=False),
    _AsText,
    _told_as(rf"(0|{_BELOW_ONE}|{_DIGITS})"),
]
PositiveQuantity = Annotated[
    Decimal,
    Field(gt=0, max_digits=18, decimal_places=6, allow_inf_nan=False),
    _AsText,
    _told_as(rf"({_BELOW_ONE}|{_DIGITS})"),
]
SignedQuantity = Annotated[
    Decimal,
    Field(max_digits=18, decimal_places=6, allow_inf_nan=False),
    _AsText,
    _told_as(rf"(0|-?({_BELOW_ONE}|{_DIGITS}))"),
]
