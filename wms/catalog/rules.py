"""Packaging and codes: how many base units a level holds, and what a scanned text says about an article. Pure."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from wms.standards.digital_link import is_digital_link, read_bracketed, read_digital_link
from wms.standards.gs1 import GS, ElementString, Gs1Fault, check_key, gtin_14, read_date, read_elements, split_aim

BASE_LEVEL = "base"
_PLACES = Decimal("0.000001")  # NUMERIC(18,6)


@dataclass(frozen=True, slots=True)
class Level:
    """A packaging level: one `name` holds `base_quantity` of the item's base unit."""

    name: str
    base_quantity: Decimal


@dataclass(frozen=True, slots=True)
class CodeReading:
    """One way to understand a code. `gtin` is the 14-digit form; exactly one of `gtin` and `text` says which article."""

    gtin: str | None = None
    text: str | None = None
    lot_no: str | None = None
    serial_no: str | None = None
    produced_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None
    count: int | None = None
    weight_g: int | None = None
    sscc: str | None = None
    elements: dict[str, str] = field(default_factory=dict)


def to_base(quantity: Decimal, level: Level) -> Decimal:
    """Ten cases of 12 are 120. Exact: a quantity finer than the ledger keeps is a ValueError, never a rounding."""
    base = quantity * level.base_quantity
    if base != base.quantize(_PLACES):
        raise ValueError("finer than the ledger keeps")
    return base


def split_to_levels(base: Decimal, levels: list[Level]) -> list[tuple[str, Decimal]]:
    """A base quantity in whole packages, the largest first, and what is left in base units: 125 in 12s is 10 and 5."""
    parts: list[tuple[str, Decimal]] = []
    for level in sorted(levels, key=lambda one: one.base_quantity, reverse=True):
        whole = base // level.base_quantity
        if whole:
            parts.append((level.name, whole))
            base -= whole * level.base_quantity
    if base or not parts:
        parts.append((BASE_LEVEL, base))
    return parts


def read_code(code: str, this_year: int) -> list[CodeReading]:
    """Every sensible reading of a scanned or typed text, the likeliest first.

    A symbology identifier decides between a plain code and GS1 elements. Without one a text may be both: the caller looks
    all readings up, and asks the person when they lead to different articles.
    """
    code = code.strip(" \t\r\n")
    symbology, body = split_aim(code)
    if is_digital_link(body):
        return [*_of_elements(read_digital_link(body), this_year), CodeReading(text=body)]
    if body.startswith("("):
        return [*_of_elements(read_bracketed(body), this_year), CodeReading(text=body)]
    plain = _of_plain(body)
    if symbology is None or GS in body:
        return plain + _of_elements(read_elements(code), this_year)
    elements = _of_elements(read_elements(code), this_year)
    # ]C1, ]d2, ]Q3, ]e0 promise elements; a shop that prints its own numbers in them all the same is still understood.
    return elements or plain


def _of_plain(body: str) -> list[CodeReading]:
    if not body or GS in body:
        return []
    readings = [CodeReading(text=body)]
    if check_key(body, "gtin") is None:
        readings.append(CodeReading(gtin=gtin_14(body)))
    return readings


def _of_elements(found: ElementString | Gs1Fault, this_year: int) -> list[CodeReading]:
    if isinstance(found, Gs1Fault):
        return []
    said = {element.ai: element.value for element in reversed(found.elements)}
    gtin, contents = said.get("01"), said.get("02")
    own = said.get("240") or said.get("241")  # additional and customer part number: the owner's own
    if gtin is None and contents is None and own is None:
        return []
    count = said.get("37") if gtin is None else said.get("30")
    dates = {ai: read_date(said[ai], this_year) for ai in ("11", "15", "17") if ai in said}
    return [
        CodeReading(
            gtin=gtin or contents,
            text=None if gtin or contents else own,
            lot_no=said.get("10"),
            serial_no=said.get("21"),
            produced_on=dates.get("11"),
            best_before_on=dates.get("15"),
            expires_on=dates.get("17"),
            count=int(count) if count and int(count) else None,
            weight_g=_net_weight_g(found),
            sscc=said.get("00"),
            elements=said,
        )
    ]


def _net_weight_g(found: ElementString) -> int | None:
    """AI 310n, net weight in kilograms with n decimals."""
    for element in found.elements:
        if element.ai.startswith("310") and element.number is not None:
            grams = element.number * 1000
            return int(grams) if grams == grams.to_integral_value() else None
    return None
