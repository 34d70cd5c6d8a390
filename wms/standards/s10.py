"""UPU S10: the 13 characters on every registered letter and postal parcel.

    A A n n n n n n n n c C C      service indicator(2) | serial(8) | check digit(1) | country of origin(2)

Check digit: weights 8 6 4 2 3 5 9 7 over the serial, c = 11 - (sum mod 11), where 10 becomes 0 and 11 becomes 5.
(Some mirrors of encyclopaedias print weights 3..10; they are wrong.) The two replaced values cost something: remainders
0 and 6 share the digit 5, and so about 2 % of single wrong digits pass unnoticed. A right check digit is no proof.
"""

import re
from dataclasses import dataclass
from typing import Literal

_FORM = re.compile(r"([A-Z]{2})([0-9]{8})([0-9])([A-Z]{2})")
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)

Service = Literal[
    "parcel",
    "ems",
    "ecommerce",
    "letter_tracked",
    "letter_registered",
    "letter",
    "insured",
    "domestic",
    "ibrs",
    "m_bag",
]

_SERVICES: dict[str, Service] = {
    "C": "parcel",
    "E": "ems",
    "H": "ecommerce",
    "L": "letter_tracked",
    "R": "letter_registered",
    "U": "letter",
    "V": "insured",
    "Q": "ibrs",
    "M": "m_bag",
    **dict.fromkeys("ABDNPZ", "domestic"),
}
NOT_ASSIGNABLE = frozenset("JK")  # reserved by the standard: no post office may issue them
_SAID_RESERVED = frozenset("STW")  # reserved too by all we know, but without the standard's text in hand


@dataclass(frozen=True, slots=True)
class S10:
    """A well-formed item identifier with a right check digit."""

    service_indicator: str
    serial: str
    check: int
    country: str

    def __str__(self) -> str:
        return f"{self.service_indicator}{self.serial}{self.check}{self.country}"

    @property
    def service(self) -> Service | None:
        """What the first letter stands for, None when nothing is assigned to it."""
        return _SERVICES.get(self.service_indicator[0])

    @property
    def is_reserved(self) -> bool:
        """Whether the service indicator is one that must not occur in the mail."""
        return self.service_indicator[0] in NOT_ASSIGNABLE | _SAID_RESERVED


@dataclass(frozen=True, slots=True)
class S10Fault:
    """Why a text is no S10 identifier. `expected` is the digit that would be right, for `bad_check_digit` only."""

    code: Literal["not_s10", "bad_check_digit"]
    expected: int | None = None


def check_digit(serial: str) -> int:
    """The check digit of an 8-digit serial number."""
    if len(serial) != len(_WEIGHTS) or not (serial.isascii() and serial.isdigit()):
        raise ValueError(f"a serial has 8 digits: {serial!r}")
    remainder = sum(int(digit) * weight for digit, weight in zip(serial, _WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(11 - remainder, 11 - remainder)


def parse(text: str) -> S10 | S10Fault:
    """Read an identifier as printed: upper case, no blanks. Scanners and files must be trimmed by the caller."""
    match = _FORM.fullmatch(text)
    if match is None:
        return S10Fault("not_s10")
    indicator, serial, check, country = match.groups()
    expected = check_digit(serial)
    if int(check) != expected:
        return S10Fault("bad_check_digit", expected)
    return S10(indicator, serial, expected, country)


def make(service_indicator: str, serial: int, country: str) -> S10:
    """Mint an identifier; ValueError for a reserved prefix or a number that does not fit."""
    if not 0 <= serial <= 99_999_999:
        raise ValueError(f"a serial has at most 8 digits: {serial}")
    digits = f"{serial:08d}"
    made = parse(f"{service_indicator}{digits}{check_digit(digits)}{country}")
    if not isinstance(made, S10) or made.is_reserved:
        raise ValueError(f"not an assignable service indicator or country: {service_indicator!r}, {country!r}")
    return made
