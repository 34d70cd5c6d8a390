"""Which stock serves an order, and which order is served first (capability rows 7, 14, 16, 34)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.outbound.rules import (
    Candidate,
    Demand,
    Sums,
    Urgency,
    allocate,
    order_state,
    serves,
    stream_key,
)
from wms.stock.share_weights import share_weights

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ITEM, OWNER = uuid4(), uuid4()


def row(number: int, available: int, **more: object) -> Candidate:
    values: dict[str, object] = {
        "stock_id": UUID(int=number),
        "item_id": ITEM,
        "owner_id": OWNER,
        "customs_status": "foreign",
        "lot_id": None,
        "good_until": None,
        "first_at": NOW,
        "location_id": UUID(int=1000 + number),
        "is_pick_face": False,
        "path_order": number,
        "available": Decimal(available),
    }
    return Candidate(**(values | more))  # type: ignore[arg-type]


def demand(quantity: int, **more: object) -> Demand:
    values: dict[str, object] = {
        "line_id": uuid4(),
        "order_id": uuid4(),
        "item_id": ITEM,
        "owner_id": OWNER,
        "customs_status": "foreign",
        "lot_id": None,
        "min_remaining_days": 0,
        "strategy": "fefo",
        "quantity": Decimal(quantity),
    }
    return Demand(**(values | more))  # type: ignore[arg-type]


def taken(demands: list[Demand], rows: list[Candidate]) -> list[tuple[int, int]]:
    return [(one.stock_id.int, int(one.quantity)) for one in allocate(demands, rows, TODAY)]


def test_the_earliest_expiry_is_taken_first_across_bins():
    """FEFO asks nothing else: neither the nearer bin nor the older arrival wins against the earlier date."""
    rows = [
        row(1, 5, good_until=TODAY + timedelta(90)),
        row(2, 5, good_until=TODAY + timedelta(30)),
        row(3, 5, good_until=TODAY + timedelta(60)),
        row(4, 5),
    ]
    assert taken([demand(12)], rows) == [(2, 5), (3, 5), (1, 2)]


def test_an_expired_lot_serves_nobody_and_its_last_day_is_good():
    rows = [row(1, 5, good_until=TODAY - timedelta(1)), row(2, 5, good_until=TODAY)]
    assert taken([demand(10)], rows) == [(2, 5)]


def test_goods_must_keep_for_the_days_that_were_asked():
    rows = [row(1, 5, good_until=TODAY + timedelta(29)), row(2, 5, good_until=TODAY + timedelta(30))]
    assert taken([demand(10, min_remaining_days=30)], rows) == [(2, 5)]


@pytest.mark.parametrize(("strategy", "first"), [("fifo", 2), ("lifo", 3), ("closest", 1)])
def test_each_strategy_takes_its_own_first(strategy: str, first: int):
    """FIFO the oldest arrival, LIFO the newest, closest the first along the walk."""
    rows = [
        row(1, 5, first_at=NOW - timedelta(5)),
        row(2, 5, first_at=NOW - timedelta(9)),
        row(3, 5, first_at=NOW - timedelta(1)),
    ]
    assert taken([demand(1, strategy=strategy)], rows) == [(first, 1)]


def test_paid_and_unpaid_goods_never_serve_one_demand():
    """The same article and lot in one bin: what duty was paid for does not fill an order for unpaid goods, nor the reverse."""
    rows = [row(1, 5, customs_status="duty_unpaid"), row(2, 5, customs_status="free")]
    assert taken([demand(10, customs_status="free")], rows) == [(2, 5)]
    assert taken([demand(10, customs_status="duty_unpaid")], rows) == [(1, 5)]
    assert not serves(rows[0], demand(1, customs_status="free"), TODAY), "nor as another lot that a picker offers"


def test_another_owner_s_goods_are_not_touched():
    assert taken([demand(1)], [row(1, 5, owner_id=uuid4())]) == []


def test_a_row_found_empty_is_not_tried_again_for_the_line():
    rows = [row(1, 5), row(2, 5)]
    assert taken([demand(3, tried=frozenset({UUID(int=1)}))], rows) == [(2, 3)]


@given(st.lists(st.integers(1, 9), max_size=8), st.lists(st.integers(1, 9), max_size=8))
def test_nothing_is_promised_twice_and_nothing_is_left_while_somebody_waits(stocks: list[int], wants: list[int]):
    """Sum over a row never exceeds it; the promised total is the smaller of stock and demand; who is first is served first."""
    rows = [row(n, quantity) for n, quantity in enumerate(stocks, 1)]
    demands = [demand(quantity) for quantity in wants]
    choices = allocate(demands, rows, TODAY)
    for one in rows:
        assert sum(c.quantity for c in choices if c.stock_id == one.stock_id) <= one.available
    assert sum(c.quantity for c in choices) == min(sum(stocks), sum(wants))
    served = [sum(c.quantity for c in choices if c.line_id == d.line_id) == d.quantity for d in demands]
    assert served == sorted(served, reverse=True)


def test_the_cut_off_in_five_minutes_comes_before_what_came_earlier():
    """Streaming: an order that arrives five minutes before its cut-off is released ahead of those that wait for later ones."""
    early = Urgency(UUID(int=1), NOW + timedelta(hours=4), 9, NOW - timedelta(hours=2))
    late = Urgency(UUID(int=2), NOW + timedelta(minutes=5), 0, NOW)
    missed = Urgency(UUID(int=3), NOW - timedelta(minutes=1), 9, NOW - timedelta(hours=3))
    whenever = Urgency(UUID(int=4), None, 9, NOW - timedelta(hours=9))
    ordered = sorted([whenever, missed, early, late], key=lambda one: stream_key(one, NOW))
    assert [one.order_id.int for one in ordered] == [2, 1, 4, 3]


@pytest.mark.parametrize(
    ("sums", "loaded", "state"),
    [
        ((10, 0, 0, 0, 0), False, "released"),
        ((10, 4, 0, 0, 0), False, "partly_allocated"),
        ((10, 10, 0, 0, 0), False, "allocated"),
        ((10, 6, 4, 0, 0), False, "picking"),
        ((10, 0, 10, 9, 0), False, "picking"),
        ((10, 0, 10, 10, 0), False, "packed"),
        ((10, 0, 10, 10, 0), True, "loaded"),
        ((10, 0, 10, 10, 10), True, "shipped"),
        ((10, 0, 6, 6, 6), True, "partly_allocated"),
        ((0, 0, 0, 0, 0), False, "cancelled"),
    ],
)
def test_a_state_says_what_the_quantities_say(sums: tuple[int, ...], loaded: bool, state: str):
    assert order_state(Sums(*map(Decimal, sums)), all_loaded=loaded) == state


@given(st.lists(st.integers(1, 50), min_size=1, max_size=10), st.integers(0, 100_000))
def test_catch_weight_is_shared_to_the_last_gram(parts: list[int], grams: int):
    """Who takes everything takes every gram, in however many parts; nobody takes a negative weight."""
    stock_id = uuid4()
    shares = share_weights([(stock_id, Decimal(p)) for p in parts], {stock_id: (Decimal(sum(parts)), grams)})
    assert sum(shares) == grams
    assert min(shares) >= 0
