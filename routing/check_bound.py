"""The referee of bounds: one pass over the timetable in whole numbers, shipments side by side. Shares no code with any solver.

Prices are valid when every departure's units are paid for; then no plan of whole, unsplit shipments costs less than what
cheapest routes at these prices come to, less the slots at their prices (weak duality). A shipment larger than all slots of a
departure cannot ride on it.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.certificate import SCALE, Certificate
from routing.problem import Departure, Problem, Shipment

_NEVER = 2**61
_SIDE_BY_SIDE = 2000
Numbers = NDArray[np.int64]


def check_bound(problem: Problem, certificate: Certificate) -> list[str]:
    """What is wrong with a certificate, as sentences; empty when its value is proved."""
    faults = _faulty_prices(problem, certificate)
    if faults:
        return faults
    earned = 0
    order = sorted(problem.shipments, key=lambda shipment: shipment.ready_min)
    for start in range(0, len(order), _SIDE_BY_SIDE):
        earned += _answers(problem, certificate, order[start : start + _SIDE_BY_SIDE])
    paid = sum(slots * price for slots, price in zip(problem.pools, certificate.pool_price, strict=True))
    proved = max(0, -((paid - earned) // SCALE))
    if certificate.value > proved:
        return [f"the certificate states {certificate.value}, its prices prove {proved}"]
    return []


def _faulty_prices(problem: Problem, certificate: Certificate) -> list[str]:
    wanted = (len(problem.departures), len(problem.departures), len(problem.pools))
    given = (len(certificate.price_weight), len(certificate.price_volume), len(certificate.pool_price))
    if wanted != given:
        return [f"the certificate has {given} prices where the problem has {wanted}"]
    every = (*certificate.price_weight, *certificate.price_volume, *certificate.pool_price)
    if any(isinstance(price, bool) or not isinstance(price, int) or price < 0 for price in every):
        return ["a price is negative or no whole number"]
    if _largest(problem, certificate) >= _NEVER:
        return ["prices are so large that sums would not fit in 64 bits"]
    faults = []
    for leg in problem.departures:
        charged = leg.unit_weight_g * certificate.price_weight[leg.index]
        charged += leg.unit_volume_dm3 * certificate.price_volume[leg.index]
        if charged > SCALE * leg.unit_cost + sum(certificate.pool_price[pool] for pool in leg.pools):
            faults.append(f"{leg.name} is charged {charged} for a unit, more than it costs")
    return faults


def _largest(problem: Problem, certificate: Certificate) -> int:
    """More than any sum that can come up for one shipment on one departure, outsourcing included."""
    weight = max((s.weight_g for s in problem.shipments), default=0)
    volume = max((s.volume_dm3 for s in problem.shipments), default=0)
    rate_w = max(certificate.price_weight, default=0) + max((d.per_t for d in problem.departures), default=0)
    rate_v = max(certificate.price_volume, default=0) + 1000 * max((d.per_m3 for d in problem.departures), default=0)
    other = max((s.outsource_cost for s in problem.shipments), default=0)
    return 4 * (weight * rate_w + volume * rate_v + SCALE * other)


@dataclass
class _Row:
    """Shipments side by side, and what is the cheapest way to have each at each hub."""

    shipments: list[Shipment]
    column: dict[str, Numbers] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (
            "origin",
            "destination",
            "ready_min",
            "due_min",
            "weight_g",
            "volume_dm3",
            "outsource_cost",
            "needs",
        ):
            self.column[name] = np.array([int(getattr(s, name)) for s in self.shipments], dtype=np.int64)

    def __getitem__(self, name: str) -> Numbers:
        return self.column[name]


def _answers(problem: Problem, certificate: Certificate, shipments: list[Shipment]) -> int:
    """The sum over shipments of the cheaper of outsourcing and the cheapest route at the certificate's prices."""
    row = _Row(shipments)
    best = row["outsource_cost"] * SCALE
    at_hub = np.full((len(problem.hubs), len(shipments)), _NEVER, dtype=np.int64)
    at_hub[row["origin"], np.arange(len(shipments))] = 0
    landed: dict[int, list[tuple[int, Numbers]]] = {}
    rolling: dict[int, Numbers] = {}
    first = min((s.ready_min for s in shipments), default=0)
    for _, kind, number in _calendar(problem, first):
        leg = problem.departures[number]
        if kind == 0:
            arrived = rolling.pop(number, None)
            if arrived is not None:
                np.minimum(at_hub[leg.destination], arrived, out=at_hub[leg.destination])
                if problem.hubs[leg.destination].storage_per_t_day:
                    landed.setdefault(leg.destination, []).append((leg.arrive_min + leg.dwell_min, arrived))
            continue
        start = _start(problem, row, leg, at_hub[leg.origin], landed.get(leg.origin, []))
        label = _aboard(problem, certificate, row, leg, start)
        if label is None:
            continue
        here = row["destination"] == leg.destination
        end = -(
            -problem.weights.day_per_t
            * row["weight_g"]
            * (leg.arrive_min + leg.dwell_min - row["ready_min"])
            // 1_440_000_000
        )
        np.minimum(best, np.where(here & (label < _NEVER), label + SCALE * end, best), out=best)
        rolling[number] = label
    return sum(int(cost) for cost in best)


