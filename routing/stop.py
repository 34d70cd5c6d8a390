"""When to stop: small objects that look at the state of a search. Time is the only one that is not deterministic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from routing.progress import Progress


class Stop(Protocol):
    def __call__(self, state: Progress) -> bool:
        """True when the search shall end with the best plan so far."""

    def fraction(self, state: Progress) -> float:
        """How much of the budget is used, 0 to 1; the search cools by it."""


@dataclass(frozen=True, slots=True)
class MaxRuntime:
    seconds: float

    def __call__(self, state: Progress) -> bool:
        return state.seconds >= self.seconds

    def fraction(self, state: Progress) -> float:
        return min(1.0, state.seconds / max(self.seconds, 1e-9))


@dataclass(frozen=True, slots=True)
class MaxIterations:
    """Same seed and same iterations give the same plan."""

    iterations: int

    def __call__(self, state: Progress) -> bool:
        return state.iterations >= self.iterations

    def fraction(self, state: Progress) -> float:
        return min(1.0, state.iterations / max(self.iterations, 1))


@dataclass(frozen=True, slots=True)
class GapBelow:
    gap: float

    def __call__(self, state: Progress) -> bool:
        return state.gap is not None and state.gap <= self.gap

    def fraction(self, state: Progress) -> float:
        return 0.0


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Ask from outside: a button, a signal, a lease that was lost."""

    asked: Callable[[], bool]

    def __call__(self, state: Progress) -> bool:
        return self.asked()

    def fraction(self, state: Progress) -> float:
        return 0.0


@dataclass(frozen=True, slots=True)
class FirstOf:
    stops: tuple[Stop, ...]

    def __call__(self, state: Progress) -> bool:
        return any(stop(state) for stop in self.stops)

    def fraction(self, state: Progress) -> float:
        return max((stop.fraction(state) for stop in self.stops), default=0.0)
