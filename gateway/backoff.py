"""Waiting before the next attempt: exponential with full jitter, so that fifty devices do not come back in step."""

from collections.abc import Callable


class Backoff:
    """`wait` gives the next delay; it grows until `healthy_for` was told of a long enough good time."""

    HEALTHY_S = 60.0

    def __init__(self, random: Callable[[], float], base_s: float = 0.2, cap_s: float = 10.0) -> None:
        self._random = random
        self._base = base_s
        self._cap = cap_s
        self.attempts = 0

    def wait(self) -> float:
        """Seconds to wait now: uniformly anywhere below the ceiling, which doubles with every attempt."""
        ceiling = min(self._cap, self._base * 2.0 ** min(self.attempts, 30))
        self.attempts += 1
        return self._random() * ceiling

    def healthy_for(self, seconds: float) -> None:
        """Start over, but only after a full healthy minute: a link that flaps stays slow."""
        if seconds >= self.HEALTHY_S:
            self.attempts = 0
