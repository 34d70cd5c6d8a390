"""Ruin and recreate with simulated annealing over whole units.

A move takes some shipments off their departures (`ruin` says which: moving them one by one never empties a container) and puts
each back where it is cheapest then: what it pays itself and the units it opens.
"""

import numpy as np

from routing.solvers.arrays import Floats, Goods, Network, Small
from routing.solvers.bench import Bench, Lanes, draw, pick
from routing.solvers.choices import Choices
from routing.solvers.compiled import compiled
from routing.solvers.ruin import any_departure, loose_departure, neighbour, ruin, within
from routing.solvers.state import LEGS, Path, State, own_minor, place, remove, seek


@compiled
def _order(goods: Goods, bench: Bench, count: int) -> None:
    """Sort what was taken: mostly large before small, sometimes any order."""
    noise = 0.2 + 2.0 * draw(bench)
    for index in range(count):
        bench.key[index] = np.log(float(goods.volume[bench.taken[index]])) + noise * draw(bench)
    for index in range(1, count):
        at = index
        while at > 0 and bench.key[at - 1] < bench.key[at]:
            _swap(bench, at - 1, at)
            at -= 1


@compiled
def _swap(bench: Bench, a: int, b: int) -> None:
    bench.key[a], bench.key[b] = bench.key[b], bench.key[a]
    bench.taken[a], bench.taken[b] = bench.taken[b], bench.taken[a]
    bench.old_legs[a], bench.old_legs[b] = bench.old_legs[b], bench.old_legs[a]
    bench.old_own[a], bench.old_own[b] = bench.old_own[b], bench.old_own[a]
    for leg in range(LEGS):
        kept = bench.old_route[a, leg]
        bench.old_route[a, leg] = bench.old_route[b, leg]
        bench.old_route[b, leg] = kept


@compiled
def _put_back(net: Network, goods: Goods, state: State, bench: Bench, count: int) -> None:
    """Undo: first everything off, then everything where it was."""
    for index in range(count):
        remove(net, goods, state, bench.taken[index])
    for index in range(count):
        k = bench.taken[index]
        place(net, goods, state, k, bench.old_route[index], bench.old_legs[index], bench.old_own[index])


@compiled
def _recreate(
    net: Network,
    goods: Goods,
    choices: Choices,
    state: State,
    bench: Bench,
    path: Path,
    count: int,
    per_g: Floats,
    per_dm3: Floats,
) -> None:
    blend = 0.0
    if draw(bench) < 0.5:
        blend = 0.6 * draw(bench)
    for index in range(count):
        k = bench.taken[index]
        legs = seek(net, goods, choices, state, k, blend, per_g, per_dm3, path, bench.span)
        place(net, goods, state, k, path.route, legs, path.found[0])


@compiled
def _strayed(state: State, bench: Bench, count: int) -> int:
    """How many more of the taken shipments are off their base routes than before the move."""
    strayed = 0
    for index in range(count):
        k = bench.taken[index]
        was, now = False, False
        for leg in range(LEGS):
            old = bench.old_route[index, leg] if leg < bench.old_legs[index] else -1
            was = was or old != bench.base[k, leg]
            now = now or state.route[k, leg] != bench.base[k, leg]
        strayed += int(now) - int(was)
    return strayed


@compiled
def anneal(
    net: Network,
    goods: Goods,
    choices: Choices,
    lanes: Lanes,
    state: State,
    bench: Bench,
    path: Path,
    per_g: Floats,
    per_dm3: Floats,
    moves: int,
    heat: float,
) -> None:
    """Try `moves` moves at temperature `heat` (minor units)."""
    for _ in range(moves):
        what = draw(bench)
        kind = 0 if what < 0.4 else (1 if what < 0.65 else (2 if what < 0.85 else 3))
        s = loose_departure(net, state, bench, 1 + pick(bench, 4)) if kind < 2 else any_departure(state, bench)
        if s < 0:
            continue
        other = within(net, bench, neighbour(lanes, bench, s, 4))
        if kind == 2 and other >= 0 and draw(bench) < 0.5:
            s = other
        if kind < 2 and state.units[s] == 0:
            continue
        before, cap = state.cost[0], state.cap[s]
        count = ruin(net, goods, state, lanes, bench, kind, s, other)
        _order(goods, bench, count)
        _recreate(net, goods, choices, state, bench, path, count, per_g, per_dm3)
        state.cap[s] = cap
        state.gift[s] = 0.0
        rise = state.cost[0] - before
        if bench.change[0] > 0.0:
            rise += bench.change[0] * _strayed(state, bench, count)
        bench.tally[kind, 0] += 1
        if rise > 0.0 and rise > -heat * np.log(draw(bench) + 1e-300):
            _put_back(net, goods, state, bench, count)
        elif rise != 0.0:
            bench.tally[kind, 1] += 1
        for index in range(count):
            bench.mark[bench.taken[index]] = 0


@compiled
def build(
    net: Network,
    goods: Goods,
    choices: Choices,
    state: State,
    bench: Bench,
    path: Path,
    order: Small,
    blend: float,
    per_g: Floats,
    per_dm3: Floats,
) -> None:
    """Put every outsourced shipment, in this order, where it is cheapest; prices steer together what would ride alone."""
    for k in order:
        if state.legs[k] == 0:
            legs = seek(net, goods, choices, state, k, blend, per_g, per_dm3, path, bench.span)
            place(net, goods, state, k, path.route, legs, path.found[0])


@compiled
def refill(net: Network, goods: Goods, state: State, routes: Small) -> None:
    """Put every shipment of an empty state on its given route."""
    for k in range(len(routes)):
        legs = 0
        while legs < LEGS and routes[k, legs] >= 0:
            legs += 1
        if legs > 0:
            place(net, goods, state, k, routes[k], legs, own_minor(net, goods, k, routes[k]))
