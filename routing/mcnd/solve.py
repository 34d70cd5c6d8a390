"""Solves a network design within a time: a bound, dives, then a search over which arcs are open.

Every design is priced by its exact cheapest flow. The search alternates: close an arc that earns too little, and dive
again with a part of the arcs undecided while the rest stays as in the best design.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from routing.mcnd.dive import Slope, dive
from routing.mcnd.flow import Pool, Routed, Wires, cheapest_flow
from routing.mcnd.model import Design, Mask, Network, Solved
from routing.mcnd.relaxation import Relaxation
from routing.mcnd.route import MOST_ARCS_OF_ONE, route_all

BOUND_ROUNDS = ((600, 0.1, 0.1), (600, 0.1, 0.05), (600, 0.05, 0.02), (600, 0.05, 0.01))
FIRST_DIVES = (Slope(60, 0.1, 0.1), Slope(100, 0.05, 0.1), Slope(100, 0.05, 0.2), Slope(150, 0.04, 0.3))


@dataclass(slots=True)
class Search:
    """What is known while solving."""

    network: Network
    wires: Wires
    clock: Callable[[], float]
    until: float
    rng: np.random.Generator
    pool: Pool
    best: Routed | None = None
    is_open: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    upper: float = float("inf")

    def over(self) -> bool:
        return self.clock() >= self.until

    def offer(self, is_open: Mask) -> bool:
        """Price the design of these arcs; keep it when it is the best so far."""
        routed = cheapest_flow(self.network, self.wires, np.flatnonzero(is_open), self.pool)
        if routed is None or routed.cost >= self.upper - 1e-6:
            return False
        self.best, self.upper = routed, routed.cost
        self.is_open = np.zeros(self.network.arcs, np.bool_)
        for _, path, _ in routed.shares:
            self.is_open[list(path)] = True
        return True


def _greedy_cost(network: Network, wires: Wires) -> float:
    """The cost of routing one commodity after the other; a rough target for the bound, whether or not it succeeds."""
    k, a = network.commodities, network.arcs
    cost = route_all(
        network.fixed.astype(float), np.argsort(-network.demand, kind="stable"), np.zeros((k, a), np.int64),
        np.zeros((k, MOST_ARCS_OF_ONE), np.int64), np.zeros(k, np.int64), np.zeros(a, np.int64), network.tail, network.head,
        network.cost, network.capacity, network.fixed, network.origin, network.destination, network.demand, wires.out_first,
        wires.out_arcs,
    )  # fmt: skip
    return float(cost) if cost > 0 else float((network.cost * network.capacity).sum() + network.fixed.sum())


def _close_one(search: Search) -> bool:
    """Try the best design without each of its arcs, those that earn least first; stops at the first gain."""
    load = np.zeros(search.network.arcs)
    assert search.best is not None
    for k, path, share in search.best.shares:
        load[list(path)] += share * float(search.network.demand[k])
    arcs = np.flatnonzero(search.is_open)
    earns = load[arcs] / np.maximum(search.network.fixed[arcs], 1)
    for a in arcs[np.argsort(earns, kind="stable")]:
        if search.over():
            return False
        trial = search.is_open.copy()
        trial[a] = False
        if search.offer(trial):
            return True
    return False


def _neighbourhood(search: Search, root: Relaxation, share: float) -> Mask:
    """Which arcs to decide anew: those on which relaxation and design disagree, and a random part of the others that
    matter."""
    torn = (root.mean_open > 0.01) & (root.mean_open < 0.99) | (search.is_open != (root.mean_open > 0.5))
    picked: Mask = torn & (search.rng.random(search.network.arcs) < share)
    return picked


def solve(
    network: Network,
    seconds: float = 60.0,
    *,
    seed: int = 0,
    clock: Callable[[], float] = time.monotonic,
    progress: Callable[[str, float], None] = lambda what, value: None,
) -> Solved:
    """A design with its lower bound. The design is None when no flow serves every demand that was tried."""
    began = clock()
    wires = Wires.of(network)
    search = Search(
        network,
        wires,
        clock,
        began + seconds,
        np.random.default_rng(seed),
        Pool([{} for _ in range(network.commodities)]),
    )
    target, root = _greedy_cost(network, wires), Relaxation.of(network)
    for iterations, step, weight in BOUND_ROUNDS:
        root.improve(iterations, target, step, weight)
        target = min(target, root.value * 1.05)
        progress("bound", root.value)
    if search.offer(np.ones(network.arcs, np.bool_)):
        progress("flow", search.upper)
    everything, nothing = np.ones(network.arcs, np.bool_), np.zeros(network.arcs, np.bool_)
    for slope in FIRST_DIVES:
        if search.over():
            break
        found = dive(root, everything, nothing, min(search.upper, root.value * 1.1), slope, search.over)
        if found is not None and search.offer(found):
            progress("dive", search.upper)
    while search.best is not None and not search.over():
        while _close_one(search):
            progress("close", search.upper)
        share = float(search.rng.choice([0.15, 0.3, 0.5, 0.7]))
        slope = Slope(int(search.rng.choice([40, 80])), 0.1, float(search.rng.choice([0.1, 0.2, 0.35])))
        for _ in range(6):
            if search.over():
                break
            found = dive(root, _neighbourhood(search, root, share), search.is_open, search.upper, slope, search.over)
            if found is not None and search.offer(found):
                progress(f"again {share} {slope.iterations} {slope.closed_below}", search.upper)
                break
    return Solved(_as_design(network, search.best), root.bound(), clock() - began)


def _as_design(network: Network, routed: Routed | None) -> Design | None:
    if routed is None:
        return None
    flow = np.zeros((network.commodities, network.arcs))
    for k, path, share in routed.shares:
        flow[k, list(path)] += share * float(network.demand[k])
    load = flow.sum(axis=0)
    return Design(flow, float((network.cost * load).sum() + network.fixed[load > 0].sum()))
