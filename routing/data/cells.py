"""Cells of one row as values. A wrong cell is noted with row and column, and something harmless is returned in its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from routing.data.faults import MOST_FAULTS, DataFault, DataFaults
from routing.problem import EVERYTHING, Need

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?")
_SIMPLE_DAY = date(2000, 1, 1)


@dataclass(slots=True)
class Cells:
    """`faults` is shared by all rows of a file; reading ends when it is full."""

    file: str
    row: int
    values: Mapping[str, str]
    faults: list[DataFault]

    def wrong(self, code: str, column: str, **params: object) -> None:
        self.faults.append(DataFault(code, self.file, self.row, column, params))
        if len(self.faults) >= MOST_FAULTS:
            raise DataFaults(self.faults)

    def text(self, column: str, default: str | None = None, limit: int = 60) -> str:
        value = self.values.get(column, "")
        if not value:
            if default is None:
                self.wrong("missing", column)
            return default or ""
        if len(value) > limit or not value.isprintable():
            self.wrong("too_long", column, limit=limit)
        return value[:limit]

    def choice(self, column: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self.text(column, default)
        if value and value not in choices:
            self.wrong("not_a_choice", column, value=value, choices=", ".join(choices))
            return choices[0]
        return value

    def number(
        self, column: str, high: int, *, places: int = 0, low: int = 0, default: Decimal | None = None
    ) -> Decimal:
        """An exact number from `low` to `high`."""
        value = self.text(column, "" if default is not None else None)
        if not value:
            return Decimal(low) if default is None else default
        if not _NUMBER.fullmatch(value):
            self.wrong("not_a_number", column, value=value[:40])
            return Decimal(low)
        try:
            number = Decimal(value)
        except InvalidOperation:
            self.wrong("not_a_number", column, value=value[:40])
            return Decimal(low)
        if number < 0 <= low:
            self.wrong("negative", column, value=value)
        elif not low <= number <= high:
            self.wrong("out_of_range", column, value=value, low=low, high=high)
        elif number != round(number, places):
            self.wrong("too_precise", column, value=value, places=places)
        else:
            return number
        return Decimal(low)

    def scaled(self, column: str, high: int, places: int, *, low: int = 0, default: int | None = None) -> int:
        """A number with `places` decimals as a whole number of its smallest part: 1.5 with 2 places is 150."""
        given = None if default is None else Decimal(default)
        return int(self.number(column, high, places=places, low=low, default=given) * 10**places)

    def clock(self, column: str) -> time:
        value = self.text(column)
        if found := _CLOCK.fullmatch(value):
            return time(int(found[1]), int(found[2]))
        if value:
            self.wrong("not_a_clock", column, value=value)
        return time(0)

    def day(self, column: str, default: date | None) -> date:
        value = self.text(column, "" if default else None)
        try:
            return date.fromisoformat(value) if value else default or _SIMPLE_DAY
        except ValueError:
            self.wrong("not_a_date", column, value=value)
            return _SIMPLE_DAY

    def instant(self, column: str, zone: ZoneInfo) -> datetime:
        """An instant; what names no zone is local time in `zone`, and a date alone is its first minute."""
        value = self.text(column)
        try:
            found = datetime.fromisoformat(value) if value else datetime(2000, 1, 1, tzinfo=zone)
        except ValueError:
            self.wrong("not_a_time", column, value=value)
            return datetime(2000, 1, 1, tzinfo=zone)
        if not 2000 <= found.year <= 2100:
            self.wrong("not_a_time", column, value=value)
            return datetime(2000, 1, 1, tzinfo=zone)
        return found.replace(tzinfo=zone) if found.tzinfo is None else found

    def needs(self, column: str, default: Need) -> Need:
        """Names joined by spaces, semicolons or plus signs; `all` and `none` are names too."""
        value = self.text(column, "")
        found = default if not value else Need.NONE
        for name in re.split(r"[\s;+]+", value.lower()):
            if name == "all":
                found = EVERYTHING
            elif name and name != "none":
                if name.upper() in Need.__members__:
                    found |= Need[name.upper()]
                else:
                    choices = "temperature, dangerous, bonded, postal, all, none"
                    self.wrong("not_a_choice", column, value=name, choices=choices)
        return found
