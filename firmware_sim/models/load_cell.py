"""A load cell: a first-order step towards the load, with noise on top.

    shown(t) = load + (before - load) * exp(-(t - t0) / settle_s)

It is stable once the step is within half a division; that instant is computed, not polled for.
"""

import math
from random import Random


class LoadCell:
    """`division_g` is the step of the display. While `disturbed`, something moves on the platform and nothing is stable."""

    def __init__(self, settle_s: float, noise_g: float, division_g: int, draw: Random) -> None:
        self._settle_s = settle_s
        self._noise_g = noise_g
        self._division_g = division_g
        self._draw = draw
        self._before_g = 0.0
        self._load_g = 0.0
        self._since = -math.inf
        self._disturbed = False
        self._zero_g = 0.0

    def disturb(self, now: float) -> None:
        """Something moves onto or off the platform."""
        self._settle(now, self._load_g, disturbed=True)

    def settle(self, now: float, load_g: float) -> None:
        """From now on the load lies still."""
        self._settle(now, load_g, disturbed=False)

    def _settle(self, now: float, load_g: float, *, disturbed: bool) -> None:
        self._before_g = self._step(now)
        self._load_g = load_g
        self._since = now
        self._disturbed = disturbed

    def stable_at(self) -> float:
        """When the display stands or will stand still; infinity while disturbed."""
        if self._disturbed:
            return math.inf
        gap = abs(self._before_g - self._load_g) / (self._division_g / 2)
        return self._since if gap <= 1 else self._since + self._settle_s * math.log(gap)

    def shown_g(self, now: float) -> int:
        """What the display says: rounded to its division, with noise while it is not stable."""
        value = self._load_g
        if now < self.stable_at():
            value = self._step(now) + self._draw.gauss(0, self._noise_g + self._division_g * self._disturbed)
        return self._rounded(value - self._zero_g)

    def zero(self, now: float) -> None:
        """Call the present load zero."""
        self._zero_g = self._step(now)

    def _step(self, now: float) -> float:
        return self._load_g + (self._before_g - self._load_g) * math.exp(-(now - self._since) / self._settle_s)

    def _rounded(self, grams: float) -> int:
        return round(grams / self._division_g) * self._division_g
