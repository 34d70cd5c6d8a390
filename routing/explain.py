"""Why a plan is as it is: numbers and codes for screens, counted from plan, timetable and the certificate's prices."""

from collections import defaultdict
from dataclasses import dataclass

from routing.certificate import SCALE
from routing.cost import leg_cost, route_cost
from routing.problem import Departure, Problem, Shipment
from routing.solution import Plan, Route, loads_of


@dataclass(frozen=True, slots=True)
class LegWhy:
    """One leg: what the shipment pays itself, its share of the units by load, and what scarce slots are worth for it."""

    departure: str
    own: int
    unit_share: int
    scarcity: int
    fill: float


@dataclass(frozen=True, slots=True)
class Why:
    shipment: str
    legs: tuple[LegWhy, ...]
    own: int
    outsource: int
    arrives_min: int | None
    waits_min: int
    co2_g: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """A route at the prices of the certificate; `more_than_now` is how much dearer, at those prices, than the route taken."""

    route: Route
    priced: int
    more_than_now: int
    arrives_min: int
    days: float
    co2_g: int
    risk_points: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a shipment is outsourced: `no_departure`, `class_not_allowed`, `too_late` (with the earliest arrival), `too_large`,
    `full` (with the price of a slot on the cheapest way) or `dearer` than letting others carry it."""

    code: str
    params: dict[str, int | str]


def why(plan: Plan, number: int) -> Why:
    """Where the money of one shipment goes."""
    problem, shipment = plan.problem, plan.problem.shipments[number]
    route = plan.routes[number]
    if route is None:
        return Why(shipment.name, (), shipment.outsource_cost, shipment.outsource_cost, None, 0, 0)
    weight_g, volume_dm3 = loads_of(problem, plan.routes)
    legs = []
    waits, since = 0, shipment.ready_min
    for s in route:
        d = problem.departures[s]
        own_part = max(shipment.weight_g / d.unit_weight_g, shipment.volume_dm3 / d.unit_volume_dm3)
        load = max(weight_g[s] / d.unit_weight_g, volume_dm3[s] / d.unit_volume_dm3)
        paid = plan.units[s] * d.unit_cost
        legs.append(
            LegWhy(
                d.name,
                leg_cost(shipment, d, problem.weights),
                round(paid * own_part / max(load, own_part)),
                round(_scarcity(plan, d) * own_part),
                load / max(1, plan.units[s]),
            )
        )
        waits += d.cut_off_min - since
        since = d.arrive_min + d.dwell_min
    own = route_cost(problem, shipment, route)
    return Why(shipment.name, tuple(legs), own, shipment.outsource_cost, since, waits, _co2(problem, shipment, route))


def _scarcity(plan: Plan, departure: Departure) -> float:
    """What one more slot would be worth, in minor units, at the certificate's prices."""
    return sum(plan.certificate.pool_price[pool] for pool in departure.pools) / SCALE


def _co2(problem: Problem, shipment: Shipment, route: Route) -> int:
    return sum(problem.departures[s].co2_g_per_t * shipment.weight_g for s in route) // 1_000_000


def priced(plan: Plan, shipment: Shipment, departure: Departure) -> int:
    """Own cost and share of a unit at the certificate's prices, in minor units."""
    share = plan.certificate.price_weight[departure.index] * shipment.weight_g
    share += plan.certificate.price_volume[departure.index] * shipment.volume_dm3
    return leg_cost(shipment, departure, plan.problem.weights) + share // SCALE


def usable(problem: Problem, shipment: Shipment) -> list[Departure]:
    """Departures that this shipment alone may board, by cut-off."""
    found = []
    for d in problem.departures:
        slots = min(problem.pools[pool] for pool in d.pools)
        allowed = d.can & problem.hubs[d.origin].can & problem.hubs[d.destination].can
        if d.cut_off_min < shipment.ready_min or shipment.needs & ~allowed:
            continue
        if shipment.weight_g <= slots * d.unit_weight_g and shipment.volume_dm3 <= slots * d.unit_volume_dm3:
            found.append(d)
    return sorted(found, key=lambda d: (d.cut_off_min, d.index))


