"""Names of locations from a pattern, in the order of a walk. Pure.

    A-{01..12}-{01..20}-{A..D}      parts are separated by `-`: zone, aisle, bay, level, position

A brace holds a range (`01..12`, with its leading zeros; `A..D`) or a list (`01,03,05`). Names follow the walk: aisle by
aisle, up one and down the next, each bay from the floor to the top.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

FIELDS = ("zone", "aisle", "bay", "level", "position")
_LONGEST = {"zone": 20}  # every other part: 10
_PART = re.compile(r"([A-Za-z0-9._]*)(?:\{([A-Za-z0-9.,]{1,200})\})?([A-Za-z0-9._]*)")
_NUMBERS = re.compile(r"([0-9]{1,6})\.\.([0-9]{1,6})")
_LETTERS = re.compile(r"([A-Z])\.\.([A-Z])")


class BadPattern(ValueError):
    """The pattern cannot be read."""


@dataclass(frozen=True, slots=True)
class Named:
    """One location of a pattern. `aisle_no` and `bay_no` count from 0, for its place on the floor."""

    name: str
    fields: dict[str, str]
    aisle_no: int
    bay_no: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was read: the values of each part."""

    parts: tuple[tuple[str, ...], ...]

    @property
    def count(self) -> int:
        total = 1
        for part in self.parts:
            total *= len(part)
        return total


def read_pattern(text: str) -> Pattern:
    """Raises BadPattern. Nothing is expanded yet: `count` tells how many names it would make."""
    parts = tuple(_values(part) for part in text.strip().split("-"))
    if len(parts) > len(FIELDS):
        raise BadPattern(text)
    for name, values in zip(FIELDS, parts, strict=False):
        if max(map(len, values)) > _LONGEST.get(name, 10):
            raise BadPattern(text)
    return Pattern(parts)


def expand(pattern: Pattern, *, serpentine: bool = True) -> Iterator[Named]:
    """Every location of a pattern in the order of the walk; with `serpentine` every second aisle is walked backwards."""
    names = FIELDS[: len(pattern.parts)]
    walk = [dict(zip(names, values, strict=True)) for values in itertools.product(*pattern.parts)]
    aisles = _numbered((one.get("zone", ""), one.get("aisle", "")) for one in walk)
    bays = {bay: number for number, bay in enumerate(pattern.parts[2])} if len(pattern.parts) > 2 else {"": 0}
    found = [
        Named(
            "-".join(one.values()), one, aisles[(one.get("zone", ""), one.get("aisle", ""))], bays[one.get("bay", "")]
        )
        for one in walk
    ]
    if serpentine:  # the sort is stable: levels and positions of a bay keep their order
        found.sort(key=lambda one: (one.aisle_no, -one.bay_no if one.aisle_no % 2 else one.bay_no))
    return iter(found)


def _values(part: str) -> tuple[str, ...]:
    match = _PART.fullmatch(part)
    if match is None or not part:
        raise BadPattern(part)
    before, inside, behind = match.groups()
    if inside is None:
        return (before + behind,)
    return tuple(before + value + behind for value in _range(inside))


def _range(inside: str) -> list[str]:
    if numbers := _NUMBERS.fullmatch(inside):
        first, last = numbers.groups()
        if int(first) > int(last) or int(last) - int(first) >= 10_000:
            raise BadPattern(inside)
        return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]
    if letters := _LETTERS.fullmatch(inside):
        first, last = letters.groups()
        if first > last:
            raise BadPattern(inside)
        return [chr(code) for code in range(ord(first), ord(last) + 1)]
    values = inside.split(",")
    if len(set(values)) != len(values) or not all(value.isalnum() for value in values):
        raise BadPattern(inside)
    return values


def _numbered(keys: Iterator[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {key: number for number, key in enumerate(dict.fromkeys(keys))}
