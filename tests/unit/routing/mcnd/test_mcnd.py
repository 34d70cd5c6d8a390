"""Laws of network design: the referee sees every broken design, the bound never exceeds an optimum."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.linear_solver import pywraplp

from routing.mcnd import Bound, Design, Network, NetworkError, check_bound, check_design, solve
from routing.mcnd.read_dow import parse_dow

TEXT = "toy\n3 3 1\n1 2 1 10 5 0 0\n2 3 1 10 5 0 0\n1 3 9 10 1 0 0\n1 3 4\n"
TOY = parse_dow(TEXT, "toy")
DIRECT = Design(np.array([[0.0, 0.0, 4.0]]), 37.0)
OVER = Design(np.array([[4.0, 4.0, 0.0]]), 18.0)


def test_a_sound_design_passes_and_the_solver_finds_the_better_one():
    """Two cheap arcs with two charges beat one dear arc here."""
    assert check_design(TOY, DIRECT) == check_design(TOY, OVER) == []
    solved = solve(TOY, 0.3)
    assert solved.design is not None
    assert solved.design.cost == pytest.approx(18)


@pytest.mark.parametrize(
    ("flow", "cost", "word"),
    [
        ([[0, 0, 3.0]], 28.0, "remain at node"),
        ([[4.0, 0, 0]], 9.0, "remain at node"),
        ([[-4.0, -4.0, 8.0]], 0.0, "flows -4"),
        ([[0, 0, 4.0]], 36.0, "cost is given"),
        ([[0, 4.0]], 36.0, "shape"),
        ([[0, 0, float("nan")]], 36.0, "finite"),
    ],
)
def test_each_kind_of_broken_design_is_named(flow: list[list[float]], cost: float, word: str):
    """Conservation, sign, cost, shape: one sentence each."""
    assert any(word in sentence for sentence in check_design(TOY, Design(np.array(flow), cost)))


def test_an_overloaded_arc_is_named():
    """Capacity is counted over all commodities together."""
    tight = replace(TOY, capacity=np.array([3, 10, 10]))
    assert any("arc 0: 4 units on 3" in sentence for sentence in check_design(tight, OVER))


def test_a_bound_that_its_prices_do_not_prove_is_refused():
    """The value is recomputed from the certificate, not believed."""
    bound = solve(TOY, 0.2).bound
    assert check_bound(TOY, bound) == []
    assert "prove" in check_bound(TOY, replace(bound, value=bound.value + 1))[0]
    assert "finite price" in check_bound(TOY, Bound(1.0, bound.price[:1], 0))[0]


def exact(network: Network) -> float | None:
    """The optimum by a plain arc MIP; None when infeasible."""
    solver = pywraplp.Solver.CreateSolver("SCIP")
    k_, a_ = network.commodities, network.arcs
    x = [[solver.NumVar(0, float(network.demand[k]), "") for _ in range(a_)] for k in range(k_)]
    y = [solver.BoolVar("") for _ in range(a_)]
    for a in range(a_):
        solver.Add(sum(x[k][a] for k in range(k_)) <= float(network.capacity[a]) * y[a])
    for k in range(k_):
        for n in range(network.nodes):
            out = sum(x[k][a] for a in range(a_) if network.tail[a] == n) - sum(
                x[k][a] for a in range(a_) if network.head[a] == n
            )
            solver.Add(
                out == float(network.demand[k]) * (int(network.origin[k] == n) - int(network.destination[k] == n))
            )
    charges = sum(float(network.fixed[a]) * y[a] for a in range(a_))
    solver.Minimize(charges + sum(float(network.cost[a]) * x[k][a] for k in range(k_) for a in range(a_)))
    return solver.Objective().Value() if solver.Solve() == pywraplp.Solver.OPTIMAL else None


@st.composite
def networks(draw: st.DrawFn) -> Network:
    nodes = draw(st.integers(3, 5))
    pairs = [(i, j) for i in range(nodes) for j in range(nodes) if i != j]
    arcs = draw(st.lists(st.sampled_from(pairs), min_size=3, max_size=10))
    goods = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=4))
    whole = st.integers(0, 20)
    rows = [(i, j, draw(whole), draw(st.integers(1, 15)), draw(whole)) for i, j in arcs]
    lines = ["x", f"{nodes} {len(rows)} {len(goods)}", *(f"{i + 1} {j + 1} {c} {u} {f} 0 0" for i, j, c, u, f in rows)]
    lines += [f"{i + 1} {j + 1} {draw(st.integers(1, 8))}" for i, j in goods]
    return parse_dow("\n".join(lines), "x")


@settings(max_examples=60, deadline=None)
@given(networks())
def test_bound_optimum_and_design_stand_in_order(network: Network):
    """Bound <= optimum <= design; a design is found whenever one exists, and passes the referee."""
    optimum, solved = exact(network), solve(network, 0.05)
    assert check_bound(network, solved.bound) == []
    if optimum is None:
        assert solved.design is None
        return
    assert solved.bound.value <= optimum + 1e-6
    assert solved.design is not None
    assert check_design(network, solved.design) == []
    assert solved.design.cost >= optimum - 1e-6


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("x\n", "ends at line 1"),
        (TEXT.replace("1 3 4\n", ""), "cut off"),
        (TEXT.replace("1 3 4", "1 4 4"), "line 6: the commodity: there is no node 4"),
        (TEXT.replace("1 3 4", "1 3 -4"), "line 6"),
        (TEXT.replace("1 3 4", "1 3 0"), "no demand"),
        (TEXT.replace("2 3 1 10", "2 2 1 10"), "line 4: the arc leads from node 2 to itself"),
        (TEXT.replace("2 3 1 10", "2 3 1 99999999999"), "line 4"),
        (TEXT.replace("2 3 1 10 5 0 0", "2 3 1 10"), "line 4: an arc"),
        (TEXT.replace("3 3 1", "3 99999999 1"), "line 2: 99999999 arcs"),
        (TEXT.replace("3 3 1", "3 50000 20000"), "more than"),
        (TEXT.replace("2 3 1 10", "2 3 1 ten"), "'ten' is not a whole number"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, word: str):
    """Cut off, negative, huge or foreign: a sentence with the place, never a crash."""
    with pytest.raises(NetworkError, match=word):
        parse_dow(text, "x")
