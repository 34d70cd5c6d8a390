"""GS1 keys and element strings.

Check digit (GTIN-8/12/13/14, SSCC-18, GLN-13, GSIN-17): from the right, weights 3, 1, 3 …; (10 - sum mod 10) mod 10.

    SSCC   extension digit(1) | company prefix(4..12) | serial(the rest of 16) | check digit(1)

An element string as a scanner sends it: AIM identifier (`]C1`, `]d2`, `]Q3`, `]e0`), then `AI value`, with FNC1 as GS
(0x1D) after every value of variable length except the last. Element strings are split by biip; what is kept of its
result depends on nothing but the text (biip guesses centuries by the clock, `read_date` is told the year).
"""

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from biip import ParseError
from biip.gs1_messages import GS1Message

GS = "\x1d"
# AIM identifiers that promise GS1 element strings: GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar.
_ELEMENT_SYMBOLOGIES = frozenset({"C1", "d2", "Q3", "e0"})
_GTIN_LENGTHS = frozenset({8, 12, 13, 14})
_KEY_AIS = {"00": 18, "01": 14, "02": 14, "402": 17, "410": 13, "411": 13, "412": 13, "413": 13, "414": 13, "415": 13}

KeyKind = Literal["gtin", "sscc", "gln"]


@dataclass(frozen=True, slots=True)
class Gs1Fault:
    """Why a text is not what it should be. `expected` is the right check digit, for `bad_check_digit` only."""

    code: Literal["not_digits", "bad_length", "bad_check_digit", "not_element_string", "symbology_without_elements"]
    expected: int | None = None
    ai: str | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """One application identifier and its value; `number` has the decimal point where the AI puts it (310n …)."""

    ai: str
    value: str
    number: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ElementString:
    """What a GS1 symbol says, in its order. `symbology` is the AIM identifier without `]`, None when none was sent."""

    elements: tuple[Element, ...]
    symbology: str | None = None

    def get(self, ai: str) -> str | None:
        """The value of the first element with this AI."""
        return next((element.value for element in self.elements if element.ai == ai), None)


def check_digit(payload: str) -> int:
    """The mod-10 digit that belongs behind `payload`."""
    if not _is_digits(payload):
        raise ValueError(f"digits only: {payload!r}")
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(payload)))
    return (10 - total % 10) % 10


def check_key(text: str, kind: KeyKind) -> Gs1Fault | None:
    """What is wrong with a GTIN, SSCC or GLN written as plain digits; None when nothing is."""
    if not _is_digits(text):
        return Gs1Fault("not_digits")
    lengths = {"gtin": _GTIN_LENGTHS, "sscc": frozenset({18}), "gln": frozenset({13})}[kind]
    if len(text) not in lengths:
        return Gs1Fault("bad_length")
    return _check_last_digit(text)


def gtin_14(gtin: str) -> str:
    """The 14-digit form under which a GTIN is stored and compared; ValueError when it is not a GTIN."""
    fault = check_key(gtin, "gtin")
    if fault is not None:
        raise ValueError(f"not a GTIN ({fault.code}): {gtin!r}")
    return gtin.rjust(14, "0")


def make_sscc(company_prefix: str, serial: int, extension: int = 0) -> str:
    """Mint an SSCC. Serials must never repeat within a year under one prefix; the caller keeps the counter."""
    if not (_is_digits(company_prefix) and 4 <= len(company_prefix) <= 12):
        raise ValueError(f"a company prefix has 4 to 12 digits: {company_prefix!r}")
    room = 16 - len(company_prefix)
    if not 0 <= serial < 10**room or not 0 <= extension <= 9:
        raise ValueError(f"serial {serial} or extension {extension} does not fit beside prefix {company_prefix}")
    payload = f"{extension}{company_prefix}{serial:0{room}d}"
    return f"{payload}{check_digit(payload)}"


def read_elements(text: str) -> ElementString | Gs1Fault:
    """Split what a scanner sent into elements, with every check digit verified.

    `]C1` and a leading GS are taken off. A symbology that cannot carry elements (`]C0`, `]E0`) is a fault, because digits
    of a plain code read as elements give nonsense that looks right.
    """
    symbology, body = split_aim(text)
    if symbology is not None and symbology not in _ELEMENT_SYMBOLOGIES:
        return Gs1Fault("symbology_without_elements")
    body = body.removeprefix(GS)
    if not body or not body.replace(GS, " ").isprintable() or not body.isascii():
        return Gs1Fault("not_element_string")
    try:
        parsed = GS1Message.parse(body)
    except (ParseError, ValueError, ArithmeticError):
        return Gs1Fault("not_element_string")
    elements = tuple(Element(part.ai.ai, part.value, part.decimal) for part in parsed.element_strings)
    for element in elements:
        if element.ai in _KEY_AIS and (fault := _check_last_digit(element.value)):
            return Gs1Fault(fault.code, fault.expected, element.ai)
    return ElementString(elements, symbology)


def split_aim(text: str) -> tuple[str | None, str]:
    """The AIM identifier without its `]`, and what follows it; None when the scanner sends none."""
    if len(text) >= 3 and text[0] == "]" and text[1].isascii() and text[1].isalpha() and text[2].isalnum():
        return text[1:3], text[3:]
    return None, text


def read_date(yymmdd: str, this_year: int) -> date | None:
    """A GS1 date; day 00 is the last of the month; None when there is no such day.

    Century (General Specifications 7.12): the year within 49 years back and 50 ahead of `this_year`.
    """
    if len(yymmdd) != 6 or not _is_digits(yymmdd):
        return None
    year = this_year - this_year % 100 + int(yymmdd[:2])
    distance = year - this_year
    year += -100 if distance >= 51 else 100 if distance <= -50 else 0
    month, day = int(yymmdd[2:4]), int(yymmdd[4:])
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except (ValueError, IndexError):  # calendar's IllegalMonthError is both
        return None


def _check_last_digit(text: str) -> Gs1Fault | None:
    expected = check_digit(text[:-1])
    return None if int(text[-1]) == expected else Gs1Fault("bad_check_digit", expected)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
