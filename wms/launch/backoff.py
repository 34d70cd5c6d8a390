"""How long to wait before starting again something that died."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubles from `first_s` to `longest_s`, with jitter of half to one and a half.

    Without jitter everything that died with the same server would come back in the same instant, again and again.
    """

    first_s: float = 0.2
    longest_s: float = 15.0
    healthy_after_s: float = 20.0

    def delay_s(self, failures_in_a_row: int, chance: random.Random) -> float:
        """Seconds to wait after the n-th death in a row, n from 1."""
        plain = min(self.longest_s, self.first_s * 2.0 ** min(failures_in_a_row - 1, 30))
        return plain * chance.uniform(0.5, 1.5)

    def next_count(self, failures_in_a_row: int, ran_for_s: float) -> int:
        """Deaths in a row after one more; a run that was long enough starts the count anew."""
        return 1 if ran_for_s >= self.healthy_after_s else failures_in_a_row + 1
