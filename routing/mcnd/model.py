"""Fixed-charge network design: commodities share arcs, an arc that carries anything costs its fixed charge once.

minimise Σ c_a x_ak + Σ f_a y_a; each commodity's demand leaves its origin and reaches its destination, and Σ_k x_ak ≤
u_a y_a. Everything given is a whole number; a commodity may be split over several paths.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class NetworkError(ValueError):
    """An instance that is not a network; the sentence names line and remedy."""


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Arrays over arcs (tail, head, cost a unit, capacity, fixed) and over commodities (origin, destination,
    demand)."""

    name: str
    nodes: int
    tail: Ints
    head: Ints
    cost: Ints
    capacity: Ints
    fixed: Ints
    origin: Ints
    destination: Ints
    demand: Ints

    @property
    def arcs(self) -> int:
        return len(self.tail)

    @property
    def commodities(self) -> int:
        return len(self.origin)


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A solution: `flow[k, a]` units of commodity k on arc a, and its cost. An arc is open when anything flows on
    it."""

    flow: Floats
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """A lower bound with its certificate: node prices `price[n, k]` at which the relaxation gives `value`."""

    value: float
    price: Floats
    iterations: int


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    design: Design | None
    bound: Bound
    seconds: float

    @property
    def gap(self) -> float:
        """Share of the cost that is not proved necessary; infinite without a design."""
        return (self.design.cost - self.bound.value) / self.design.cost if self.design else float("inf")
