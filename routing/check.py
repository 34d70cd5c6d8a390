"""The referee: recounts a plan from the problem alone and names every rule that it breaks. Shares no code with any solver."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from routing.problem import Departure, Problem, Shipment


class Planned(Protocol):
    """What a referee needs to see of a plan."""

    @property
    def routes(self) -> tuple[tuple[int, ...] | None, ...]: ...
    @property
    def units(self) -> tuple[int, ...]: ...
    @property
    def cost(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Violation:
    """`rule` is one of RULES; `where` names the shipment, departure or pool; `detail` the numbers that disagree."""

    rule: str
    where: str
    detail: str


RULES = (
    "one_answer_each",
    "known_departure",
    "starts_at_origin",
    "ends_at_destination",
    "connected",
    "ready_before_cut_off",
    "transfer_minimum",
    "due",
    "class_allowed",
    "weight_in_units",
    "volume_in_units",
    "slots",
    "whole_units",
    "cost",
)


def check(problem: Problem, plan: Planned) -> list[Violation]:
    """Every rule that the plan breaks; an empty list is a plan that can be carried out at the cost it states."""
    if len(plan.routes) != len(problem.shipments):
        return [
            Violation("one_answer_each", "plan", f"{len(plan.routes)} answers to {len(problem.shipments)} shipments")
        ]
    if len(plan.units) != len(problem.departures):
        return [
            Violation("whole_units", "plan", f"{len(plan.units)} unit counts for {len(problem.departures)} departures")
        ]
    found: list[Violation] = []
    grams: dict[int, int] = defaultdict(int)
    litres: dict[int, int] = defaultdict(int)
    money = 0
    for shipment, route in zip(problem.shipments, plan.routes, strict=True):
        if route is None:
            money += shipment.outsource_cost
            continue
        if not route or any(not 0 <= number < len(problem.departures) for number in route):
            found.append(Violation("known_departure", shipment.name, f"route {route}"))
            continue
        legs = [problem.departures[number] for number in route]
        found += _journey(problem, shipment, legs)
        money += _own_cost(problem, shipment, legs)
        for leg in legs:
            grams[leg.index] += shipment.weight_g
            litres[leg.index] += shipment.volume_dm3
    found += _capacity(problem, plan.units, grams, litres)
    money += sum(count * d.unit_cost for count, d in zip(plan.units, problem.departures, strict=True))
    if money != plan.cost:
        found.append(Violation("cost", "plan", f"recounted {money}, stated {plan.cost}"))
    return found


def _journey(problem: Problem, shipment: Shipment, legs: list[Departure]) -> list[Violation]:
    """Rules along one route: places, times, classes."""
    found: list[Violation] = []

    def broken(rule: str, detail: str) -> None:
        found.append(Violation(rule, shipment.name, detail))

    if legs[0].origin != shipment.origin:
        broken("starts_at_origin", f"{legs[0].name} starts elsewhere")
    if legs[-1].destination != shipment.destination:
        broken("ends_at_destination", f"{legs[-1].name} ends elsewhere")
    if legs[0].cut_off_min < shipment.ready_min:
        broken("ready_before_cut_off", f"ready {shipment.ready_min}, cut-off {legs[0].cut_off_min}")
    for one, two in pairwise(legs):
        if one.destination != two.origin:
            broken("connected", f"{one.name} does not reach {two.name}")
        earliest = one.arrive_min + one.dwell_min + problem.hubs[one.destination].transfer_min
        if two.cut_off_min < earliest:
            broken("transfer_minimum", f"{one.name} at {earliest}, cut-off of {two.name} at {two.cut_off_min}")
    if legs[-1].arrive_min + legs[-1].dwell_min > shipment.due_min:
        broken("due", f"at hand {legs[-1].arrive_min + legs[-1].dwell_min}, due {shipment.due_min}")
    for leg in legs:
        allowed = leg.can & problem.hubs[leg.origin].can & problem.hubs[leg.destination].can
        if shipment.needs & ~allowed:
            broken("class_allowed", f"{leg.name} cannot take {shipment.needs!r}")
    return found


def _capacity(
    problem: Problem, units: tuple[int, ...], grams: dict[int, int], litres: dict[int, int]
) -> list[Violation]:
    found: list[Violation] = []
    taken: dict[int, int] = defaultdict(int)
    for leg, count in zip(problem.departures, units, strict=True):
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            found.append(Violation("whole_units", leg.name, f"{count!r} units"))
            continue
        if grams[leg.index] > count * leg.unit_weight_g:
            found.append(Violation("weight_in_units", leg.name, f"{grams[leg.index]} g in {count} units"))
        if litres[leg.index] > count * leg.unit_volume_dm3:
            found.append(Violation("volume_in_units", leg.name, f"{litres[leg.index]} dm3 in {count} units"))
        for pool in leg.pools:
            taken[pool] += count
    for pool, count in taken.items():
        if count > problem.pools[pool]:
            found.append(Violation("slots", f"pool {pool}", f"{count} units, {problem.pools[pool]} slots"))
    return found


def _own_cost(problem: Problem, shipment: Shipment, legs: list[Departure]) -> int:
    """What the shipment pays itself, counted from the tariff in `problem` with fractions rounded up by piece."""
    prices = problem.weights
    total, since = 0, shipment.ready_min
    for leg in legs:
        hub = problem.hubs[leg.origin]
        over = leg.cut_off_min - since - hub.free_min
        if over > 0:
            total += _up(hub.storage_per_t_day * shipment.weight_g * over, 1_440_000_000)
        co2 = _up(prices.co2_per_t * leg.co2_g_per_t, 1_000_000)
        total += leg.per_shipment + prices.risk_point * leg.risk_points
        total += _up((leg.per_t + co2) * shipment.weight_g + leg.per_m3 * shipment.volume_dm3 * 1000, 1_000_000)
        since = leg.arrive_min + leg.dwell_min
    return total + _up(prices.day_per_t * shipment.weight_g * (since - shipment.ready_min), 1_440_000_000)


def _up(value: int, by: int) -> int:
    whole, rest = divmod(value, by)
    return whole + (1 if rest else 0)