def alternatives(plan: Plan, number: int, count: int) -> list[Alternative]:
    """Cheapest routes at the certificate's prices, at most one for each last departure and at most `count`."""
    problem, shipment = plan.problem, plan.problem.shipments[number]
    best: dict[int, tuple[int, Route]] = {}
    at_hub: dict[int, list[tuple[int, int, Route]]] = defaultdict(list)
    at_hub[shipment.origin].append((shipment.ready_min, 0, ()))
    ends: list[tuple[int, Route]] = []
    for d in usable(problem, shipment):
        if d.arrive_min + d.dwell_min > shipment.due_min:
            continue
        ways = [way for way in at_hub[d.origin] if way[0] <= d.cut_off_min]
        if not ways:
            continue
        _, paid, route = min(ways, key=lambda way: (way[1], way[0]))
        best[d.index] = (paid + priced(plan, shipment, d), (*route, d.index))
        if d.destination == shipment.destination:
            ends.append(best[d.index])
        else:
            ready = d.arrive_min + d.dwell_min + problem.hubs[d.destination].transfer_min
            at_hub[d.destination].append((ready, *best[d.index]))
    taken = plan.routes[number]
    now = shipment.outsource_cost
    if taken is not None:
        now = sum(priced(plan, shipment, problem.departures[s]) for s in taken)
    ends.sort()
    return [_alternative(problem, shipment, route, paid, now) for paid, route in ends if route != taken][:count]


def _alternative(problem: Problem, shipment: Shipment, route: Route, paid: int, now: int) -> Alternative:
    last = problem.departures[route[-1]]
    arrives = last.arrive_min + last.dwell_min
    risk = sum(problem.departures[s].risk_points for s in route)
    days = (arrives - shipment.ready_min) / 1440
    return Alternative(route, paid, paid - now, arrives, days, _co2(problem, shipment, route), risk)


def unserved(plan: Plan) -> dict[str, Reason]:
    """Every outsourced shipment with the first reason that holds."""
    return {
        shipment.name: reason_for(plan, shipment)
        for shipment, route in zip(plan.problem.shipments, plan.routes, strict=True)
        if route is None
    }


def reason_for(plan: Plan, shipment: Shipment) -> Reason:
    problem = plan.problem
    earliest = _earliest(problem, shipment, usable(problem, shipment))
    if earliest is not None and earliest[0] <= shipment.due_min:
        return _full_or_dearer(plan, shipment)
    if earliest is not None:
        at, by = earliest
        return Reason("too_late", {"earliest_min": at, "due_min": shipment.due_min, "departure": by})
    every = [d for d in problem.departures if d.cut_off_min >= shipment.ready_min]
    if _earliest(problem, shipment, sorted(every, key=lambda d: (d.cut_off_min, d.index))) is None:
        return Reason("no_departure", {"ready_min": shipment.ready_min})
    allowed = [
        d for d in every if not shipment.needs & ~(d.can & problem.hubs[d.origin].can & problem.hubs[d.destination].can)
    ]
    if _earliest(problem, shipment, sorted(allowed, key=lambda d: (d.cut_off_min, d.index))) is None:
        return Reason("class_not_allowed", {"needs": str(shipment.needs.name)})
    return Reason("too_large", {"weight_g": shipment.weight_g, "volume_dm3": shipment.volume_dm3})


def _earliest(problem: Problem, shipment: Shipment, departures: list[Departure]) -> tuple[int, str] | None:
    """When it could be at hand at the soonest, due or not, and by which departure."""
    at_hub: dict[int, list[int]] = defaultdict(list)
    at_hub[shipment.origin].append(shipment.ready_min)
    best: tuple[int, str] | None = None
    for d in departures:
        if any(ready <= d.cut_off_min for ready in at_hub[d.origin]):
            at = d.arrive_min + d.dwell_min
            if d.destination == shipment.destination:
                best = min(best, (at, d.name)) if best else (at, d.name)
            else:
                at_hub[d.destination].append(at + problem.hubs[d.destination].transfer_min)
    return best


def _full_or_dearer(plan: Plan, shipment: Shipment) -> Reason:
    found = alternatives(plan, shipment.index, 1)
    if not found:
        return Reason("dearer", {"outsource": shipment.outsource_cost})
    scarce = sum(_scarcity(plan, plan.problem.departures[s]) for s in found[0].route)
    params: dict[str, int | str] = {"outsource": shipment.outsource_cost, "cheapest": found[0].priced}
    full = [s for s in found[0].route if _is_full(plan, plan.problem.departures[s])]
    if full:
        params |= {"departure": plan.problem.departures[full[0]].name, "slot_worth": round(scarce)}
        return Reason("full", params)
    return Reason("dearer", params)


def _is_full(plan: Plan, departure: Departure) -> bool:
    taken = plan.units[departure.index] + 1
    return any(plan.problem.pools[pool] < taken for pool in departure.pools)
