"""Percentiles of the last measurements: small, bounded, exact."""

from collections import deque


class Latency:
    """Keeps the last `size` durations in seconds."""

    def __init__(self, size: int = 1024) -> None:
        self._last: deque[float] = deque(maxlen=size)

    def add(self, seconds: float) -> None:
        self._last.append(seconds)

    def percentiles_ms(self, *shares: float) -> list[float]:
        """For each share (0..1) the duration in milliseconds that it does not exceed; zeros when nothing was measured."""
        if not self._last:
            return [0.0 for _ in shares]
        ordered = sorted(self._last)
        return [round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 3) for share in shares]
