"""A plan under change: routes, loads and units, with what every change costs counted exactly.

Costs are floats that hold whole minor units (below 2**53). The riders of a departure are a doubly linked list of nodes
`shipment * MAX_LEGS + leg`, so that both directions of the question "who rides on what" cost nothing to keep.
"""

from typing import NamedTuple

import numpy as np

from routing.problem import MAX_LEGS
from routing.solvers.arrays import Floats, Goods, Ints, Network, Small
from routing.solvers.choices import Choices
from routing.solvers.compiled import compiled
from routing.solvers.scan import end_minor, leg_minor, storage_minor

LEGS = MAX_LEGS
UNBOUND = 2**40


class State(NamedTuple):
    route: Small  # shipments by LEGS, -1 behind the last leg
    legs: Small  # 0: outsourced
    own: Floats  # what the shipment pays itself, outsourcing included
    weight: Ints  # on each departure
    volume: Ints
    units: Ints
    used: Ints  # of each pool
    next: Small
    prev: Small
    head: Small
    cost: Floats  # one number: the whole plan
    cap: Ints  # units a departure may reach for now
    gift: Floats  # what the next unit of a departure seems cheaper for now
    fixed: Small  # legs of each shipment that stay whatever happens


def state_for(net: Network, goods: Goods) -> State:
    """Everything outsourced."""
    count, departures = len(goods.ready), len(net.cut_off)
    own = goods.outsource.astype(np.float64)
    return State(
        np.full((count, LEGS), -1, np.int32),
        np.zeros(count, np.int32),
        own,
        np.zeros(departures, np.int64),
        np.zeros(departures, np.int64),
        np.zeros(departures, np.int64),
        np.zeros(len(net.pool_slots), np.int64),
        np.full(count * LEGS, -1, np.int32),
        np.full(count * LEGS, -1, np.int32),
        np.full(departures, -1, np.int32),
        np.array([own.sum()]),
        np.full(departures, UNBOUND, np.int64),
        np.zeros(departures),
        np.zeros(count, np.int32),
    )


@compiled
def units_for(net: Network, s: int, weight: int, volume: int) -> int:
    by_weight = (weight + net.unit_weight[s] - 1) // net.unit_weight[s]
    by_volume = (volume + net.unit_volume[s] - 1) // net.unit_volume[s]
    return int(max(by_weight, by_volume))


@compiled
def _change_units(net: Network, state: State, s: int, units: int) -> None:
    change = units - state.units[s]
    if change == 0:
        return
    state.units[s] = units
    state.cost[0] += float(change) * net.unit_cost[s]
    for at in range(net.pool_start[s], net.pool_start[s + 1]):
        state.used[net.pool[at]] += change


@compiled
def board(net: Network, goods: Goods, state: State, k: int, leg: int, s: int) -> None:
    node = k * LEGS + leg
    state.route[k, leg] = s
    first = state.head[s]
    state.next[node] = first
    state.prev[node] = -1
    if first >= 0:
        state.prev[first] = node
    state.head[s] = node
    state.weight[s] += goods.weight[k]
    state.volume[s] += goods.volume[k]
    _change_units(net, state, s, units_for(net, s, state.weight[s], state.volume[s]))


@compiled
def alight(net: Network, goods: Goods, state: State, k: int, leg: int) -> None:
    node = k * LEGS + leg
    s = state.route[k, leg]
    before, after = state.prev[node], state.next[node]
    if before >= 0:
        state.next[before] = after
    else:
        state.head[s] = after
    if after >= 0:
        state.prev[after] = before
    state.route[k, leg] = -1
    state.weight[s] -= goods.weight[k]
    state.volume[s] -= goods.volume[k]
    _change_units(net, state, s, units_for(net, s, state.weight[s], state.volume[s]))


@compiled
def remove(net: Network, goods: Goods, state: State, k: int) -> None:
    """Take a shipment off all its departures; it counts as outsourced until it is put somewhere."""
    for leg in range(state.legs[k]):
        alight(net, goods, state, k, leg)
    state.legs[k] = 0
    state.cost[0] += goods.outsource[k] - state.own[k]
    state.own[k] = goods.outsource[k]


@compiled
def place(net: Network, goods: Goods, state: State, k: int, route: Small, legs: int, own: float) -> None:
    """Put a shipment that is outsourced on a route."""
    if legs == 0:
        return
    for leg in range(legs):
        board(net, goods, state, k, leg, route[leg])
    state.legs[k] = legs
    state.cost[0] += own - state.own[k]
    state.own[k] = own


