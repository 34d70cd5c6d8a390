"""Figures about reviewers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.inspection.statistics import detection, kappa, wilson


def test_wilson_gives_the_published_interval():
    """Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662."""
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_its_rate(hits: int, more: int):
    """Also at 0 and at n, where the simple interval collapses to a point."""
    low, high = wilson(hits, hits + more)
    assert 0 <= low <= high <= 1
    if hits + more:
        assert low <= hits / (hits + more) <= high
        assert high - low > 0


def test_who_guesses_has_no_sensitivity():
    """d' is 0 when threats and innocents are called alike, and c is 0 without a leaning."""
    told = detection(50, 100, 50, 100)
    assert told == pytest.approx((0, 0), abs=1e-9)
    sharp = detection(90, 100, 10, 100)
    assert sharp is not None
    assert sharp[0] > 2
    assert detection(0, 0, 1, 10) is None


def test_kappa_of_known_tables():
    """20, 5, 10, 15: agreement 0.7, chance 0.5, kappa 0.4."""
    assert kappa(20, 5, 10, 15) == pytest.approx(0.4)
    assert kappa(0, 0, 0, 0) is None
    assert kappa(7, 0, 0, 0) is None
