"""Laws of road legs: both engines' plans pass the referee, and the referee sees every broken plan."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.road import OrToolsRoad, PyVrpRoad, RoadError, RoadPlan, RoadProblem, RoadSolver, Stop, check_road
from routing.road.read import parse_li_lim, parse_solomon, parse_vrplib
from routing.road.territory import territories

LINE = np.abs(np.subtract.outer(np.arange(5), np.arange(5))).astype(np.int64)
STOPS = (Stop(0, 0, 100), Stop(2, 0, 50), Stop(-2, 0, 50), Stop(1, 0, 50), Stop(-1, 0, 50))
PAIRED = RoadProblem(STOPS, LINE, LINE, 2, 3, ((1, 2), (3, 4)))
SOUND = RoadPlan(((1, 3, 2, 4),), 4 + 1 + 1 + 4)


def test_a_sound_plan_passes():
    """Two pairs interleaved on one vehicle."""
    assert check_road(PAIRED, SOUND) == []


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        (replace(SOUND, distance=9), "distance is given"),
        (RoadPlan(((2, 1, 3, 4),), 10), "not served after its pickup"),
        (RoadPlan(((1, 3), (2, 4)), 12), "not served after its pickup"),
        (RoadPlan(((1, 2),), 4), "neither served"),
        (RoadPlan(((1, 2, 1, 3, 4),), 10), "2 times"),
        (RoadPlan(((1, 2), (3, 4), ()), 12), "there are 2 vehicles"),
        (RoadPlan(((1, 2, 9),), 12), "does not exist"),
    ],
)
def test_each_kind_of_broken_plan_is_named(plan: RoadPlan, word: str):
    """One sentence for every rule."""
    assert any(word in sentence for sentence in check_road(PAIRED, plan))


def test_windows_and_loads_are_counted():
    """A stop that closed, a depot that closed, a vehicle too full."""
    late = replace(PAIRED, stops=(*STOPS[:4], Stop(-1, 0, 5)))
    assert "after it closes" in check_road(late, SOUND)[0]
    shut = replace(PAIRED, stops=(Stop(0, 0, 9), *STOPS[1:]))
    assert "depot closes" in check_road(shut, SOUND)[0]
    small = replace(PAIRED, capacity=2)
    assert "it carries 3" in check_road(small, SOUND)[0]
    assert "it carries 6" in check_road(replace(PAIRED, pairs=(), capacity=3), SOUND)[0]


@settings(max_examples=8, deadline=None)
@given(
    data=st.data(),
    engine=st.sampled_from([OrToolsRoad(6), OrToolsRoad(), *([PyVrpRoad()] if find_spec("pyvrp") else [])]),
    paired=st.booleans(),
)
def test_whatever_an_engine_plans_passes_the_referee(data: st.DataObject, engine: RoadSolver, paired: bool):
    """With and without pairs, in one territory and in several."""
    n = data.draw(st.integers(1, 5)) * 2
    places = [data.draw(st.tuples(st.integers(-50, 50), st.integers(-50, 50))) for _ in range(n + 1)]
    matrix = np.array([[round(np.hypot(a - c, b - d)) + 1 for c, d in places] for a, b in places], np.int64)
    loads = [data.draw(st.integers(1, 5)) for _ in range(n)]
    if paired:
        loads = [load if i % 2 == 0 else -loads[i - 1] for i, load in enumerate(loads)]
    stops = [Stop(0, 0, 10_000, *map(float, places[0]))]
    stops += [Stop(load, 0, 5_000, *map(float, places[i + 1])) for i, load in enumerate(loads)]
    pairs = tuple((i, i + 1) for i in range(1, n, 2)) if paired else ()
    problem = RoadProblem(tuple(stops), matrix, matrix, n, 12, pairs)
    plan = engine.solve(problem, 0.1)
    assert plan is not None
    assert check_road(problem, plan) == []


@pytest.mark.skipif(find_spec("pyvrp") is None, reason="the extra pyvrp is not installed")
def test_the_optional_engine_serves_pairs_and_single_stops():
    """Shipments and clients come back as the stops that they were."""
    mixed = replace(PAIRED, stops=(*STOPS[:3], Stop(1, 0, 50), Stop(1, 0, 50)), pairs=())
    for problem in (PAIRED, mixed):
        plan = PyVrpRoad().solve(problem, 0.2)
        assert plan is not None
        assert check_road(problem, plan) == []


def test_a_territory_keeps_pairs_together_and_its_size():
    """A pickup without its delivery could not be planned."""
    found = territories(PAIRED, 2)
    assert sorted(map(sorted, found)) == [[1, 2], [3, 4]]


SOLOMON = "R\n\nVEHICLE\nNUMBER CAPACITY\n2 10\n\nCUSTOMER\nCUST NO. X\n0 0 0 0 0 100 0\n1 3 4 5 0 50 10\n"
LI_LIM = "2 10 1\n0 0 0 0 0 100 0 0 0\n1 3 4 5 0 50 10 0 2\n2 6 8 -5 0 60 10 1 0\n"
VRPLIB = (
    "NAME : x\nCAPACITY : 10\nSERVICE_TIME : 10\nNODE_COORD_SECTION\n1 0 0\n2 1 1\nDEMAND_SECTION\n1 0\n2 5\n"
    "TIME_WINDOW_SECTION\n1 0 100\n2 0 50\nDEPOT_SECTION\n1\n-1\nEOF\n"
)


def test_the_three_formats_are_read():
    """Units: a thousandth, and a tenth cut off for VRPLIB; service belongs to the stop that is left."""
    solomon, li_lim, vrplib = parse_solomon(SOLOMON), parse_li_lim(LI_LIM), parse_vrplib(VRPLIB)
    assert (int(solomon.distance[0, 1]), int(solomon.duration[1, 0])) == (5000, 15_000)
    assert li_lim.pairs == ((1, 2),)
    assert (int(vrplib.distance[0, 1]), int(vrplib.duration[1, 0])) == (14, 114)


@pytest.mark.parametrize(
    ("parse", "text", "word"),
    [
        (parse_solomon, "R\n", "begins with a number"),
        (parse_solomon, SOLOMON.replace("1 3 4 5 0 50 10", "1 3 4"), "line 10: a customer needs 7"),
        (parse_solomon, SOLOMON.replace("3 4 5", "3 1e99 5"), "line 10"),
        (parse_solomon, SOLOMON.replace("3 4 5", "3 nan 5"), "line 10"),
        (parse_solomon, SOLOMON.replace("3 4 5", "3 4 99"), "load 99"),
        (parse_solomon, SOLOMON.replace("0 50 10", "60 50 10"), "before it opens"),
        (parse_solomon, SOLOMON.replace("0 50 10", "0 50 -10"), "negative"),
        (parse_li_lim, "", "empty"),
        (parse_li_lim, LI_LIM.replace("10 0 2", "10 0 7"), "does not exist"),
        (parse_li_lim, "2 10 1\n", "no stop"),
        (parse_vrplib, VRPLIB.replace("2 0 50\n", ""), "node 2 has no"),
        (parse_vrplib, VRPLIB.split("DEMAND")[0], "no DEMAND_SECTION"),
        (parse_vrplib, VRPLIB.replace("2 1 1", "2 x 1"), "line 6"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(parse: object, text: str, word: str):
    """Cut off, negative, huge or foreign: a sentence, never a crash."""
    assert callable(parse)
    with pytest.raises(RoadError, match=word):
        parse(text)
