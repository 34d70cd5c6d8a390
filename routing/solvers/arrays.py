"""A problem as flat arrays for compiled code. Departures keep their numbers; `events` gives the order of scanning.

An event is `2 * departure` at its cut-off and `2 * departure + 1` when its goods may be transferred at the destination.
At the same minute transfers come first, so that goods at hand at the cut-off still make it.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.cost import rate_per_shipment, rate_per_t
from routing.problem import Problem

FAR = 2**40
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Small = NDArray[np.int32]


class Network(NamedTuple):
    """Departures and hubs."""

    origin: Small
    destination: Small
    cut_off: Ints
    when: Ints  # cut-off, or the first cut-off of its train: departures that share pools are searched together
    at_hand: Ints  # arrival and dwell
    transfer: Ints  # at_hand and the transfer minimum of the destination
    unit_weight: Ints
    unit_volume: Ints
    unit_cost: Ints
    most_weight: Ints  # that all its slots together carry; what is larger cannot go unsplit
    most_volume: Ints
    per_shipment: Ints
    per_t: Ints
    per_m3: Ints
    can: Small  # of the departure and of both its hubs
    pool_start: Small
    pool: Small
    pool_slots: Ints
    events: Small
    event_at: Ints
    event_hub: Small  # origin at a cut-off, destination at a transfer
    ride_min: Ints  # hubs by hubs, row-major: least time from any hand-over to a cut-off's goods at hand elsewhere
    free: Ints  # of the origin hub
    storage: Ints  # of the origin hub
    hubs: int
    stored: bool


class Goods(NamedTuple):
    """Shipments."""

    origin: Small
    destination: Small
    ready: Ints
    due: Ints
    weight: Ints
    volume: Ints
    outsource: Ints
    needs: Small
    day_per_t: int
    first_event: Ints
    last_event: Ints  # one behind the last


def _column(values: list[int], kind: type[Any] = np.int64) -> NDArray[Any]:
    return np.array(values, dtype=kind)


def _ride_min(hubs: int, origin: Small, destination: Small, ride: Ints) -> Ints:
    """Least minutes from a cut-off at one hub until goods are at hand at another, over any departures, transfers free."""
    least = np.full((hubs, hubs), FAR, np.int64)
    np.fill_diagonal(least, 0)
    np.minimum.at(least, (origin, destination), ride)
    for via in range(hubs):
        np.minimum(least, least[:, via, None] + least[None, via, :], out=least)
    return least.reshape(-1)


def _first_of_train(problem: Problem, cut_off: Ints) -> Ints:
    """The earliest cut-off among departures that share a pool, directly or over others."""
    first = np.full(len(problem.pools), FAR, np.int64)
    shared = [d for d in problem.departures if len(d.pools) > 1]
    when = cut_off.copy()
    for d in problem.departures:
        for pool in d.pools:
            first[pool] = min(first[pool], cut_off[d.index])
    for _ in range(len(shared)):
        before = first.copy()
        for d in shared:
            first[list(d.pools)] = first[list(d.pools)].min()
        if (first == before).all():
            break
    for d in problem.departures:
        when[d.index] = first[d.pools[0]]
    return when


def compile_network(problem: Problem) -> Network:
    departures, hubs = problem.departures, problem.hubs
    at_hand = _column([d.arrive_min + d.dwell_min for d in departures])
    transfer = at_hand + _column([hubs[d.destination].transfer_min for d in departures])
    cut_off = _column([d.cut_off_min for d in departures])
    count = len(departures)
    number = np.concatenate([np.arange(count) * 2, np.arange(count) * 2 + 1])
    moment = np.concatenate([cut_off, transfer])
    origin = _column([d.origin for d in departures], np.int32)
    destination = _column([d.destination for d in departures], np.int32)
    order = np.lexsort((number, number % 2 == 0, moment))
    return Network(
        origin,
        destination,
        cut_off,
        _first_of_train(problem, cut_off),
        at_hand,
        transfer,
        _column([d.unit_weight_g for d in departures]),
        _column([d.unit_volume_dm3 for d in departures]),
        _column([d.unit_cost for d in departures]),
        _column([d.unit_weight_g * min(problem.pools[pool] for pool in d.pools) for d in departures]),
        _column([d.unit_volume_dm3 * min(problem.pools[pool] for pool in d.pools) for d in departures]),
        _column([rate_per_shipment(d, problem.weights) for d in departures]),
        _column([rate_per_t(d, problem.weights) for d in departures]),
        _column([d.per_m3 for d in departures]),
        _column([int(d.can & hubs[d.origin].can & hubs[d.destination].can) for d in departures], np.int32),
        np.cumsum(_column([0, *(len(d.pools) for d in departures)], np.int32)).astype(np.int32),
        _column([pool for d in departures for pool in d.pools], np.int32),
        _column(list(problem.pools)),
        number[order].astype(np.int32),
        moment[order],
        np.concatenate([origin, destination])[order],
        _ride_min(len(hubs), origin, destination, at_hand - cut_off),
        _column([hubs[d.origin].free_min for d in departures]),
        _column([hubs[d.origin].storage_per_t_day for d in departures]),
        len(hubs),
        any(hub.storage_per_t_day for hub in hubs),
    )


def compile_goods(problem: Problem, network: Network) -> Goods:
    shipments = problem.shipments
    ready = _column([s.ready_min for s in shipments])
    return Goods(
        _column([s.origin for s in shipments], np.int32),
        _column([s.destination for s in shipments], np.int32),
        ready,
        _column([s.due_min for s in shipments]),
        _column([s.weight_g for s in shipments]),
        _column([s.volume_dm3 for s in shipments]),
        _column([s.outsource_cost for s in shipments]),
        _column([int(s.needs) for s in shipments], np.int32),
        problem.weights.day_per_t,
        np.searchsorted(network.event_at, ready, side="left"),
        np.searchsorted(network.event_at, _column([s.due_min for s in shipments]), side="right"),
    )
