"""Check digits a lane may insist on. Pure; `wms.standards` holds the full standards, a floor above."""

import re

_S10 = re.compile(r"[A-Z]{2}([0-9]{8})([0-9])[A-Z]{2}")
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


def gs1(digits: str) -> bool:
    """GS1 modulo 10 over all digits, the last one the check digit."""
    if not (digits.isascii() and digits.isdigit()):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits))) % 10 == 0


def s10(text: str) -> bool:
    """UPU S10: 11 - (weighted sum mod 11), where 10 becomes 0 and 11 becomes 5."""
    match = _S10.fullmatch(text)
    if match is None:
        return False
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(match[1], _S10_WEIGHTS, strict=True)) % 11
    return int(match[2]) == {10: 0, 11: 5}.get(rest, rest)
