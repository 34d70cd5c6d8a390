"""The rules of the cold chain: excursions, mean kinetic temperature, silence."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.coldchain.rules import LIMITS, Limits, Reading, find_excursions, find_gaps, mean_kinetic_temperature

START = datetime(2026, 11, 20, 6, tzinfo=UTC)
FROZEN = LIMITS["frozen"]
celsius = st.decimals(-40, 40, places=1)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def row(*pairs: tuple[int, object]) -> list[Reading]:
    return [Reading(at(minute), Decimal(str(value))) for minute, value in pairs]


def test_an_excursion_has_its_interval():
    """Row 56: it begins with the first reading out of limits, ends with the first one within, and shows the worst between."""
    readings = row((0, -20), (10, -17), (30, -9), (50, -16), (60, -18), (70, -21))
    (found,) = find_excursions(readings, FROZEN)
    assert (found.began_at, found.last_out_at, found.ended_at) == (at(10), at(50), at(60))
    assert (found.worst_c, found.readings) == (Decimal(-9), 3)


def test_short_swings_are_allowed_and_do_not_add_up():
    """A door stands open for minutes: as long as allowed is no excursion, and each time counts by itself."""
    swings = row((0, -17), (30, -18), (40, -17), (70, -19), (80, -10))
    assert find_excursions(swings, FROZEN) == []
    assert len(find_excursions([*swings, *row((111, -10))], FROZEN)) == 1


def test_what_has_not_ended_is_open():
    """It opens as soon as it lasted longer than allowed, not when it is over."""
    (found,) = find_excursions(row((0, -20), (5, -12), (36, -11)), FROZEN)
    assert (found.began_at, found.ended_at, found.last_out_at) == (at(5), None, at(36))


def test_both_ends_of_the_limits_hold():
    """Chilled goods freeze to death as surely as they spoil; the limits themselves are within."""
    chilled = Limits(Decimal(0), Decimal(10), 0)
    found = find_excursions(row((0, 0), (1, -1), (3, 10), (4, 11), (6, 5)), chilled)
    assert [one.worst_c for one in found] == [Decimal(-1), Decimal(11)]


def test_silence_between_two_bad_readings_was_bad_too():
    """A probe that says nothing for hours proves nothing good."""
    (found,) = find_excursions(row((0, -10), (500, -10), (501, -20)), FROZEN)
    assert (found.began_at, found.ended_at) == (at(0), at(501))


def test_mean_kinetic_temperature_by_hand():
    """USP <1079.2>: equal times at 20 and 30 °C age goods as 26.26 °C would; at one temperature it is that temperature."""
    assert mean_kinetic_temperature(row((0, 20), (60, 30)), at(120)) == pytest.approx(
        Decimal("26.26"), abs=Decimal("0.02")
    )
    assert mean_kinetic_temperature(row((0, -18), (7, -18))) == Decimal("-18.00")
    assert mean_kinetic_temperature(row((0, 5))) == Decimal("5.00")


@given(st.lists(celsius, min_size=1, max_size=50))
def test_mean_kinetic_temperature_lies_between_average_and_maximum(values: list[Decimal]):
    """Warm hours age more than cold ones save: it is never below the average nor above the warmest."""
    readings = row(*enumerate(values))
    mkt_c = mean_kinetic_temperature(readings, at(len(values)))
    assert mkt_c >= sum(values) / len(values) - Decimal("0.01")
    assert mkt_c <= max(values) + Decimal("0.01")


@given(st.lists(celsius, min_size=1, max_size=60), st.integers(0, 20))
def test_excursions_cover_just_the_readings_out_of_limits(values: list[Decimal], allowed: int):
    """They never overlap, every one lasted longer than allowed, and none holds a reading within limits."""
    limits = Limits(Decimal(-25), Decimal(-18), allowed)
    readings = row(*enumerate(values))
    found = find_excursions(readings, limits)
    for one in found:
        inside = [r for r in readings if one.began_at <= r.measured_at <= one.last_out_at]
        assert not any(limits.hold(r.celsius) for r in inside)
        assert (one.ended_at or one.last_out_at) - one.began_at > timedelta(minutes=allowed)
        assert one.readings == len(inside)
    assert all(a.ended_at is not None and a.ended_at <= b.began_at for a, b in pairwise(found))


def test_gaps_are_between_neighbours():
    """A probe may be silent for so long; longer is a gap, from the last reading before to the first one after."""
    assert find_gaps([at(0), at(15), at(31), at(40)], 15) == [(at(15), at(31))]
    assert find_gaps([], 15) == []
