"""Which shipments a move takes off their departures.

drop   enough riders of a departure that one unit less would do, and that unit stays closed while they are put back
merge  the same on two neighbouring departures of a lane, with only one of them closed
fill   riders of elsewhere that could use a departure, which for now seems to offer its next unit for nothing
loose  a few shipments that share departures with one drawn at random
"""

from routing.solvers.arrays import Goods, Network
from routing.solvers.bench import MOST, Bench, Lanes, draw, pick
from routing.solvers.compiled import compiled
from routing.solvers.state import LEGS, State, remove


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
def neighbour(lanes: Lanes, bench: Bench, s: int, reach: int) -> int:
    """Another departure of the same lane within `reach` places before or after, or -1."""
    at = lanes.position[s] + 1 + pick(bench, reach)
    if draw(bench) < 0.5:
        at = lanes.position[s] - 1 - pick(bench, reach)
    if at < 0 or at >= len(lanes.order):
        return -1
    other = lanes.order[at]
    return int(other) if lanes.lane[other] == lanes.lane[s] else -1


@compiled
def within(net: Network, bench: Bench, s: int) -> int:
    """The departure if the search may touch it, or -1."""
    return s if s >= 0 and bench.span[0] <= net.when[s] < bench.span[1] else -1


@compiled
def any_departure(state: State, bench: Bench) -> int:
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
def loose_departure(net: Network, state: State, bench: Bench, tries: int) -> int:
    """Of a few, the departure whose last unit is emptiest."""
    best = any_departure(state, bench)
    for _ in range(tries - 1):
        other = any_departure(state, bench)
        if best < 0 or (other >= 0 and _slack(net, state, other) > _slack(net, state, best)):
            best = other
    return best


@compiled
def ruin(net: Network, goods: Goods, state: State, lanes: Lanes, bench: Bench, kind: int, s: int, other: int) -> int:
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
