"""How long something takes: percentiles of the last measurements, and a histogram of all."""

from bisect import bisect_left
from collections import deque

BOUNDS_MS = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 100, 250, 500, 1000, 2500)


class Latency:
    """Takes durations in seconds. Percentiles are exact and of the last `size`; the histogram never forgets."""

    def __init__(self, size: int = 1024) -> None:
        self._last: deque[float] = deque(maxlen=size)
        self._counts = [0] * (len(BOUNDS_MS) + 1)
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        self._last.append(seconds)
        self._sum += seconds
        self._counts[bisect_left(BOUNDS_MS, seconds * 1000)] += 1

    def percentiles_ms(self, *shares: float) -> list[float]:
        """For each share (0..1) the duration in milliseconds that it does not exceed; zeros when nothing was measured."""
        if not self._last:
            return [0.0 for _ in shares]
        ordered = sorted(self._last)
        return [round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 3) for share in shares]

    def histogram_s(self) -> tuple[list[tuple[str, float]], float]:
        """Cumulative counts by upper bound in seconds, the last one "+Inf", and the sum of all durations."""
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*BOUNDS_MS, None), self._counts, strict=True):
            total += count
            buckets.append(("+Inf" if bound is None else str(bound / 1000), float(total)))
        return buckets, self._sum
