"""The referee finds every kind of broken plan: each rule has a mutation that breaks it and it alone names it."""

from dataclasses import dataclass, replace

import pytest

from routing.check import RULES, check
from routing.model import Model
from routing.problem import Need, Problem
from routing.solution import Plan
from routing.solve import solve
from routing.stop import MaxIterations


def line() -> Problem:
    """a - b - c with one departure each way round and goods for two legs."""
    model = Model()
    a, b, c = (model.add_hub(name, transfer_min=30) for name in "abc")
    for name, origin, destination, at in (("ab", a, b, 100), ("bc", b, c, 400), ("bc2", b, c, 420), ("ca", c, a, 900)):
        model.add_departure(
            name,
            origin,
            destination,
            cut_off_min=at,
            depart_min=at + 10,
            arrive_min=at + 110,
            dwell_min=20,
            slots=2,
            unit_weight_g=1000,
            unit_volume_dm3=1000,
            unit_cost=500,
            per_shipment=7,
            per_t=3000,
            can=Need.BONDED,
        )
    for name in ("x", "y", "z"):
        model.add_shipment(
            name, a, c, ready_min=50, due_min=800, weight_g=400, volume_dm3=450, outsource_cost=5000, needs=Need.BONDED
        )
    return model.problem()


@dataclass(frozen=True)
class Stated:
    routes: tuple[tuple[int, ...] | None, ...]
    units: tuple[int, ...]
    cost: int


@pytest.fixture(scope="module")
def problem() -> Problem:
    return line()


@pytest.fixture(scope="module")
def plan(problem: Problem) -> Plan:
    return solve(problem, MaxIterations(500))


def stated(plan: Plan) -> Stated:
    return Stated(plan.routes, plan.units, plan.cost)


def rules(problem: Problem, plan: Stated) -> set[str]:
    return {violation.rule for violation in check(problem, plan)}


def test_a_sound_plan_passes(problem: Problem, plan: Plan):
    assert check(problem, plan) == []
    assert None not in plan.routes


def departure(problem: Problem, number: int, **changes: int) -> Problem:
    changed = replace(problem.departures[number], **changes)
    return replace(problem, departures=(*problem.departures[:number], changed, *problem.departures[number + 1 :]))


def shipment(problem: Problem, **changes: object) -> Problem:
    return replace(problem, shipments=(replace(problem.shipments[0], **changes), *problem.shipments[1:]))


def test_each_rule_is_broken_by_its_mutation_and_found(problem: Problem, plan: Plan):
    """Either the plan changes under an unchanged problem or the problem under the plan; every rule appears."""
    good = stated(plan)
    used = next(s for s, count in enumerate(good.units) if count)
    last = plan.routes[0][-1]
    without_one = (*good.units[:used], good.units[used] - 1, *good.units[used + 1 :])
    cases: dict[str, tuple[Problem, Stated]] = {
        "one_answer_each": (problem, replace(good, routes=good.routes[:-1])),
        "known_departure": (problem, replace(good, routes=((0, 99), *good.routes[1:]))),
        "starts_at_origin": (problem, replace(good, routes=((1,), *good.routes[1:]))),
        "ends_at_destination": (problem, replace(good, routes=((0,), *good.routes[1:]))),
        "connected": (problem, replace(good, routes=((0, 3), *good.routes[1:]))),
        "ready_before_cut_off": (shipment(problem, ready_min=101), good),
        "transfer_minimum": (departure(problem, 0, dwell_min=600), good),
        "due": (departure(problem, last, dwell_min=700), good),
        "class_allowed": (shipment(problem, needs=Need.DANGEROUS), good),
        "weight_in_units": (departure(problem, used, unit_weight_g=500), good),
        "volume_in_units": (problem, replace(good, units=without_one)),
        "slots": (replace(problem, pools=(1, *problem.pools[1:])), good),
        "whole_units": (problem, replace(good, units=(-1, *good.units[1:]))),
        "cost": (problem, replace(good, cost=good.cost - 1)),
    }
    assert set(cases) == set(RULES)
    for rule, (world, broken) in cases.items():
        assert rule in rules(world, broken), rule


@pytest.mark.parametrize(
    "change",
    [{"per_t": 9000}, {"per_shipment": 8}, {"unit_cost": 501}, {"per_m3": 90}],
)
def test_the_cost_is_recounted_from_every_part_of_the_tariff(problem: Problem, plan: Plan, change: dict[str, int]):
    used = next(s for s, count in enumerate(plan.units) if count)
    assert rules(departure(problem, used, **change), stated(plan)) == {"cost"}
