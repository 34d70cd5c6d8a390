"""Ruin and recreate with simulated annealing over whole units.

A move takes some shipments off their departures and puts each back where it is cheapest then: what it pays itself and the units
it opens. Which ones are taken decides everything, because moving shipments one by one never empties a container:

    drop   enough riders of a departure that one unit less would do, and that unit stays closed while they are put back
    merge  the same on two neighbouring departures of a lane, with only one of them closed
    fill   riders of elsewhere that could use a departure, which for now seems to offer its next unit for nothing
    loose  a few shipments that share departures with one drawn at random
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.solvers.arrays import FAR, Floats, Goods, Ints, Network, Small
from routing.solvers.choices import Choices
from routing.solvers.compiled import compiled
from routing.solvers.state import LEGS, Path, State, own_minor, place, remove, seek

MOST = 48  # shipments that one move takes


class Bench(NamedTuple):
    """Scratch of a search and its random state."""

    taken: Small
    old_route: Small
    old_legs: Small
    old_own: Floats
    key: Floats
    mark: Small
    riders: Small
    random: NDArray[np.uint64]  # one number
    tally: Ints  # moves tried and kept by kind
    focus: Small  # departures that moves start from; empty: any
    base: Small  # routes that it costs `change` to leave
    change: Floats
    span: Ints  # from and to: departures outside are left alone


class Lanes(NamedTuple):
    """Departures by lane in order of time, and shipments by departure they could use."""

    order: Small
    position: Small
    lane: Small
    user_start: Small
    user: Small


def bench_for(goods: Goods, seed: int) -> Bench:
    return Bench(
        np.zeros(MOST, np.int32),
        np.zeros((MOST, LEGS), np.int32),
        np.zeros(MOST, np.int32),
        np.zeros(MOST),
        np.zeros(MOST),
        np.zeros(len(goods.ready), np.int32),
        np.zeros(4096, np.int32),
        np.array([seed * 0x9E3779B97F4A7C15 % 2**64 | 1], np.uint64),
        np.zeros((8, 2), np.int64),
        np.zeros(0, np.int32),
        np.zeros((0, LEGS), np.int32),
        np.zeros(1),
        np.array([-FAR, FAR], np.int64),
    )


def lanes_for(net: Network, choices: Choices) -> Lanes:
    lane = net.origin * np.int32(net.hubs) + net.destination
    order = np.lexsort((net.cut_off, lane)).astype(np.int32)
    position = np.empty_like(order)
    position[order] = np.arange(len(order), dtype=np.int32)
    owner = np.repeat(np.arange(len(choices.start) - 1, dtype=np.int32), np.diff(choices.start))
    by_arc = np.argsort(choices.arc, kind="stable")
    user_start = np.searchsorted(choices.arc[by_arc], np.arange(len(lane) + 1)).astype(np.int32)
    return Lanes(order, position, lane.astype(np.int32), user_start, owner[by_arc])


@compiled
def draw(bench: Bench) -> float:
    """Uniform in [0, 1) by xorshift64*; numba's own generator is shared between threads."""
    x = bench.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    bench.random[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def pick(bench: Bench, count: int) -> int:
    return int(draw(bench) * count)


@compiled
def take(net: Network, goods: Goods, state: State, bench: Bench, k: int, count: int) -> int:
    """Take one shipment off unless it is already or stays whatever happens; the new count."""
    if count >= MOST or bench.mark[k] != 0 or state.fixed[k] != 0:
        return count
    bench.mark[k] = 1
    bench.taken[count] = k
    bench.old_legs[count] = state.legs[k]
    bench.old_own[count] = state.own[k]
    for leg in range(state.legs[k]):
        bench.old_route[count, leg] = state.route[k, leg]
    remove(net, goods, state, k)
    return count + 1


@compiled
def _riders(state: State, bench: Bench, s: int) -> int:
    """Who rides on `s`, in random order."""
    found = 0
    node = state.head[s]
    while node >= 0 and found < len(bench.riders):
        bench.riders[found] = node // LEGS
        found += 1
        node = state.next[node]
    for index in range(found - 1, 0, -1):
        other = pick(bench, index + 1)
        bench.riders[index], bench.riders[other] = bench.riders[other], bench.riders[index]
    return found


@compiled
def _drop_unit(net: Network, goods: Goods, state: State, bench: Bench, s: int, count: int) -> int:
    """Take riders off `s` until one unit less will do."""
    goal = state.units[s] - 1
    found = _riders(state, bench, s)
    for index in range(found):
        if state.units[s] <= goal or count >= MOST:
            break
        k = bench.riders[index]
        over_weight = state.weight[s] - goal * net.unit_weight[s]
        over_volume = state.volume[s] - goal * net.unit_volume[s]
        # Prefer one that alone is enough among the next few, so that little is disturbed.
        for other in range(index + 1, min(found, index + 4)):
            j = bench.riders[other]
            enough = goods.weight[k] >= over_weight and goods.volume[k] >= over_volume
            if not enough and goods.weight[j] >= over_weight and goods.volume[j] >= over_volume:
                bench.riders[index], bench.riders[other] = j, k
                k = j
        count = take(net, goods, state, bench, k, count)
    return count


@compiled
def _some_riders(net: Network, goods: Goods, state: State, bench: Bench, s: int, most: int, count: int) -> int:
    found = _riders(state, bench, s)
    for index in range(min(found, most)):
        count = take(net, goods, state, bench, bench.riders[index], count)
    return count


@compiled
def _neighbour(lanes: Lanes, bench: Bench, s: int, reach: int) -> int:
    """Another departure of the same lane within `reach` places before or after, or -1."""
    at = lanes.position[s] + 1 + pick(bench, reach)
    if draw(bench) < 0.5:
        at = lanes.position[s] - 1 - pick(bench, reach)
    if at < 0 or at >= len(lanes.order):
        return -1
    other = lanes.order[at]
    return int(other) if lanes.lane[other] == lanes.lane[s] else -1


@compiled
def _within(net: Network, bench: Bench, s: int) -> int:
    """The departure if the search may touch it, or -1."""
    return s if s >= 0 and bench.span[0] <= net.when[s] < bench.span[1] else -1


@compiled
def _any_departure(state: State, bench: Bench) -> int:
    """A departure on which something rides, likelier the more ride; -1 after many misses."""
    for _ in range(50):
        if len(bench.focus) > 0:
            s = bench.focus[pick(bench, len(bench.focus))]
            if state.head[s] >= 0:
                return int(s)
            continue
        k = pick(bench, len(state.legs))
        if state.legs[k] > 0 and state.fixed[k] == 0:
            return int(state.route[k, pick(bench, state.legs[k])])
    return -1


@compiled
def _slack(net: Network, state: State, s: int) -> float:
    by_weight = state.weight[s] / net.unit_weight[s]
    by_volume = state.volume[s] / net.unit_volume[s]
    return float(state.units[s] - max(by_weight, by_volume))


@compiled
def _loose_departure(net: Network, state: State, bench: Bench, tries: int) -> int:
    """Of a few, the departure whose last unit is emptiest."""
    best = _any_departure(state, bench)
    for _ in range(tries - 1):
        other = _any_departure(state, bench)
        if best < 0 or (other >= 0 and _slack(net, state, other) > _slack(net, state, best)):
            best = other
    return best


@compiled
def _ruin(net: Network, goods: Goods, state: State, lanes: Lanes, bench: Bench, kind: int, s: int, other: int) -> int:
    count = 0
    if kind <= 1:
        state.cap[s] = state.units[s] - 1
        count = _drop_unit(net, goods, state, bench, s, count)
        if kind == 1 and other >= 0 and state.units[other] > 0:
            if draw(bench) < 0.5:
                count = _drop_unit(net, goods, state, bench, other, count)
            else:
                count = _some_riders(net, goods, state, bench, other, 1 + pick(bench, 6), count)
    elif kind == 2:
        state.gift[s] = net.unit_cost[s]
        users = lanes.user_start[s + 1] - lanes.user_start[s]
        for _ in range(min(users, 2 + pick(bench, 10))):
            count = take(net, goods, state, bench, lanes.user[lanes.user_start[s] + pick(bench, users)], count)
        count = _some_riders(net, goods, state, bench, s, pick(bench, 4), count)
    else:
        count = _some_riders(net, goods, state, bench, s, 1 + pick(bench, 4), count)
        if other >= 0:
            count = _some_riders(net, goods, state, bench, other, 1 + pick(bench, 4), count)
        k = pick(bench, len(state.legs))
        count = take(net, goods, state, bench, k, count)
    return count


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
        s = _loose_departure(net, state, bench, 1 + pick(bench, 4)) if kind < 2 else _any_departure(state, bench)
        if s < 0:
            continue
        other = _within(net, bench, _neighbour(lanes, bench, s, 4))
        if kind == 2 and other >= 0 and draw(bench) < 0.5:
            s = other
        if kind < 2 and state.units[s] == 0:
            continue
        before, cap = state.cost[0], state.cap[s]
        count = _ruin(net, goods, state, lanes, bench, kind, s, other)
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
