"""Cross-dock rules: who is served by what arrives."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wms.putaway.cross_dock_rules import Kind, OpenDemand, match

KIND, OTHER = (Kind(UUID(int=n), UUID(int=9), "foreign") for n in (1, 2))
LANES = (UUID(int=71), UUID(int=72))


def demand(no: int, quantity: object, lane: int = 0, hour: int | None = None, kind: Kind = KIND) -> OpenDemand:
    due = datetime(2026, 11, 20, hour, tzinfo=UTC) if hour is not None else None
    return OpenDemand(UUID(int=no), UUID(int=100 + no), kind, LANES[lane], Decimal(str(quantity)), due)


def test_an_arrival_goes_whole_to_one_lane_or_not_at_all():
    """Half a wanted pallet is put away: splitting it at the dock is work that nobody planned."""
    assert match({KIND: Decimal(40)}, [demand(1, 30)]) == []
    assert match({KIND: Decimal(40)}, [demand(1, 30), demand(2, 10, lane=1)]) == []
    assert [one.quantity for one in match({KIND: Decimal(40)}, [demand(1, 30), demand(2, 20)])] == [30, 10]
    assert match({KIND: Decimal(4), OTHER: Decimal(1)}, [demand(1, 30)]) == []


def test_who_is_due_first_is_served_first():
    """Demand without a cut-off waits behind every demand that has one."""
    found = match({KIND: Decimal(10)}, [demand(1, 10), demand(2, 10, lane=1, hour=15), demand(3, 10, hour=11)])
    assert [one.demand.id.int for one in found] == [3]


def test_goods_of_nobody_s_wish_serve_nobody():
    """Damaged goods have no contents to be wished for."""
    assert match({}, [demand(1, 10)]) == []


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 1), st.sampled_from([KIND, OTHER])), max_size=8))
def test_no_promise_exceeds_its_demand_and_all_of_the_arrival_is_promised(wanted):
    """What is promised is exactly what came, and to each no more than he waits for."""
    demands = [demand(no, quantity, lane, kind=kind) for no, (quantity, lane, kind) in enumerate(wanted)]
    contents = {KIND: Decimal(20), OTHER: Decimal(5)}
    found = match(contents, demands)
    assert all(0 < one.quantity <= one.demand.open for one in found)
    assert len({one.demand.lane_id for one in found}) <= 1
    if found:
        for kind, quantity in contents.items():
            assert sum(one.quantity for one in found if one.demand.kind == kind) == quantity
