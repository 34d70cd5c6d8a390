"""The rules of ownership: pulls, pledges, and first-in-first-out ages."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.ownership.rules import (
    DayFlow,
    Offer,
    alert_of,
    amount_of,
    by_age,
    choose,
    match_first_in_first_out,
    mean_days,
    ratio_of,
    share_of_weight,
    value_of,
)

CRAB, FUNGUS = UUID(int=1), UUID(int=2)
DAY = date(2026, 11, 1)
quantities = st.decimals(0, 1000, places=2)


def test_a_pull_takes_offers_in_their_order_and_names_what_is_short():
    """The oldest lot is settled first; an article that is short stops the whole pull by its name."""
    offers = [Offer(UUID(int=11), CRAB, Decimal(5)), Offer(UUID(int=12), CRAB, Decimal(9))]
    taken, short = choose({CRAB: Decimal(7)}, offers)
    assert (taken, short) == ([(UUID(int=11), Decimal(5)), (UUID(int=12), Decimal(2))], None)
    assert choose({CRAB: Decimal(3), FUNGUS: Decimal(1)}, offers)[1] == FUNGUS


def test_money_is_rounded_as_an_invoice_rounds():
    """Halves go up; no float ever touches an amount."""
    assert amount_of(Decimal("2.5"), Decimal("0.33")) == Decimal("0.83")
    assert amount_of(Decimal("1"), Decimal("0.005")) == Decimal("0.01")


@pytest.mark.parametrize(
    ("value", "alert"),
    [("150", "none"), ("140", "none"), ("139.99", "warning"), ("120", "warning"), ("119.99", "call")],
)
def test_a_pledge_warns_before_it_calls(value: str, alert: str):
    """Value over loan below 1.4 warns, below 1.2 calls; exactly at a ratio is still within it."""
    assert alert_of(Decimal(value), Decimal(100), Decimal("1.4"), Decimal("1.2")) == alert


def test_what_nobody_priced_covers_no_loan():
    """A missing price counts as nothing, so that it can only raise an alert, never hide one."""
    assert value_of([(CRAB, Decimal(2)), (FUNGUS, Decimal(9))], {CRAB: Decimal("10.005")}) == Decimal("20.01")
    assert ratio_of(Decimal("199.99"), Decimal(150)) == Decimal("1.3332")
    assert ratio_of(Decimal(5), Decimal(0)) is None


@given(st.lists(st.tuples(quantities, quantities), max_size=30))
def test_first_in_first_out_loses_nothing(days: list[tuple[Decimal, Decimal]]):
    """Row 9: what is there is what came less what left, by the layer; what left stayed no negative time."""
    flows = [DayFlow(DAY + timedelta(days=n), came, left) for n, (came, left) in enumerate(days)]
    fifo = match_first_in_first_out(flows)
    came, left = sum((came for came, _ in days), Decimal(0)), sum((left for _, left in days), Decimal(0))
    there = sum((quantity for _, quantity in fifo.layers), Decimal(0))
    gone = sum((quantity for _, _, quantity in fifo.stays), Decimal(0))
    assert there + gone == came
    assert gone <= left
    assert there >= came - left
    assert all(in_on <= out_on for in_on, out_on, _ in fifo.stays)
    assert sum(by_age(fifo.layers, DAY + timedelta(days=400))) == there


def test_ages_and_dwell_by_hand():
    """Ten came on day 0 and five on day 40; eight left on day 50: two are 100 days old, five are 60."""
    day = lambda n: DAY + timedelta(days=n)  # noqa: E731 - a name for a table of days
    flows = [DayFlow(day(0), Decimal(10), Decimal(0)), DayFlow(day(40), Decimal(5), Decimal(0))]
    fifo = match_first_in_first_out([*flows, DayFlow(day(50), Decimal(0), Decimal(8))])
    assert by_age(fifo.layers, day(100)) == [0, 5, 2, 0, 0]
    assert mean_days(fifo.stays, day(0), day(99)) == Decimal("50.0")
    assert mean_days(fifo.stays, day(51), day(99)) is None


def test_told_late_goods_wait_for_their_arrival():
    """A departure recorded before its arrival stays no day; nothing is invented for it."""
    fifo = match_first_in_first_out(
        [DayFlow(DAY, Decimal(0), Decimal(3)), DayFlow(DAY + timedelta(days=2), Decimal(5), Decimal(0))]
    )
    assert fifo.layers == [(DAY + timedelta(days=2), Decimal(2))]
    assert fifo.stays == [(DAY, DAY, Decimal(3))]


@given(st.integers(0, 10**9), st.integers(1, 1000), st.integers(1, 1000))
def test_a_part_never_weighs_more_than_the_row(weight_g: int, quantity: int, part: int):
    """Catch weight goes with the goods: the whole takes every gram."""
    part = min(part, quantity)
    share = share_of_weight(weight_g, Decimal(quantity), Decimal(part))
    assert 0 <= share <= weight_g
    assert part != quantity or share == weight_g
