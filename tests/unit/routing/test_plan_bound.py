"""What a proven gap promises."""

from dataclasses import replace

import pytest

from routing.check import check
from routing.check_bound import check_bound
from routing.solve import solve
from routing.stop import MaxIterations
from tests.unit.routing.small import optimum, random_problem


def test_no_bound_is_above_the_optimum_and_no_plan_below():
    """On 200 small networks solved exactly, storage and trains with shared slots among them."""
    reached = 0
    for seed in range(200):
        problem = random_problem(seed, storage=seed % 3 == 0)
        plan = solve(problem, MaxIterations(200), seed=seed)
        best = optimum(problem)
        assert plan.certificate.value <= best <= plan.cost, f"network {seed}"
        assert check(problem, plan) == [], f"network {seed}"
        assert check_bound(problem, plan.certificate) == [], f"network {seed}"
        reached += plan.cost == best
    assert reached >= 170  # small ones are nearly always solved; this many keeps a broken search from hiding


def test_the_same_seed_and_budget_give_the_same_plan():
    problem = random_problem(7, shipments=40)
    one, two = (solve(problem, MaxIterations(30_000), seed=3) for _ in range(2))
    assert one.routes == two.routes
    assert one.cost == two.cost
    assert one.certificate == two.certificate


@pytest.mark.parametrize("by", [1, 1000])
def test_a_bound_that_claims_more_than_its_prices_prove_is_refused(by: int):
    problem = random_problem(3)
    certificate = solve(problem, MaxIterations(100)).certificate
    assert check_bound(problem, replace(certificate, value=certificate.value + by)) != []


def test_prices_above_what_units_cost_are_refused():
    """Higher prices raise the sum of cheapest routes; only paying for them with slots keeps the bound true."""
    problem = random_problem(3)
    certificate = solve(problem, MaxIterations(100)).certificate
    higher = tuple(price + 10**9 for price in certificate.price_weight)
    assert "charged" in check_bound(problem, replace(certificate, price_weight=higher))[0]


def test_negative_fractional_missing_and_huge_prices_are_refused():
    problem = random_problem(3)
    good = solve(problem, MaxIterations(100)).certificate
    count = len(good.price_weight)
    for prices in ((-1,) * count, (0.5,) * count, (0,) * (count - 1), (2**60,) * count):
        assert check_bound(problem, replace(good, price_weight=prices)) != []
