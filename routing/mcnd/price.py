"""The lower bound: prices on conservation of flow, found by the volume algorithm (Barahona & Anbil 2000).

At given node prices the problem falls apart into a continuous knapsack for every arc. Its bound equals that of the LP
with all strong links x_ak ≤ d_k y_a, without ever building that LP. The averaged knapsack answers approach the LP's
fractional design, which then guides the search for a real one.
"""

import numpy as np

from routing.compiled import Floats, Ints, compiled


@compiled
def relax(
    price: Floats,
    tail: Ints,
    head: Ints,
    cost: Floats,
    capacity: Floats,
    fixed: Floats,
    origin: Ints,
    destination: Ints,
    demand: Floats,
    flow: Floats,
    is_open: Floats,
) -> float:
    """Solve every arc's knapsack; `flow[a, k]` and `is_open[a]` get the answer. Returns the bound."""
    arcs, commodities = flow.shape
    total = 0.0
    for k in range(commodities):
        total += demand[k] * (price[origin[k], k] - price[destination[k], k])
    reduced = np.empty(commodities)
    chosen = np.empty(commodities, np.int64)
    for a in range(arcs):
        i, j, c = tail[a], head[a], cost[a]
        n, wanted, gain = 0, 0.0, fixed[a]
        for k in range(commodities):
            flow[a, k] = 0.0
            r = c - price[i, k] + price[j, k]
            if r < 0.0:
                reduced[n] = r
                chosen[n] = k
                n += 1
                wanted += demand[k]
                gain += r * demand[k]
        is_open[a] = 0.0
        if gain >= 0.0:
            continue
        if wanted <= capacity[a]:
            for m in range(n):
                flow[a, chosen[m]] = demand[chosen[m]]
        else:
            left, gain = capacity[a], fixed[a]
            for m in np.argsort(reduced[:n]):
                units = min(left, demand[chosen[m]])
                flow[a, chosen[m]] = units
                gain += units * reduced[m]
                left -= units
                if left <= 0.0:
                    break
            if gain >= 0.0:
                for m in range(n):
                    flow[a, chosen[m]] = 0.0
                continue
        is_open[a] = 1.0
        total += gain
    return total


@compiled
def imbalance(
    flow: Floats, tail: Ints, head: Ints, origin: Ints, destination: Ints, demand: Floats, out: Floats
) -> float:
    """out[n, k] = what should leave node n and does not; returns the sum of squares."""
    arcs, commodities = flow.shape
    out[:] = 0.0
    for k in range(commodities):
        out[origin[k], k] += demand[k]
        out[destination[k], k] -= demand[k]
    for a in range(arcs):
        i, j = tail[a], head[a]
        for k in range(commodities):
            if flow[a, k] != 0.0:
                out[i, k] -= flow[a, k]
                out[j, k] += flow[a, k]
    squares = 0.0
    for n in range(out.shape[0]):
        for k in range(commodities):
            squares += out[n, k] * out[n, k]
    return squares


@compiled
def volume(
    price: Floats,
    mean_flow: Floats,
    mean_open: Floats,
    knobs: Floats,
    iterations: int,
    tail: Ints,
    head: Ints,
    cost: Floats,
    capacity: Floats,
    fixed: Floats,
    origin: Ints,
    destination: Ints,
    demand: Floats,
) -> None:
    """Run the volume algorithm on from `price`, the best prices so far; `mean_*` become the averaged answers.

    knobs: 0 the bound at `price`, 1 the target, 2 step factor, 3 largest weight of a new answer, 4 failures in a row.
    """
    arcs, commodities = mean_flow.shape
    flow, is_open = np.empty((arcs, commodities)), np.empty(arcs)
    here, mean_here = np.empty_like(price), np.empty_like(price)
    trial = np.empty_like(price)
    for _ in range(iterations):
        squares = imbalance(mean_flow, tail, head, origin, destination, demand, mean_here)
        if squares < 1e-9:
            return
        while knobs[1] < knobs[0] * 1.02 + 1e-9:
            knobs[1] += 0.02 * abs(knobs[1]) + 1e-6
        step = knobs[2] * (knobs[1] - knobs[0]) / squares
        trial[:] = price + step * mean_here
        bound = relax(trial, tail, head, cost, capacity, fixed, origin, destination, demand, flow, is_open)
        imbalance(flow, tail, head, origin, destination, demand, here)
        along = (here * mean_here).sum()
        new_squares = (here * here).sum()
        spread = squares + new_squares - 2.0 * along
        weight = knobs[3]
        if spread > 1e-9:
            best = (squares - along) / spread
            weight = knobs[3] / 10.0 if best < knobs[3] / 10.0 else min(best, knobs[3])
        mean_flow *= 1.0 - weight
        mean_flow += weight * flow
        mean_open *= 1.0 - weight
        mean_open += weight * is_open
        if bound > knobs[0]:
            knobs[0] = bound
            price[:] = trial
            knobs[4] = 0.0
            if along > 0.0:
                knobs[2] = min(knobs[2] * 1.1, 2.0)
        else:
            knobs[4] += 1.0
            if knobs[4] >= 20.0:
                knobs[2] = max(knobs[2] * 0.66, 1e-4)
                knobs[4] = 0.0
