"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def wall(self) -> datetime:
        return datetime(2026, 11, 20, 6, 0, tzinfo=UTC) + timedelta(seconds=self.now - 1000.0)

    def mono(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