def _calendar(problem: Problem, first: int) -> list[tuple[int, int, int]]:
    """(minute, 0 for a hand-over or 1 for a cut-off, departure), hand-overs of a minute before its cut-offs."""
    found = []
    for leg in problem.departures:
        if leg.cut_off_min >= first:
            wait = problem.hubs[leg.destination].transfer_min
            found.append((leg.cut_off_min, 1, leg.index))
            found.append((leg.arrive_min + leg.dwell_min + wait, 0, leg.index))
    return sorted(found)


def _start(problem: Problem, row: _Row, leg: Departure, at_hub: Numbers, landed: list[tuple[int, Numbers]]) -> Numbers:
    """The cheapest way to stand at the cut-off, storage paid."""
    hub = problem.hubs[leg.origin]
    if not hub.storage_per_t_day:
        return at_hub

    def stored(wait: Numbers) -> Numbers:
        charged: Numbers = np.maximum(0, wait - hub.free_min)
        return SCALE * -(-hub.storage_per_t_day * row["weight_g"] * charged // 1_440_000_000)

    own = stored(np.maximum(0, leg.cut_off_min - row["ready_min"]))
    start: Numbers = np.where(row["origin"] == leg.origin, own, _NEVER)
    for since, arrived in landed:
        waited = stored(np.full(len(start), leg.cut_off_min - since, dtype=np.int64))
        np.minimum(start, np.where(arrived < _NEVER, arrived + waited, _NEVER), out=start)
    return start


def _aboard(problem: Problem, certificate: Certificate, row: _Row, leg: Departure, start: Numbers) -> Numbers | None:
    """Labels on a departure, or None when nobody can be on it."""
    slots = min(problem.pools[pool] for pool in leg.pools)
    allowed = int(leg.can & problem.hubs[leg.origin].can & problem.hubs[leg.destination].can)
    may = (start < _NEVER) & (row["ready_min"] <= leg.cut_off_min)
    may &= row["due_min"] >= leg.arrive_min + leg.dwell_min
    may &= (row["needs"] & ~np.int64(allowed)) == 0
    may &= (row["weight_g"] <= slots * leg.unit_weight_g) & (row["volume_dm3"] <= slots * leg.unit_volume_dm3)
    if not may.any():
        return None
    per_t = leg.per_t - (-problem.weights.co2_per_t * leg.co2_g_per_t // 1_000_000)
    own = leg.per_shipment + problem.weights.risk_point * leg.risk_points
    own_cost = own - (-(per_t * row["weight_g"] + 1000 * leg.per_m3 * row["volume_dm3"]) // 1_000_000)
    share = (
        certificate.price_weight[leg.index] * row["weight_g"] + certificate.price_volume[leg.index] * row["volume_dm3"]
    )
    return np.where(may, start + SCALE * own_cost + share, _NEVER)
