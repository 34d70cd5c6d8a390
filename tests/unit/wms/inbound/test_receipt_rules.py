"""Receiving rules: tolerance, sharing a count over lines, samples."""

import math
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wms.inbound.receipt_rules import (
    Acceptance,
    ExpectedLine,
    Share,
    accept,
    decide_lot,
    most,
    sample_size,
    share_count,
)
from wms.kit.refusal import Refusal

ITEM = UUID(int=1)
amounts = st.decimals(min_value=0, max_value=1000, places=3)
positive = st.decimals(min_value=Decimal("0.001"), max_value=1000, places=3)
lots = st.sampled_from([None, "L1", "L2"])


def line(no: int, expected: object, received: object = 0, lot: str | None = None) -> ExpectedLine:
    return ExpectedLine(UUID(int=no), no, ITEM, Decimal(str(expected)), Decimal(str(received)), lot)


def test_three_counts_of_four_percent_do_not_pass_as_twelve():
    """Tolerance applies to the line's total, not to one count."""
    assert accept(line(1, 100, 100), Decimal(4), Decimal(5)) == Acceptance(Decimal(0), Decimal(4))
    refused = accept(line(1, 100, 104), Decimal(4), Decimal(5))
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.params["most"]) == ("over_receipt", "105")


@given(st.lists(positive, max_size=8), st.decimals(min_value=0, max_value=20, places=2))
def test_no_sequence_of_counts_exceeds_the_tolerance(counts: list[Decimal], percent: Decimal):
    """Whatever is counted in whatever parts, the accepted total stays within the tolerance of the announcement."""
    one = line(1, 100)
    for counted in counts:
        if not isinstance(accept(one, counted, percent), Refusal):
            one = ExpectedLine(one.id, 1, ITEM, one.expected, one.received + counted)
    assert one.received <= most(one, percent)


@given(st.lists(st.tuples(positive, amounts, lots), max_size=6), positive, lots)
def test_a_count_is_shared_whole_or_refused(lines: list[tuple[Decimal, Decimal, str | None]], counted, lot):
    """Nothing of a count is lost or booked twice, and nothing goes to a line of another lot."""
    rows = [line(no, expected, min(expected, got), of) for no, (expected, got, of) in enumerate(lines, start=1)]
    shares = share_count(rows, counted, lot, Decimal(0))
    if isinstance(shares, Refusal):
        assert counted > sum(one.open for one in rows if one.lot_no in (None, lot))
        return
    assert all(share.line.lot_no in (None, lot) for share in shares)
    assert all(share.quantity <= share.line.open for share in shares)
    if any(one.lot_no in (None, lot) for one in rows):
        assert sum(share.quantity for share in shares) == counted
    else:
        assert shares == []


def test_the_lines_of_the_lot_are_filled_before_those_of_no_lot():
    """A line that names the lot is surer than one that takes any."""
    rows = [line(1, 10), line(2, 10, lot="L1"), line(3, 10, lot="L2")]
    assert share_count(rows, Decimal(12), "L1", Decimal(0)) == [Share(rows[1], Decimal(10)), Share(rows[0], Decimal(2))]


def test_what_is_over_goes_to_the_last_line_within_its_tolerance():
    """Ten percent of one line of ten is one piece, however many lines there are."""
    rows = [line(1, 10), line(2, 10)]
    shares = share_count(rows, Decimal(21), None, Decimal(10))
    assert shares == [Share(rows[0], Decimal(10)), Share(rows[1], Decimal(11))]
    assert isinstance(share_count(rows, Decimal(22), None, Decimal(10)), Refusal)


@given(positive, st.decimals(min_value=0, max_value=100, places=2), st.integers(1, 500))
def test_a_sample_is_never_more_than_the_lot_nor_nothing(quantity: Decimal, percent: Decimal, minimum: int):
    """A plan asks for pieces that exist, and for one at least."""
    size = sample_size(quantity, percent, minimum)
    assert 1 <= size <= math.ceil(quantity)


def test_a_lot_fails_at_the_first_defect_too_many():
    """Nobody goes on opening cartons of a lot that has failed; none passes before its sample is complete."""
    assert decide_lot(2, 1, 20, 0) == "failed"
    assert decide_lot(19, 1, 20, 1) == "open"
    assert decide_lot(20, 1, 20, 1) == "passed"
