"""How Kouan uses the free fields of OSIP: error codes and locations. Ours, not the standard's.

OSIP leaves the meaning of `error` and the spelling of locations to the project. The tables below are the profile "kouan",
which the simulated controller speaks; a driver for another controller is configured with other tables.

    location = 5 x 4 characters: sorter | kind | number | 0000 | 0000        SRT1CHUT000700000000
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from devices.contract.reasons import SortReason
from devices.protocols.osip import OK

ChuteCondition = Literal["open", "full", "jam", "disabled"]

CODE_OF_REASON: Mapping[SortReason, str] = {
    SortReason.OK: OK,
    SortReason.CHUTE_FULL: "00000041",
    SortReason.CHUTE_JAM: "00000042",
    SortReason.CHUTE_DISABLED: "00000043",
    SortReason.LATE_DECISION: "00000051",
    SortReason.LOST_TRACKING: "00000052",
    SortReason.NOT_DIVERTED: "00000053",
    SortReason.INVALID_DEST: "00000054",
}
REASON_OF_CODE: Mapping[str, SortReason] = {code: reason for reason, code in CODE_OF_REASON.items()}

CODE_OF_CONDITION: Mapping[ChuteCondition, str] = {
    "open": OK,
    "full": CODE_OF_REASON[SortReason.CHUTE_FULL],
    "jam": CODE_OF_REASON[SortReason.CHUTE_JAM],
    "disabled": CODE_OF_REASON[SortReason.CHUTE_DISABLED],
}
CONDITION_OF_CODE: Mapping[str, ChuteCondition] = {code: state for state, code in CODE_OF_CONDITION.items()}

INDUCTION, SCALE, TUNNEL, CHUTE, LOOP = "INDU", "SCAL", "TUNN", "CHUT", "LOOP"
PLACE_OF_KIND: Mapping[str, str] = {
    INDUCTION: "in-{n}", SCALE: "scale-{n}", TUNNEL: "tunnel-{n}", CHUTE: "c{n:02d}", LOOP: "loop",
}  # fmt: skip
"""Kind letters → contract place name; `n` is the number in the location."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place on a sorter: `sorter` and `kind` have four characters each, `number` 0..9999."""

    sorter: str
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.sorter}{self.kind}{self.number:04d}00000000"

    @classmethod
    def parse(cls, text: str) -> "Location | None":
        """Read a location of this profile, or None when it is spelt otherwise."""
        number = text[8:12]
        if len(text) != 20 or text[12:] != "00000000" or not (number.isascii() and number.isdigit()):
            return None
        return cls(text[:4], text[4:8], int(number))

    def place(self, patterns: Mapping[str, str] = PLACE_OF_KIND) -> str | None:
        """The contract's name of this place, or None when its kind has none."""
        pattern = patterns.get(self.kind)
        return None if pattern is None else pattern.format(n=self.number)


def group(sorter: str, kind: str) -> str:
    """The location group of all places of one kind: `SRT1CHUT`."""
    return f"{sorter}{kind}"
