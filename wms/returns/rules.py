"""When goods may come back, counted on the calendar of the site. Pure.

Windows are data with the days on which they hold. Which window counts is decided by the day its clock starts, so that a later
change of the law does not reach goods that left before.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Window:
    kind: str
    clock: str
    days: int
    months: int
    valid_from: date
    valid_to: date | None


def find_window(windows: Iterable[Window], kind: str, clock: str, start: date) -> Window | None:
    """The window that holds on the day of the start; of several, the one that came last."""
    fitting = [
        one
        for one in windows
        if (one.kind, one.clock) == (kind, clock)
        and one.valid_from <= start
        and (one.valid_to is None or start <= one.valid_to)
    ]
    return max(fitting, key=lambda one: one.valid_from, default=None)


def last_day(window: Window, start: date) -> date:
    """The last day on which the window is open. Months end on the day of the same number, or on the last there is."""
    month = start.month - 1 + window.months
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, calendar.monthrange(year, month)[1])
    return date(year, month, day) + timedelta(days=window.days)


NEEDED_CLOCKS = {"bonded": ("apply", "arrive"), "export": ("arrive",)}  # without a window of these nothing comes back
OPTIONAL_CLOCKS = {"customer": ("arrive",), "refused": ("arrive",), "export": ("tax_free",)}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Last days; None: no limit, or for `tax_free` no relief. `unknown` names a clock the law needs and no data gives."""

    apply_by: date | None = None
    arrive_by: date | None = None
    tax_free_by: date | None = None
    unknown: str | None = None


def find_deadlines(windows: Iterable[Window], kind: str, start: date) -> Deadlines:
    """The deadlines of a return of this kind whose clock starts on a day."""
    known = list(windows)
    days: dict[str, date] = {}
    for clock in (*NEEDED_CLOCKS.get(kind, ()), *OPTIONAL_CLOCKS.get(kind, ())):
        window = find_window(known, kind, clock, start)
        if window is not None:
            days[clock] = last_day(window, start)
        elif clock in NEEDED_CLOCKS.get(kind, ()):
            return Deadlines(unknown=clock)
    return Deadlines(days.get("apply"), days.get("arrive"), days.get("tax_free"))


def fits(kind: str, customs_status: str, *, has_account_line: bool) -> bool:
    """Whether goods that left in this status may come back as this kind.

    A bonded return goes back to an account line, so what left on none cannot be one; and what did cannot come back as anything
    else, past its window.
    """
    if kind == "bonded":
        return customs_status == "duty_unpaid" and has_account_line
    if kind == "export":
        return customs_status in ("export_released", "free") and not has_account_line
    return not has_account_line and customs_status != "duty_unpaid"
