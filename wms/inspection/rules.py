"""What follows from a machine's word, a look and a clock. Pure.

Nothing here releases by default: a missing report, an unreadable picture, a passed deadline and an absent reviewer all lead
away from RELEASE.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Verdict = Literal["RELEASE", "REVIEW", "UNPACK", "RESCAN"]
Decision = Literal["clear", "suspect", "unreadable", "escalate"]

LONGEST_LOOK = timedelta(minutes=20)  # at a stretch; the rule of European aviation security for screeners, 5.1.7
PAUSE = timedelta(minutes=10)  # our choice: the rule names no length
MOST_RESCANS = 1
LEASE = timedelta(seconds=60)
_TIP_NEEDS = timedelta(seconds=12)  # the belt must leave time to look again without the projection


@dataclass(frozen=True, slots=True)
class Step:
    """A verdict, and for REVIEW who looks next."""

    verdict: Verdict
    reason: str
    level: int = 0
    for_lead: bool = False


def after_machine(*, alarmed: bool, reported: bool, auto_release: bool) -> Step:
    """`reported`: the machine said CLEAR or ALARM itself. Only a plain CLEAR where the site allows it needs no eyes."""
    if auto_release and reported and not alarmed:
        return Step("RELEASE", "no_alarm")
    return Step("REVIEW", "alarm" if alarmed else "every_image", level=1)


def after_first(decision: Decision, *, alarmed: bool, drawn: bool, rescans: int) -> Step:
    """`drawn`: the lot fell on this image to be seen twice."""
    if decision == "escalate":
        return Step("REVIEW", "escalated", level=2, for_lead=True)
    if decision == "clear" and alarmed:
        return Step("REVIEW", "disagrees_with_alarm", level=2)
    if decision == "clear" and drawn:
        return Step("REVIEW", "drawn_by_lot", level=2)
    return _end(decision, rescans)


def after_second(decision: Decision, *, rescans: int) -> Step:
    """The second look ends it: whoever still doubts has the parcel opened."""
    return _end("suspect" if decision == "escalate" else decision, rescans)


def _end(decision: Decision, rescans: int) -> Step:
    if decision == "clear":
        return Step("RELEASE", "seen_clear")
    if decision == "unreadable" and rescans < MOST_RESCANS:
        return Step("RESCAN", "unreadable")
    return Step("UNPACK", "suspect" if decision != "unreadable" else "unreadable_twice")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Looking without a pause from `began_at`, last at `last_at`."""

    began_at: datetime
    last_at: datetime


def look_on(stretch: Stretch | None, now: datetime) -> Stretch | datetime:
    """The stretch with one more look now, or the instant until which the reviewer must rest."""
    if stretch is None or now - stretch.last_at >= PAUSE:
        return Stretch(now, now)
    if now - stretch.began_at >= LONGEST_LOOK:
        return stretch.last_at + PAUSE
    return Stretch(stretch.began_at, now)


def may_project(*, level: int, alarmed: bool, seen_before: bool, drawn: bool, left: timedelta) -> bool:
    """Whether this look may carry a projected threat: never over a real alarm, never twice, never without time left."""
    return drawn and level == 1 and not alarmed and not seen_before and left >= _TIP_NEEDS


def hits(boxes: list[list[float]], region: list[float]) -> bool:
    """Whether a box, in the picture or in the volume, holds the middle of the projected threat (row, column, row, column)."""
    row, column = (region[0] + region[2]) / 2, (region[1] + region[3]) / 2
    flat = [(box[1], box[2], box[4], box[5]) if len(box) == 6 else tuple(box) for box in boxes]
    return any(top <= row <= bottom and left <= column <= right for top, left, bottom, right in flat)
