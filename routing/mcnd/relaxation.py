"""A relaxation that is worked on: prices so far, averaged answer, and the arcs already decided while diving."""

from dataclasses import dataclass

import numpy as np

from routing.compiled import Floats
from routing.mcnd.model import Bound, Mask, Network
from routing.mcnd.price import relax, volume


@dataclass(slots=True)
class Relaxation:
    """`charge` and `capacity` are those of the arcs as decided: open means no charge, closed no capacity."""

    network: Network
    price: Floats
    mean_flow: Floats
    mean_open: Floats
    charge: Floats
    capacity: Floats
    value: float
    iterations: int = 0

    @staticmethod
    def of(network: Network) -> "Relaxation":
        """At the shortest paths' potentials for the charge spread over capacity: a fair first guess."""
        shape = (network.arcs, network.commodities)
        price = np.zeros((network.nodes, network.commodities))
        fresh = Relaxation(
            network, price, np.zeros(shape), np.zeros(network.arcs), network.fixed.astype(float),
            network.capacity.astype(float), 0.0,
        )  # fmt: skip
        fresh.value = fresh._relax(fresh.mean_flow, fresh.mean_open)
        return fresh

    def copy(self) -> "Relaxation":
        return Relaxation(
            self.network, self.price.copy(), self.mean_flow.copy(), self.mean_open.copy(), self.charge.copy(),
            self.capacity.copy(), self.value, self.iterations,
        )  # fmt: skip

    def _relax(self, flow: Floats, is_open: Floats) -> float:
        n = self.network
        return float(
            relax(
                self.price, n.tail, n.head, n.cost.astype(float), self.capacity, self.charge, n.origin, n.destination,
                n.demand.astype(float), flow, is_open,
            )
        )  # fmt: skip

    def decide(self, opened: Mask, closed: Mask) -> float:
        """Fix arcs (boolean masks); returns the charges that are now certain and no longer in `value`."""
        certain = float(self.charge[opened].sum())
        self.charge[opened] = 0.0
        self.capacity[closed] = 0.0
        self.value = self._relax(np.empty_like(self.mean_flow), np.empty_like(self.mean_open))
        return certain

    def improve(self, iterations: int, target: float, step: float = 0.1, weight: float = 0.1) -> float:
        """Raise `value` by the volume algorithm toward `target` (a known cost, or a guess above the bound)."""
        n = self.network
        knobs = np.array([self.value, target, step, weight, 0.0])
        volume(
            self.price, self.mean_flow, self.mean_open, knobs, iterations, n.tail, n.head, n.cost.astype(float), self.capacity,
            self.charge, n.origin, n.destination, n.demand.astype(float),
        )  # fmt: skip
        self.value = float(knobs[0])
        self.iterations += iterations
        return self.value

    def bound(self) -> Bound:
        """The certificate; only of a relaxation in which nothing is decided."""
        return Bound(self.value, self.price.copy(), self.iterations)
