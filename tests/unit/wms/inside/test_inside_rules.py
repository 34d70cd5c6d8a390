"""How much faces lack, what kits draw, and which goods change places: rules without a database."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wms.inside.rules import Pile, Slot, Source, classify, draw, face_lacks, first_source, reslot

NOW = datetime(2026, 11, 20, tzinfo=UTC)
amounts = st.integers(0, 50).map(Decimal)


@given(available=amounts, least=amounts, more=amounts, demand=amounts)
def test_a_face_is_never_filled_above_its_maximum(available: Decimal, least: Decimal, more: Decimal, demand: Decimal):
    """Demand may ask for a filling, never for more than the face holds."""
    lacks = face_lacks(available, least, least + more, demand)
    assert lacks >= 0
    assert lacks == 0 or available + lacks == least + more
    if available >= least and available >= demand:
        assert lacks == 0


def test_the_first_to_expire_fills_the_face_and_the_expired_never_does():
    """FEFO reaches into the racks; what has expired is not carried to where pickers take it."""
    old, soon, late, none = (
        Source(UUID(int=n), Decimal(1), until, NOW)
        for n, until in enumerate((date(2026, 11, 20), date(2026, 12, 1), date(2027, 1, 1), None))
    )
    assert first_source([none, late, soon, old], date(2026, 11, 20)) == soon
    assert first_source([old], date(2026, 11, 20)) is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=6), st.integers(1, 60))
def test_what_is_drawn_and_what_is_missing_are_what_was_wanted(piles: list[tuple[int, int]], wanted: int):
    """A component is never drawn twice, nor more of it than a row has."""
    rows = [Pile(n, Decimal(q), date(2026, 12, day), NOW) for n, (q, day) in enumerate(piles)]
    takes, missing = draw(rows, Decimal(wanted))
    assert sum(q for _, q in takes) + missing == wanted
    assert all(q <= rows[n].available for n, q in takes)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.booleans()), min_size=1, max_size=6))
def test_no_other_order_of_the_places_walks_less(slots: list[tuple[int, int, bool]]):
    """The proposal is as short as the best of all permutations, uses no place twice, and changes nothing for nothing."""
    given_slots = [
        Slot(n, far, f"g{n}" if full else None, picks if full else 0) for n, (far, picks, full) in enumerate(slots)
    ]
    moves = reslot(given_slots)
    far_of = {slot.place: slot.distance_mm for slot in given_slots}
    where = {slot.goods: slot.place for slot in given_slots if slot.goods}
    picks_of = {slot.goods: slot.picks for slot in given_slots if slot.goods}
    before = sum(2 * picks_of[one] * far_of[place] for one, place in where.items())
    for move in moves:
        assert where[move.goods] == move.source
        where[move.goods] = move.target
    assert len(set(where.values())) == len(where)
    after = sum(2 * picks_of[one] * far_of[place] for one, place in where.items())
    assert before - after == sum(move.saved_mm for move in moves)
    best = min(
        sum(2 * picks_of[one] * far_of[place] for one, place in zip(where, order, strict=False))
        for order in permutations(far_of)
    )
    assert after == best


def test_classes_follow_the_picks():
    """A makes four fifths of the picks."""
    assert classify({"x": 80, "y": 16, "z": 4}) == {"x": "A", "y": "B", "z": "C"}
    assert classify({"x": 0}) == {"x": "C"}
