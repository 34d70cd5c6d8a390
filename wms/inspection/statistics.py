"""Figures about reviewers and machines, always with their n. Pure."""

import math
from statistics import NormalDist

_Z95 = 1.959964
_NORMAL = NormalDist()


def wilson(hits: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a rate (Wilson 1927); everything is possible when n is 0."""
    if n == 0:
        return 0.0, 1.0
    rate, z2 = hits / n, _Z95**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return max(0.0, min(middle - half, rate)), min(1.0, max(middle + half, rate))


def detection(hits: int, targets: int, alarms: int, innocents: int) -> tuple[float, float] | None:
    """d' and c by the log-linear rule (Hautus 1995); None without targets or innocents."""
    if targets == 0 or innocents == 0:
        return None
    z_hit = _NORMAL.inv_cdf((hits + 0.5) / (targets + 1))
    z_alarm = _NORMAL.inv_cdf((alarms + 0.5) / (innocents + 1))
    return z_hit - z_alarm, -(z_hit + z_alarm) / 2


def kappa(both: int, first_only: int, second_only: int, neither: int) -> float | None:
    """Cohen's kappa of two looks at the same images; None when chance alone explains everything or nothing was seen twice."""
    n = both + first_only + second_only + neither
    if n == 0:
        return None
    agreed = (both + neither) / n
    one, other = (both + first_only) / n, (both + second_only) / n
    chance = one * other + (1 - one) * (1 - other)
    return None if chance == 1 else (agreed - chance) / (1 - chance)
