"""Time, injected. Wall time is only ever written down; every interval and deadline is monotonic, because clocks step."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def wall(self) -> datetime: ...

    def mono(self) -> float: ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    def wall(self) -> datetime:
        return datetime.now(UTC)

    def mono(self) -> float:
        return time.monotonic()
