"""Mistakes in a problem are said where they are made, in a sentence with place and remedy; and what a plan can be asked."""

from collections.abc import Callable
from typing import Any

import pytest

from routing.check import check
from routing.check_bound import check_bound
from routing.fault import ProblemFault
from routing.model import Model
from routing.problem import Need
from routing.replan import Cancel, CloseHub, Delay, Reprice
from routing.solution import Plan
from routing.stop import FirstOf, GapBelow, Interrupted, MaxIterations, MaxRuntime
from tests.unit.routing.small import random_problem

DEPARTURE: dict[str, Any] = {
    "cut_off_min": 10,
    "depart_min": 20,
    "arrive_min": 100,
    "slots": 2,
    "unit_weight_g": 1000,
    "unit_volume_dm3": 100,
    "unit_cost": 50,
}
SHIPMENT: dict[str, Any] = {
    "ready_min": 0,
    "due_min": 500,
    "weight_g": 500,
    "volume_dm3": 20,
    "outsource_cost": 900,
}


def two_hubs() -> tuple[Model, Any, Any]:
    model = Model()
    return model, model.add_hub("CNXIY"), model.add_hub("RUMOW")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("unit_cost", -1, "out_of_range"),
        ("unit_cost", 1.5, "not_whole"),
        ("unit_cost", True, "not_whole"),
        ("unit_weight_g", 0, "out_of_range"),
        ("depart_min", 9, "departs_before_cut_off"),
        ("arrive_min", 20, "arrives_before_departure"),
        ("arrive_min", 10**12, "out_of_range"),
        ("slots", None, "unknown_pool"),
        ("pools", (5,), "unknown_pool"),
    ],
)
def test_a_wrong_departure_is_refused_by_name(field: str, value: object, code: str):
    model, a, b = two_hubs()
    with pytest.raises(ProblemFault, match="departure X1") as told:
        model.add_departure("X1", a, b, **(DEPARTURE | {field: value}))
    assert told.value.code == code


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("due_min", -5, "out_of_range"),
        ("ready_min", 501, "due_before_ready"),
        ("weight_g", 0, "out_of_range"),
        ("volume_dm3", "20", "not_whole"),
        ("outsource_cost", -1, "out_of_range"),
    ],
)
def test_a_wrong_shipment_is_refused_by_name(field: str, value: object, code: str):
    model, a, b = two_hubs()
    with pytest.raises(ProblemFault, match="shipment S1") as told:
        model.add_shipment("S1", a, b, **(SHIPMENT | {field: value}))
    assert told.value.code == code


def test_foreign_hubs_same_hubs_and_repeated_names_are_refused():
    model, a, b = two_hubs()
    other = Model().add_hub("DEHAM")
    acts: list[tuple[str, Callable[[], object]]] = [
        ("unknown_hub", lambda: model.add_departure("X", a, other, **DEPARTURE)),
        ("same_hub", lambda: model.add_departure("Y", b, b, **DEPARTURE)),
        ("same_hub", lambda: model.add_shipment("S", a, a, **SHIPMENT)),
        ("name_repeated", lambda: model.add_hub("CNXIY")),
        ("name_missing", lambda: model.add_hub("")),
    ]
    for code, act in acts:
        with pytest.raises(ProblemFault) as told:
            act()
        assert told.value.code == code


def test_a_shipment_larger_than_any_departure_is_refused():
    model, a, b = two_hubs()
    model.add_departure("X1", a, b, **DEPARTURE)
    model.add_shipment("S1", a, b, **(SHIPMENT | {"weight_g": 2001}))
    with pytest.raises(ProblemFault, match="split the shipment"):
        model.problem()


def test_nothing_to_choose_is_a_plan_too():
    model, a, b = two_hubs()
    model.add_shipment("S1", a, b, **SHIPMENT)
    plan = model.solve(MaxIterations(10))
    assert (plan.cost, plan.gap.share, plan.routes) == (900, 0.0, (None,))
    assert plan.unserved()["S1"].code == "no_departure"


@pytest.fixture(scope="module")
def plan() -> Plan:
    from routing.solve import solve

    return solve(random_problem(11, shipments=60), MaxIterations(4000), seed=5)


def test_a_cancelled_departure_carries_nothing_and_the_bound_still_holds(plan: Plan):
    fullest = max(range(len(plan.units)), key=lambda s: plan.units[s])
    name = plan.problem.departures[fullest].name
    for careful in (False, True):
        answer = plan.what_if(Cancel(name), reoptimise=careful)
        assert answer.plan.units[fullest] == 0
        assert check(answer.plan.problem, answer.plan) == []
        assert check_bound(answer.plan.problem, answer.plan.certificate) == []
        assert answer.plan.cost <= answer.greedy_cost


def test_a_closed_hub_sees_no_departure(plan: Plan):
    answer = plan.what_if(CloseHub("b", 0, 10**6))
    assert all(answer.plan.units[d.index] == 0 for d in plan.problem.departures if 1 in (d.origin, d.destination))
    assert check(answer.plan.problem, answer.plan) == []


def test_delays_and_prices_are_answered_with_a_bound_of_their_own(plan: Plan):
    used = next(s for s, count in enumerate(plan.units) if count)
    name = plan.problem.departures[used].name
    for change in (Delay(name, 600), Reprice(name, 9000)):
        answer = plan.what_if(change)
        assert check(answer.plan.problem, answer.plan) == []
        assert check_bound(answer.plan.problem, answer.plan.certificate) == []


def test_a_question_about_what_is_not_there_is_refused(plan: Plan):
    for act in (
        lambda: plan.why("nobody"),
        lambda: plan.what_if(Cancel("no train")),
        lambda: plan.what_if(CloseHub("nowhere")),
    ):
        with pytest.raises(ProblemFault):
            act()


def test_every_outsourced_shipment_has_a_reason_and_every_route_an_account(plan: Plan):
    reasons = plan.unserved()
    for shipment, route in zip(plan.problem.shipments, plan.routes, strict=True):
        assert (shipment.name in reasons) == (route is None)
        told = plan.why(shipment)
        assert len(told.legs) == len(route or ())
        for other in plan.alternatives(shipment):
            assert other.route != route


def test_a_search_can_be_interrupted_and_bounded_by_gap():
    from routing.solve import solve

    problem = random_problem(4, shipments=20)
    heard: list[str] = []
    plan = solve(
        problem,
        FirstOf((MaxRuntime(20), GapBelow(1.0), Interrupted(lambda: False))),
        progress=lambda now: heard.append(now.phase),
    )
    assert plan.iterations == 0
    assert heard[0] == "first plan"
    assert heard[-1] == "done"
    assert check(problem, plan) == []


def test_classes_are_kept_apart():
    model, a, b = two_hubs()
    model.add_departure("X1", a, b, **DEPARTURE, can=Need.NONE)
    model.add_shipment("S1", a, b, **SHIPMENT, needs=Need.DANGEROUS)
    plan = model.solve(MaxIterations(10))
    assert plan.routes == (None,)
    assert plan.unserved()["S1"].code == "class_not_allowed"
