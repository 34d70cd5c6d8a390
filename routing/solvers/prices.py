"""Prices of slots by incremental subgradient: every shipment is routed in turn, and prices move after each.

The relaxed problem's dual is piecewise linear with one small piece a shipment, so that prices which move with every shipment
come near the best ones in a few dozen passes where a column-generation LP needs many solves. A departure's price is its unit
cost and its scarcity `nu` together, shared between weight and volume by `theta`:

    price a gram = theta * (unit_cost + nu) / unit_weight,  price a dm3 = (1 - theta) * (unit_cost + nu) / unit_volume
"""

from typing import NamedTuple

import numpy as np

from routing.solvers.arrays import Floats, Goods, Network, Small
from routing.solvers.choices import Choices
from routing.solvers.compiled import compiled, inlined
from routing.solvers.state import Path, path_for


class Tide(NamedTuple):
    """Moving state: scarcity of each pool, weight share of each departure, and their running means."""

    pool: Floats
    theta: Floats
    pool_mean: Floats
    theta_mean: Floats
    load_weight: Floats  # last pass, in units
    load_volume: Floats


def tide_for(net: Network, goods: Goods) -> Tide:
    heavy = goods.weight.sum() / max(1.0, float(net.unit_weight.mean()))
    bulky = goods.volume.sum() / max(1.0, float(net.unit_volume.mean()))
    theta = np.full(len(net.unit_cost), heavy / max(heavy + bulky, 1e-9))
    pool = np.zeros(len(net.pool_slots))
    loads = np.zeros(len(theta))
    return Tide(pool, theta, pool.copy(), theta.copy(), loads, loads.copy())


@inlined
def _price(net: Network, tide: Tide, s: int) -> float:
    """Unit cost and scarcity of a departure."""
    total = float(net.unit_cost[s])
    for at in range(net.pool_start[s], net.pool_start[s + 1]):
        total += tide.pool[net.pool[at]]
    return total


@inlined
def _share(net: Network, goods: Goods, tide: Tide, k: int, s: int) -> float:
    """What part of a unit shipment `k` pays for on departure `s`."""
    by_weight = tide.theta[s] * goods.weight[k] / net.unit_weight[s]
    return float(by_weight + (1.0 - tide.theta[s]) * goods.volume[k] / net.unit_volume[s])


@compiled
def _cheapest_now(net: Network, goods: Goods, choices: Choices, tide: Tide, k: int, path: Path) -> int:
    """Cheapest route of `k` at the prices of now over its choices: local number of its last departure, -1 to outsource."""
    path.hub[:] = np.inf
    path.by[:] = -1
    path.hub[goods.origin[k]] = 0.0
    base = choices.start[k]
    best, last = float(goods.outsource[k]), -1
    for at in range(choices.event_start[k], choices.event_start[k + 1]):
        i = choices.event[at] >> 1
        s = choices.arc[base + i]
        if choices.event[at] & 1:
            if path.label[i] < path.hub[net.destination[s]]:
                path.hub[net.destination[s]] = path.label[i]
                path.by[net.destination[s]] = i
            continue
        start = path.hub[net.origin[s]]
        path.label[i] = np.inf
        if start >= best:
            continue
        cost = start + choices.cost[base + i] + _price(net, tide, s) * _share(net, goods, tide, k, s)
        path.before[i] = path.by[net.origin[s]]
        if net.destination[s] != goods.destination[k]:
            path.label[i] = cost
        elif cost < best:
            best, last = cost, i
    return last


@compiled
def wash(
    net: Network,
    goods: Goods,
    choices: Choices,
    tide: Tide,
    path: Path,
    order: Small,
    scale: Floats,
    step: float,
    turn: float,
) -> None:
    """One pass over all shipments. `scale` of a pool is the price of a unit there over its slots; `step` is relative to it.

    The pass ends by turning every departure's weight share towards the resource that is short on it, by at most `turn`.
    """
    tide.load_weight[:] = 0.0
    tide.load_volume[:] = 0.0
    batches = 16
    for batch in range(batches):
        for index in range(batch, len(order), batches):
            k = order[index]
            i = _cheapest_now(net, goods, choices, tide, k, path)
            while i >= 0:
                s = choices.arc[choices.start[k] + i]
                tide.load_weight[s] += goods.weight[k] / net.unit_weight[s]
                tide.load_volume[s] += goods.volume[k] / net.unit_volume[s]
                share = _share(net, goods, tide, k, s)
                for at in range(net.pool_start[s], net.pool_start[s + 1]):
                    tide.pool[net.pool[at]] += step * scale[net.pool[at]] * share
                i = path.before[i]
        for pool in range(len(tide.pool)):
            fall = step * scale[pool] * net.pool_slots[pool] / batches
            tide.pool[pool] = max(0.0, tide.pool[pool] - fall)
    for s in range(len(tide.theta)):
        total = tide.load_weight[s] + tide.load_volume[s]
        if total > 0.0:
            tilt = (tide.load_weight[s] - tide.load_volume[s]) / total
            tide.theta[s] = min(1.0, max(0.0, tide.theta[s] + turn * tilt))


def settle(net: Network, goods: Goods, choices: Choices, tide: Tide, rng: np.random.Generator, passes: int) -> Tide:
    """Move prices until they rest; the means of the last third of the passes are the prices to use."""
    scale = np.zeros(len(net.pool_slots))
    np.maximum.at(scale, net.pool, np.repeat(net.unit_cost, np.diff(net.pool_start)).astype(np.float64))
    scale = np.where(net.pool_slots > 0, scale / np.maximum(1, net.pool_slots), 0.0)
    path = path_for(net, choices)
    tide.pool_mean[:], tide.theta_mean[:] = 0.0, 0.0
    kept = 0
    for number in range(passes):
        step = 0.5 / (1.0 + 0.3 * number)
        order = rng.permutation(len(goods.ready)).astype(np.int32)
        wash(net, goods, choices, tide, path, order, scale, step, 0.2 / (1.0 + 0.2 * number))
        if number >= passes - max(1, passes // 3):
            tide.pool_mean[:] += tide.pool
            tide.theta_mean[:] += tide.theta
            kept += 1
    tide.pool_mean[:] /= max(1, kept)
    tide.theta_mean[:] /= max(1, kept)
    return tide


def prices_now(net: Network, pool: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Minor units a gram and a dm3 on every departure."""
    scarcity = np.add.reduceat(np.append(pool[net.pool], 0.0), net.pool_start[:-1]) if len(theta) else theta
    total = net.unit_cost + scarcity
    return theta * total / net.unit_weight, (1.0 - theta) * total / net.unit_volume
