"""What a row of readings says: when it was too warm or too cold, for how long, and when the probe was silent. Pure.

An excursion begins with the first reading out of limits and ends with the first one within them again, and counts as one when
it lasted longer than allowed. Silence proves nothing: what was out before it and is out after it was out all along.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Literal

Temperature = Literal["ambient", "chilled", "frozen"]

# Activation energy 83.144 kJ/mol over the gas constant 8.3144 J/(mol K), as USP <1079.2> sets it for most goods.
_ACTIVATION_OVER_GAS_K = 10_000.0
_ZERO_K = 273.15


@dataclass(frozen=True, slots=True)
class Limits:
    min_c: Decimal | None
    max_c: Decimal | None
    allowed_minutes: int

    def hold(self, celsius: Decimal) -> bool:
        """Limits themselves are within: frozen goods at exactly -18 are frozen goods."""
        return (self.min_c is None or celsius >= self.min_c) and (self.max_c is None or celsius <= self.max_c)

    def beyond(self, celsius: Decimal) -> Decimal:
        """How far out of limits; 0 within."""
        above = celsius - self.max_c if self.max_c is not None else Decimal(0)
        below = self.min_c - celsius if self.min_c is not None else Decimal(0)
        return max(above, below, Decimal(0))


# Frozen and chilled food by GB 31605-2020 (not above -18; 0 to 10). Allowed minutes are the house's: a door, a defrosting.
LIMITS: dict[Temperature, Limits] = {
    "frozen": Limits(None, Decimal(-18), 30),
    "chilled": Limits(Decimal(0), Decimal(10), 30),
    "ambient": Limits(Decimal(0), Decimal(30), 240),
}


@dataclass(frozen=True, slots=True)
class Reading:
    measured_at: datetime
    celsius: Decimal


@dataclass(frozen=True, slots=True)
class Interval:
    """`ended_at` is None while it lasts; `last_out_at` is the last reading out of limits."""

    began_at: datetime
    last_out_at: datetime
    ended_at: datetime | None
    worst_c: Decimal
    mkt_c: Decimal
    readings: int


def find_excursions(readings: Sequence[Reading], limits: Limits) -> list[Interval]:
    """The excursions in readings in order of time.

    One that has not ended counts from its first to its last reading out of limits: what a probe has not said yet is not held
    against the goods.
    """
    found: list[Interval] = []
    run: list[Reading] = []
    for reading in readings:
        if not limits.hold(reading.celsius):
            run.append(reading)
        elif run:
            found += _excursion(run, reading.measured_at, limits)
            run = []
    return found + (_excursion(run, None, limits) if run else [])


def _excursion(run: list[Reading], ended_at: datetime | None, limits: Limits) -> list[Interval]:
    began_at, last_out_at = run[0].measured_at, run[-1].measured_at
    if (ended_at or last_out_at) - began_at <= timedelta(minutes=limits.allowed_minutes):
        return []
    worst = max(run, key=lambda reading: limits.beyond(reading.celsius)).celsius
    mkt_c = mean_kinetic_temperature(run, ended_at)
    return [Interval(began_at, last_out_at, ended_at, worst, mkt_c, len(run))]


def mean_kinetic_temperature(readings: Sequence[Reading], until: datetime | None = None) -> Decimal:
    """The one temperature that would have aged the goods as much as these did, in °C.

        T = (dH/R) / -ln( sum(t_i * exp(-dH / (R * T_i))) / sum(t_i) )       T in kelvin

    USP <1079.2> (after J. D. Haynes, J. Pharm. Sci. 60, 1971, p. 927), here with each reading weighted by how long it stood:
    to the next one, the last one to `until`. It is never below the average, as warm hours age more than cold ones save.
    """
    ends = [*readings[1:], Reading(until, readings[-1].celsius)] if until is not None else list(readings[1:])
    weights = [
        (later.measured_at - one.measured_at).total_seconds() for one, later in zip(readings, ends, strict=False)
    ]
    if not sum(weights):
        weights = [1.0] * len(readings)
    speeds = [math.exp(-_ACTIVATION_OVER_GAS_K / (float(one.celsius) + _ZERO_K)) for one in readings]
    mean = sum(weight * speed for weight, speed in zip(weights, speeds, strict=False)) / sum(weights)
    kelvin = _ACTIVATION_OVER_GAS_K / -math.log(mean)
    return Decimal(kelvin - _ZERO_K).quantize(Decimal("0.01"), ROUND_HALF_UP)


def find_gaps(instants: Iterable[datetime], silent_minutes: int) -> list[tuple[datetime, datetime]]:
    """Pairs of neighbouring readings that lie further apart than a probe may be silent."""
    allowed = timedelta(minutes=silent_minutes)
    return [(earlier, later) for earlier, later in pairwise(instants) if later - earlier > allowed]