@compiled
def own_minor(net: Network, goods: Goods, k: int, route: Small) -> float:
    """What shipment `k` pays itself on a route: legs, storage, time."""
    total, since, last = 0, goods.ready[k], -1
    for s in route:
        if s < 0:
            break
        total += leg_minor(net, goods, k, s) + storage_minor(net, goods, k, s, since)
        since, last = net.at_hand[s], s
    return float(total + end_minor(net, goods, k, last))


class Path(NamedTuple):
    """Scratch of one short scan; `label`, `before` by local number of a departure; `route` and `found` the answer."""

    label: Floats
    before: Small
    hub: Floats
    by: Small
    route: Small
    found: Floats  # own cost of the answer


def path_for(net: Network, choices: Choices) -> Path:
    widest = int(np.diff(choices.start).max(initial=1)) + 1
    return Path(
        np.full(widest, np.inf),
        np.full(widest, -1, np.int32),
        np.full(net.hubs, np.inf),
        np.full(net.hubs, -1, np.int32),
        np.full(LEGS, -1, np.int32),
        np.zeros(1),
    )


@compiled
def seek(
    net: Network,
    goods: Goods,
    choices: Choices,
    state: State,
    k: int,
    blend: float,
    per_g: Floats,
    per_dm3: Floats,
    path: Path,
    span: Ints,
) -> int:
    """Cheapest answer for an outsourced shipment now: number of legs, route and own cost left in `path`; 0 to outsource.

    A leg costs what the shipment pays itself and the units it opens, `blend` of which is replaced by the price of the share it
    takes; departures outside `span` are left alone. Arrays are named before the loop: taking one out of its tuple inside
    counts references every time.
    """
    origin, destination, start = net.origin, net.destination, net.pool_start
    unit_weight, unit_volume, unit_cost = net.unit_weight, net.unit_volume, net.unit_cost
    pool, slots, used = net.pool, net.pool_slots, state.used
    loaded_weight, loaded_volume, units, cap, gift = state.weight, state.volume, state.units, state.cap, state.gift
    when, low, high = net.when, span[0], span[1]
    events, arcs, costs = choices.event, choices.arc, choices.cost
    label, before, hub, by = path.label, path.before, path.hub, path.by
    weight, volume, goal = goods.weight[k], goods.volume[k], goods.destination[k]
    hub[:] = np.inf
    by[:] = -1
    hub[goods.origin[k]] = 0.0
    base = choices.start[k]
    best, last = float(goods.outsource[k]), -1
    for at in range(choices.event_start[k], choices.event_start[k + 1]):
        i = events[at] >> 1
        s = arcs[base + i]
        if events[at] & 1:
            if label[i] < hub[destination[s]]:
                hub[destination[s]] = label[i]
                by[destination[s]] = i
            continue
        label[i] = np.inf
        cost = hub[origin[s]] + costs[base + i]
        if cost >= best or when[s] < low or when[s] >= high:
            continue
        now_weight, now_volume = loaded_weight[s] + weight, loaded_volume[s] + volume
        extra = 0.0
        if now_weight > units[s] * unit_weight[s] or now_volume > units[s] * unit_volume[s]:
            wanted = max(
                (now_weight + unit_weight[s] - 1) // unit_weight[s], (now_volume + unit_volume[s] - 1) // unit_volume[s]
            )
            extra = max(0.0, float(wanted - units[s]) * unit_cost[s] - gift[s])
            if wanted > cap[s]:
                continue
            for j in range(start[s], start[s + 1]):
                if used[pool[j]] + wanted - units[s] > slots[pool[j]]:
                    extra = np.inf
        if blend > 0.0:
            extra = (1.0 - blend) * extra + blend * (per_g[s] * weight + per_dm3[s] * volume)
        cost += extra
        before[i] = by[origin[s]]
        if destination[s] != goal:
            label[i] = cost
        elif cost < best:
            best, last = cost, i
    return _unwind(net, goods, choices, k, last, path)


@compiled
def _unwind(net: Network, goods: Goods, choices: Choices, k: int, last: int, path: Path) -> int:
    legs = 0
    i = last
    while i >= 0:
        legs += 1
        i = path.before[i]
    if legs == 0 or legs > LEGS:
        return 0
    path.route[:] = -1
    i, at = last, legs
    while i >= 0:
        at -= 1
        path.route[at] = choices.arc[choices.start[k] + i]
        i = path.before[i]
    path.found[0] = own_minor(net, goods, k, path.route)
    return legs
