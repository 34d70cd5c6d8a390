"""The referee of designs and bounds: recounts both from their definitions and shares nothing with the solver."""

import numpy as np

from routing.mcnd.model import Bound, Design, Network

LOOSE = 1e-6
"""Flows are numbers of a linear program: this much of a unit, and of an amount, may be missing or too much."""


def check_design(network: Network, design: Design) -> list[str]:
    """Every violation as a sentence: shape, sign, conservation, capacity, cost. Empty when the design is sound."""
    flow = design.flow
    if flow.shape != (network.commodities, network.arcs):
        return [f"flow has shape {flow.shape}; {network.commodities} commodities by {network.arcs} arcs are needed"]
    if not np.isfinite(flow).all():
        return ["flow holds a number that is not finite"]
    found = [f"arc {a}: commodity {k} flows {flow[k, a]:g} units" for k, a in np.argwhere(flow < 0)[:20]]
    for k in range(network.commodities):
        balance = np.zeros(network.nodes)
        np.add.at(balance, network.tail, flow[k])
        np.subtract.at(balance, network.head, flow[k])
        balance[network.origin[k]] -= network.demand[k]
        balance[network.destination[k]] += network.demand[k]
        loose = np.flatnonzero(np.abs(balance) > LOOSE * (1 + network.demand[k]))
        found += [f"commodity {k}: {balance[n]:+g} units remain at node {n}" for n in loose[:3]]
    load = flow.sum(axis=0)
    over = np.flatnonzero(load > network.capacity + LOOSE * (1 + network.capacity))
    found += [f"arc {a}: {load[a]:g} units on {network.capacity[a]}" for a in over]
    cost = float((network.cost * load).sum() + network.fixed[load > 0].sum())
    if abs(cost - design.cost) > 1e-9 * cost:
        found.append(f"cost is given as {design.cost:.3f}; it is {cost:.3f}")
    return found


def bound_at(network: Network, bound: Bound) -> float:
    """The Lagrangian bound at the certificate's prices, computed arc by arc in the plainest way.

    With prices on conservation the problem falls apart into one continuous knapsack an arc: send the most gainful
    commodities up to capacity, and open the arc when their gain exceeds its charge.
    """
    price = bound.price
    total = float(
        sum(
            int(network.demand[k]) * (price[network.origin[k], k] - price[network.destination[k], k])
            for k in range(network.commodities)
        )
    )
    for a in range(network.arcs):
        reduced = network.cost[a] - price[network.tail[a]] + price[network.head[a]]
        left, gain = int(network.capacity[a]), float(network.fixed[a])
        for k in np.argsort(reduced, kind="stable"):
            if reduced[k] >= 0 or left == 0:
                break
            units = min(left, int(network.demand[k]))
            gain += units * float(reduced[k])
            left -= units
        total += min(0.0, gain)
    return total


def check_bound(network: Network, bound: Bound) -> list[str]:
    """Empty when the certificate gives the value (to one part in 10⁹) and has a price for every node and commodity."""
    if bound.price.shape != (network.nodes, network.commodities) or not np.isfinite(bound.price).all():
        return ["the certificate needs a finite price for every node and commodity"]
    value = bound_at(network, bound)
    if bound.value > value + 1e-9 * abs(value) + 1e-6:
        return [f"the bound is given as {bound.value:.3f}; its prices prove {value:.3f}"]
    return []
