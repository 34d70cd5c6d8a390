"""When a delivery that failed is tried again. Pure."""

import random
from datetime import timedelta

GIVEN_UP_AFTER = timedelta(days=3)
_FIRST_S = 2.0
_LONGEST_S = 600.0


def pause_after(attempts: int, rng: random.Random) -> timedelta:
    """Doubling from two seconds to ten minutes, with a quarter of jitter so that consumers are not hit in step."""
    seconds = min(_FIRST_S * 2.0 ** min(attempts - 1, 16), _LONGEST_S)
    return timedelta(seconds=seconds * rng.uniform(0.75, 1.25))
