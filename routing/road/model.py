"""Road legs: vehicles that collect and deliver within time windows.

Stop 0 is the depot. `distance` and `duration` are whole-number matrices in one unit each (the readers say which);
`duration` has the service at the stop that is left already in it.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int64]
MOST_STOPS = 1_500
MOST_STOPS_A_CALL = 150
"""OR-Tools routing weakens fast beyond this; larger problems are cut into territories."""


class RoadError(ValueError):
    """A problem that is not one, or a file that cannot be read; the sentence names place and remedy."""


@dataclass(frozen=True, slots=True)
class Stop:
    """`load` is taken up here (negative: set down); service may begin from `ready` to `due`."""

    load: int
    ready: int
    due: int
    x: float = 0.0
    y: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class RoadProblem:
    """`pairs` are (pickup, delivery) that one vehicle serves in this order. `scale` is how many whole units make one
    of the source."""

    stops: tuple[Stop, ...]
    distance: Matrix
    duration: Matrix
    vehicles: int
    capacity: int
    pairs: tuple[tuple[int, int], ...] = ()
    scale: int = 1

    def __post_init__(self) -> None:
        n = len(self.stops)
        if not 1 <= n <= MOST_STOPS + 1:
            raise RoadError(f"{n} stops with the depot; from 1 to {MOST_STOPS + 1} can be planned")
        if self.distance.shape != (n, n) or self.duration.shape != (n, n):
            raise RoadError(f"distances and durations must be {n} by {n}")
        if self.distance.min() < 0 or self.duration.min() < 0:
            raise RoadError("a distance or a duration is negative")
        for i, stop in enumerate(self.stops):
            if stop.ready > stop.due:
                raise RoadError(f"stop {i}: it closes at {stop.due}, before it opens at {stop.ready}")
            if abs(stop.load) > self.capacity:
                raise RoadError(f"stop {i}: load {stop.load} is more than the {self.capacity} of a vehicle")
        paired = [i for pair in self.pairs for i in pair]
        if len(set(paired)) != len(paired) or any(not 0 < i < n for i in paired):
            raise RoadError("a stop stands in two pairs of pickup and delivery, or does not exist")


@dataclass(frozen=True, slots=True)
class RoadPlan:
    """Routes as stops in order, the depot left out; `distance` in the problem's units."""

    routes: tuple[tuple[int, ...], ...]
    distance: int
    unserved: tuple[int, ...] = field(default=())


class RoadSolver(Protocol):
    """Any engine behind the road stage; None when it found no plan that serves every stop in time."""

    def solve(self, problem: RoadProblem, seconds: float, seed: int = 0) -> RoadPlan | None: ...
