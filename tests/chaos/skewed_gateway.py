"""`python -m gateway` with a wall clock that jumps: the seconds in the file named by KOUAN_CHAOS_CLOCK are added to it."""

import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import gateway.__main__ as command
from gateway.clock import SystemClock

_FILE = Path(os.environ["KOUAN_CHAOS_CLOCK"])


class JumpingClock(SystemClock):
    _skew = timedelta(0)
    _read_at = 0.0

    def wall(self) -> datetime:
        now = time.monotonic()
        if now - JumpingClock._read_at > 0.1:
            JumpingClock._read_at = now
            JumpingClock._skew = timedelta(seconds=float(_FILE.read_text() or 0))
        return super().wall() + JumpingClock._skew


if __name__ == "__main__":
    command.SystemClock = JumpingClock  # type: ignore[misc]
    sys.exit(command.main())
