"""The problem behind a job: the same in every process, less what others booked, from where goods are by now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from routing.certificate import Certificate
from routing.check import check
from routing.data.network import BUILT_IN, folder_tables
from wms.transport.rebuild import (
    Given,
    Source,
    built_from,
    can_travel,
    names_of,
    packed,
    planned_from,
    routes_from,
    unpacked,
)

TABLES = {name: data.decode() for name, data in folder_tables(BUILT_IN).items()}
GOODS = (
    b"shipment,origin,destination,ready,due,weight_kg,volume_m3\n"
    b"A,HRB,MOW,2026-09-01,2026-10-20,4000,19\nB,XIY,DUI,2026-09-02,2026-10-20,5000,22\n"
)
SOURCE = Source(TABLES, GOODS, "goods.csv")


def way(*services: str) -> list[str]:
    """The first departures of these services that follow each other."""
    problem = built_from(SOURCE)[1].problem
    names: list[str] = []
    at, shipment = 0, problem.shipments[0]
    for service in services:
        found = next(d for d in problem.departures if d.name.startswith(service + " ") and d.cut_off_min >= at)
        names.append(found.name)
        at = found.arrive_min + found.dwell_min + problem.hubs[found.destination].transfer_min
    assert can_travel(problem, shipment, tuple(routes_from(problem, {"A": names})[0] or ()))
    return names


ROUTE = way("R-HRB-MLX", "X-MLX-ZAB", "R-ZAB-MOW")


def test_the_same_tables_give_the_same_problem():
    """Stored routes name departures; a plan could not be refereed where numbers or names depend on the process."""
    assert built_from(SOURCE)[1] == built_from(Source(dict(reversed(TABLES.items())), GOODS, "goods.csv"))[1]


def test_what_others_booked_is_not_offered_again():
    """Every stretch of the train loses the units, not only the departure that was booked."""
    plain = built_from(SOURCE)[1].problem
    through = next(d for d in plain.departures if d.name.startswith("X8001 XIY-DUI"))
    less = built_from(replace(SOURCE, given=Given(booked={through.name: 5})))[1].problem
    assert [plain.pools[pool] - less.pools[pool] for pool in through.pools] == [5, 5]
    most = built_from(replace(SOURCE, given=Given(booked={through.name: 500})))[1].problem
    assert [most.pools[pool] for pool in through.pools] == [0, 0]


def test_goods_under_way_are_planned_from_where_they_will_be():
    """Nobody can take them off the train; with a delay they are at hand later."""
    problem = built_from(SOURCE)[1].problem
    given = Given(as_of=datetime(2026, 9, 3, tzinfo=UTC), under_way={"A": ROUTE[:1]}, delayed={ROUTE[0]: 600})
    start, now = built_from(SOURCE)[1].start_at, built_from(replace(SOURCE, given=given))[1].problem
    first = next(d for d in problem.departures if d.name == ROUTE[0])
    shipment = next(s for s in now.shipments if s.name == "A")
    assert now.hubs[shipment.origin].name == "MLX"
    expected = first.arrive_min + 600 + first.dwell_min + problem.hubs[first.destination].transfer_min
    assert shipment.ready_min == expected
    other = next(s for s in now.shipments if s.name == "B")
    assert start + timedelta(minutes=other.ready_min) == datetime(2026, 9, 3, tzinfo=UTC)


def test_goods_on_their_last_leg_are_planned_no_more():
    """They only have to arrive; numbers of the others stay without gaps."""
    now = built_from(replace(SOURCE, given=Given(as_of=datetime(2026, 9, 9, tzinfo=UTC), under_way={"A": ROUTE})))[1]
    assert [(s.name, s.index) for s in now.problem.shipments] == [("B", 0)]


def test_a_stored_plan_comes_back_as_it_was():
    """Routes by name and a packed certificate give a plan that the referee passes at the same cost."""
    problem = built_from(SOURCE)[1].problem
    zeros = (0,) * len(problem.departures)
    proof = Certificate(0, zeros, zeros, (0,) * len(problem.pools))
    held = planned_from(SOURCE, {"A": ROUTE, "B": None}, packed(proof))
    assert check(held.plan.problem, held.plan) == []
    assert names_of(held.plan.problem, held.plan.routes) == {"A": ROUTE, "B": None}
    assert unpacked(packed(proof)) == proof


def test_a_cancelled_departure_has_no_places_in_a_changed_plan():
    """A changed plan carries one pool more, and it is closed."""
    given = Given(cancelled=[ROUTE[0]])
    problem = built_from(SOURCE)[1].problem
    zeros = (0,) * len(problem.departures)
    proof = Certificate(0, zeros, zeros, (0,) * (len(problem.pools) + 1))
    held = planned_from(replace(SOURCE, given=given), {"A": ROUTE, "B": None}, packed(proof))
    assert {one.rule for one in check(held.plan.problem, held.plan)} == {"slots"}
