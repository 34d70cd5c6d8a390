"""Between a controller's locations and the contract's place names, in both directions.

The mapping is configuration: kind letters → a pattern with `{n}`. Backwards, a chute's location is found by inverting the
pattern, so that no list of chutes has to be typed in.
"""

import re
from collections.abc import Mapping

from devices.protocols.osip_profile import CHUTE, LOOP, PLACE_OF_KIND, Location


class Places:
    def __init__(self, sorter: str, patterns: Mapping[str, str] = PLACE_OF_KIND) -> None:
        self._sorter = sorter
        self._patterns = dict(patterns)
        self._chute = _inverse(self._patterns[CHUTE])
        self._loop = str(Location(sorter, LOOP, 1))

    def read(self, text: str) -> tuple[str, str] | None:
        """(kind letters, place name) of a location on the wire, or None when it is not on this sorter."""
        location = Location.parse(text)
        if location is None or location.sorter != self._sorter:
            return None
        place = location.place(self._patterns)
        return None if place is None else (location.kind, place)

    def has_chute(self, name: str) -> bool:
        """Whether a chute of this sorter can be called so."""
        match = self._chute.fullmatch(name)
        return match is not None and int(match[1]) <= 9999 and self._patterns[CHUTE].format(n=int(match[1])) == name

    def write(self, chute: str | None) -> str:
        """The location of a chute; None is another round. ValueError when no chute is called so."""
        if chute is None:
            return self._loop
        match = self._chute.fullmatch(chute)
        if match is None or not self.has_chute(chute):
            raise ValueError(f"no chute of this sorter: {chute!r}")
        return str(Location(self._sorter, CHUTE, int(match[1])))


def _inverse(pattern: str) -> re.Pattern[str]:
    head, _, tail = pattern.partition("{n")
    _, _, tail = tail.partition("}")
    return re.compile(re.escape(head) + r"([0-9]{1,5})" + re.escape(tail))
