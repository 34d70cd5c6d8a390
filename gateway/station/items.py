"""What a station remembers of an item, and what it says: plain data."""

from dataclasses import dataclass, replace
from typing import Literal, Protocol

from devices.contract.events import Code
from devices.contract.reasons import SortReason
from devices.contract.sort_table import Entry, SortPlan
from devices.drivers.outputs import DestinationRequest

ChuteCondition = Literal["open", "full", "jam", "disabled"]
ScanOutcome = Literal["good", "no_read", "multiple"]


class Table(Protocol):
    """The sort table of this line at this moment."""

    def plan(self) -> SortPlan | None: ...

    def lookup(self, code: str) -> Entry | None: ...


@dataclass(frozen=True, slots=True)
class StationRules:
    """`safe_chute` serves when there is no plan. `repeat_window_s`: after a reconnect a question this young is a repetition."""

    safe_chute: str
    decision_deadline_s: float = 1.5
    scan_join_s: float = 2.0
    repeat_window_s: float = 3.0
    item_memory_s: float = 900.0
    max_items: int = 5000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a pass was answered, with everything known at that moment. `known_at`: when the last missing fact came in."""

    tid: str
    pass_no: int
    occasion: bytes
    chute: str | None
    reason: SortReason
    code: str | None = None
    codes: tuple[Code, ...] = ()
    weight_g: int | None = None
    plan_version: int = 0
    asked_at: float = 0.0
    known_at: float = 0.0
    epoch: int = -1


@dataclass(frozen=True, slots=True)
class Reply:
    """Tell the controller. `repeat`: the answer was given and recorded before."""

    request: DestinationRequest
    answer: Answer
    repeat: bool


@dataclass(slots=True)
class Question:
    request: DestinationRequest
    asked_at: float
    pass_no: int


@dataclass(slots=True)
class Reading:
    outcome: ScanOutcome
    codes: tuple[Code, ...]
    at: float


@dataclass(slots=True)
class Item:
    tid: str
    touched: float
    weight_g: int | None = None
    scan: Reading | None = None
    question: Question | None = None
    answer: Answer | None = None


def as_restored(answer: Answer, at: float, age_s: float) -> Answer:
    """An answer read from disk, placed on this process's clock and before its first link."""
    return replace(answer, asked_at=at - age_s, known_at=at - age_s, epoch=-1)
