"""Cheapest routes at given prices by connection scan: every departure is looked at once, in order of time.

Prices are whole: `SCALE` price units make one minor unit of money; `price_weight` and `price_volume` are per gram and per dm3
on each departure. A label is the cheapest cost with which goods can be on a departure, that leg included.
"""

from typing import NamedTuple

import numpy as np

from routing.solvers.arrays import Goods, Ints, Network, Small
from routing.solvers.compiled import compiled, inlined

SCALE = 1_000_000
NEVER = 2**62
_GRAMS_PER_T = 1_000_000
_GRAM_DAY = 1_000_000 * 1440


@inlined
def leg_minor(net: Network, goods: Goods, k: int, s: int) -> int:
    size = net.per_t[s] * goods.weight[k] + 1000 * net.per_m3[s] * goods.volume[k]
    return int(net.per_shipment[s] + (size + _GRAMS_PER_T - 1) // _GRAMS_PER_T)


@inlined
def end_minor(net: Network, goods: Goods, k: int, s: int) -> int:
    spent = goods.day_per_t * goods.weight[k] * (net.at_hand[s] - goods.ready[k])
    return int((spent + _GRAM_DAY - 1) // _GRAM_DAY)


@inlined
def storage_minor(net: Network, goods: Goods, k: int, s: int, since: int) -> int:
    wait = net.cut_off[s] - since - net.free[s]
    if wait <= 0 or net.storage[s] == 0:
        return 0
    return int((net.storage[s] * goods.weight[k] * wait + _GRAM_DAY - 1) // _GRAM_DAY)


@compiled
def _stored_label(net: Network, goods: Goods, k: int, s: int, event: int, label: Ints, before: Small) -> int:
    """Cheapest way onto `s` when waiting costs: look back over every departure that brought goods to its hub."""
    best = NEVER
    before[s] = -1
    if net.origin[s] == goods.origin[k]:
        best = SCALE * storage_minor(net, goods, k, s, goods.ready[k])
    for back in range(event - 1, goods.first_event[k] - 1, -1):
        if net.events[back] & 1 == 0:
            continue
        p = net.events[back] >> 1
        if net.destination[p] != net.origin[s] or net.cut_off[p] < goods.ready[k] or label[p] >= best:
            continue
        cost = label[p] + SCALE * storage_minor(net, goods, k, s, net.at_hand[p])
        if cost < best:
            best = cost
            before[s] = p
    return int(best)


class Prices(NamedTuple):
    """Prices of every departure, and per hub pair (row-major) what the way costs at least: per shipment, gram and dm3."""

    weight: Ints
    volume: Ints
    least: Ints
    least_weight: Ints
    least_volume: Ints


class Desk(NamedTuple):
    """Scratch space of one scanning thread; labels are NEVER between scans."""

    label: Ints
    before: Small
    hub: Ints
    hub_by: Small
    rest: Ints
    touched: Small


def desk_for(net: Network) -> Desk:
    count = len(net.cut_off)
    return Desk(
        np.full(count, NEVER, np.int64),
        np.full(count, -1, np.int32),
        np.full(net.hubs, NEVER, np.int64),
        np.full(net.hubs, -1, np.int32),
        np.zeros(net.hubs, np.int64),
        np.zeros(count, np.int32),
    )


def _least(net: Network, values: Ints) -> Ints:
    least = np.full((net.hubs, net.hubs), 2**58, np.int64)
    np.fill_diagonal(least, 0)
    np.minimum.at(least, (net.origin, net.destination), values)
    for via in range(net.hubs):
        np.minimum(least, least[:, via, None] + least[None, via, :], out=least)
        np.minimum(least, 2**58, out=least)
    return least.reshape(-1)


def prices_of(net: Network, weight: Ints, volume: Ints) -> Prices:
    """Prices with what they say about ways still to go; rates are in price units a gram and a dm3 at SCALE a minor unit."""
    return Prices(
        weight,
        volume,
        _least(net, net.per_shipment * SCALE),
        _least(net, weight + net.per_t),
        _least(net, volume + 1000 * net.per_m3),
    )


@compiled
def _rest_of_way(net: Network, goods: Goods, prices: Prices, k: int, rest: Ints) -> None:
    """What shipment `k` pays at least from every hub to its destination; rounding up of legs only adds to it."""
    for hub in range(net.hubs):
        at = hub * net.hubs + goods.destination[k]
        if prices.least[at] >= 2**58:
            rest[hub] = NEVER
        else:
            rest[hub] = prices.least[at] + goods.weight[k] * prices.least_weight[at]
            rest[hub] += goods.volume[k] * prices.least_volume[at]


@compiled
def cheapest(net: Network, goods: Goods, prices: Prices, k: int, ceiling: int, desk: Desk) -> tuple[int, int]:
    """Cost of the cheapest route of shipment `k` below `ceiling` and its last departure, or (ceiling, -1)."""
    label, hub, hub_by, rest = desk.label, desk.hub, desk.hub_by, desk.rest
    _rest_of_way(net, goods, prices, k, rest)
    hub[:] = NEVER
    hub_by[:] = -1
    hub[goods.origin[k]] = 0
    best, last, touched = ceiling, -1, 0
    due, needs, destination = goods.due[k], goods.needs[k], goods.destination[k]
    for event in range(goods.first_event[k], goods.last_event[k]):
        here = net.event_hub[event]
        if net.events[event] & 1:
            s = net.events[event] >> 1
            if label[s] < hub[here]:
                hub[here] = label[s]
                hub_by[here] = s
            continue
        start = hub[here]
        if start == NEVER or start >= best - rest[here]:
            continue
        if net.event_at[event] + net.ride_min[here * net.hubs + destination] > due:
            continue
        s = net.events[event] >> 1
        if needs & ~net.can[s] != 0 or net.at_hand[s] > due:
            continue
        if goods.weight[k] > net.most_weight[s] or goods.volume[k] > net.most_volume[s]:
            continue
        desk.before[s] = hub_by[here]
        if net.stored:
            start = _stored_label(net, goods, k, s, event, label, desk.before)
        cost = start + SCALE * leg_minor(net, goods, k, s)
        cost += prices.weight[s] * goods.weight[k] + prices.volume[s] * goods.volume[k]
        if net.destination[s] == destination:
            cost += SCALE * end_minor(net, goods, k, s)
            if cost < best:
                best, last = cost, s
        elif cost < best - rest[net.destination[s]]:
            label[s] = cost
            desk.touched[touched] = s
            touched += 1
    for index in range(touched):
        label[desk.touched[index]] = NEVER
    return best, last


@inlined
def _leg_price(net: Network, goods: Goods, prices: Prices, k: int, s: int) -> int:
    place = prices.weight[s] * goods.weight[k] + prices.volume[s] * goods.volume[k]
    return int(place + SCALE * leg_minor(net, goods, k, s))


@compiled
def _cost_at(net: Network, goods: Goods, prices: Prices, k: int, route: Small, own: int) -> int:
    total = own * SCALE
    for s in route:
        if s < 0:
            break
        total += prices.weight[s] * goods.weight[k] + prices.volume[s] * goods.volume[k]
    return int(total)


@compiled
def price_all(net: Network, goods: Goods, prices: Prices, desk: Desk, routes: Small, own: Ints) -> tuple[Ints, Small]:
    """For every shipment the cost of its best answer at these prices, outsourcing included, and the legs of a new route.

    `routes` and `own` (minor units) come with routes known before, which spare most of the scan, and go out with better ones:
    departures in order of travel, -1 behind the last. Legs are 0 where the known route stays best and negative where the new
    one has more than MAX_LEGS; such a route is not kept but its cost counts, so that a bound made of it stays a bound.
    """
    count = len(goods.ready)
    costs = np.empty(count, np.int64)
    legs = np.zeros(count, np.int32)
    for k in range(count):
        ceiling = goods.outsource[k] * SCALE
        if routes[k, 0] >= 0:
            ceiling = min(ceiling, _cost_at(net, goods, prices, k, routes[k], own[k]))
        costs[k], last = cheapest(net, goods, prices, k, ceiling, desk)
        if last < 0:
            continue
        s = last
        while s >= 0:
            legs[k] += 1
            s = desk.before[s]
        if legs[k] > routes.shape[1]:
            legs[k] = -legs[k]
            continue
        routes[k, :] = -1
        s, at, spent = last, legs[k], 0
        while s >= 0:
            at -= 1
            routes[k, at] = s
            spent += prices.weight[s] * goods.weight[k] + prices.volume[s] * goods.volume[k]
            s = desk.before[s]
        own[k] = (costs[k] - spent) // SCALE
    return costs, legs


@compiled
def useful(net: Network, goods: Goods, prices: Prices, k: int, limit: int, desk: Desk, through: Ints) -> None:
    """Cheapest cost of shipment `k` over each departure (price units, no storage) into `through`, NEVER above `limit`.

    Only departures in the shipment's span of events are written.
    """
    label, hub, rest = desk.label, desk.hub, desk.rest
    _rest_of_way(net, goods, prices, k, rest)
    hub[:] = NEVER
    hub[goods.origin[k]] = 0
    first, stop, due, destination = goods.first_event[k], goods.last_event[k], goods.due[k], goods.destination[k]
    for event in range(first, stop):
        here = net.event_hub[event]
        s = net.events[event] >> 1
        if net.events[event] & 1:
            if here != destination and label[s] < hub[here]:
                hub[here] = label[s]
            continue
        through[s] = NEVER
        start = hub[here]
        if start == NEVER or net.event_at[event] + net.ride_min[here * net.hubs + destination] > due:
            continue
        if start > limit - rest[here] or goods.needs[k] & ~net.can[s] != 0 or net.at_hand[s] > due:
            continue
        if goods.weight[k] > net.most_weight[s] or goods.volume[k] > net.most_volume[s]:
            continue
        label[s] = start + _leg_price(net, goods, prices, k, s)
    hub[:] = NEVER
    for event in range(stop - 1, first - 1, -1):
        s = net.events[event] >> 1
        if label[s] == NEVER:
            continue
        if net.events[event] & 1:
            through[s] = hub[net.destination[s]]
            continue
        onward = through[s]
        if net.destination[s] == destination:
            onward = SCALE * end_minor(net, goods, k, s)
        through[s] = NEVER if onward == NEVER or label[s] + onward > limit else label[s] + onward
        label[s] = NEVER
        if through[s] < NEVER:
            here = net.origin[s]
            hub[here] = min(hub[here], onward + _leg_price(net, goods, prices, k, s))
