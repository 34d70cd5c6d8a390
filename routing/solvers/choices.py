"""The departures that a shipment can sensibly use, in order of scanning; scans over them are short.

`arc[start[k]:start[k+1]]` are departures of shipment `k`, `cost` what it pays there itself (minor units; on the last leg the
price of time included), `event[event_start[k]:event_start[k+1]]` the order of scanning: `2 * i` at the cut-off of its i-th
departure, `2 * i + 1` when goods from it can be transferred.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from routing.solvers.arrays import Floats, Goods, Ints, Network, Small
from routing.solvers.compiled import compiled
from routing.solvers.scan import NEVER, SCALE, Desk, Prices, cheapest, desk_for, end_minor, leg_minor, useful


class Choices(NamedTuple):
    start: Small
    arc: Small
    cost: Floats
    event_start: Small
    event: Small


@compiled
def _limit(through: Ints, net: Network, first: int, stop: int, most: int) -> int:
    """The `most`-th cheapest way through a departure in this span of events; NEVER when there are fewer."""
    found = np.empty(stop - first, np.int64)
    count = 0
    for event in range(first, stop):
        s = net.events[event] >> 1
        if net.events[event] & 1 == 0 and through[s] < NEVER:
            found[count] = through[s]
            count += 1
    if count <= most:
        return NEVER
    return int(np.partition(found[:count], most)[most])


@compiled
def _gather(
    net: Network, goods: Goods, prices: Prices, desk: Desk, slack: float, extra: int, most: int, low: int, high: int
) -> tuple[Small, Small, Floats, Small, Small, int, int]:
    count, departures = high - low, len(net.cut_off)
    start, event_start = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    arc, cost = np.empty(count * most, np.int32), np.empty(count * most, np.float64)
    events = np.empty(2 * count * most, np.int32)
    through = np.full(departures, NEVER, np.int64)
    local = np.full(departures, -1, np.int32)
    arcs, entries = 0, 0
    for k in range(low, high):
        first, stop = goods.first_event[k], goods.last_event[k]
        best, last = cheapest(net, goods, prices, k, goods.outsource[k] * SCALE, desk)
        through_limit = 0
        if last >= 0:
            useful(
                net, goods, prices, k, min(int(best * (1.0 + slack)) + extra, goods.outsource[k] * SCALE), desk, through
            )
            through_limit = _limit(through, net, first, stop, most)
        for event in range(first, stop if last >= 0 else first):
            s = net.events[event] >> 1
            if net.events[event] & 1:
                if local[s] >= 0 and net.destination[s] != goods.destination[k]:
                    events[entries] = 2 * local[s] + 1
                    entries += 1
            elif through[s] < through_limit:
                local[s] = arcs - start[k - low]
                events[entries] = 2 * local[s]
                entries += 1
                arc[arcs] = s
                cost[arcs] = leg_minor(net, goods, k, s)
                if net.destination[s] == goods.destination[k]:
                    cost[arcs] += end_minor(net, goods, k, s)
                arcs += 1
        for index in range(start[k - low], arcs):
            local[arc[index]] = -1
        start[k + 1 - low] = arcs
        event_start[k + 1 - low] = entries
    return start, arc, cost, event_start, events, arcs, entries


def choices_of(
    net: Network, goods: Goods, prices: Prices, slack: float = 0.3, extra: int = 0, most: int = 400
) -> Choices:
    """Departures on routes within `slack` (a fraction) plus `extra` (price units) of each shipment's cheapest."""
    count = len(goods.ready)
    with ThreadPoolExecutor(2) as pool:
        work = [
            pool.submit(_gather, net, goods, prices, desk_for(net), slack, extra, most, low, high)
            for low, high in ((0, count // 2), (count // 2, count))
        ]
        (start, arc, cost, event_start, event, arcs, entries), two = (part.result() for part in work)
    return Choices(
        np.concatenate([start, two[0][1:] + arcs]).astype(np.int32),
        np.concatenate([arc[:arcs], two[1][: two[5]]]),
        np.concatenate([cost[:arcs], two[2][: two[5]]]),
        np.concatenate([event_start, two[3][1:] + entries]).astype(np.int32),
        np.concatenate([event[:entries], two[4][: two[6]]]),
    )
