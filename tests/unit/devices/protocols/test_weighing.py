"""Exact weights, whatever the scale's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.weighing import Weighing, read_weight


@pytest.mark.parametrize(
    ("number", "unit", "grams", "raw"),
    [
        ("+0012.34", "kg", 12_340, "12.34"),
        ("  -0.005", "kg ", -5, "-0.005"),
        ("-   1.5", "kg", -1500, "-1.5"),
        ("1234500", "mg", 1234, "1234500"),
        ("0.5", "g", 0, "0.5"),
        ("1.5", " g", 2, "1.5"),
        ("0.01", "t", 10_000, "0.01"),
        ("000000", "g", 0, "0"),
    ],
)
def test_the_decimal_on_the_wire_becomes_grams(number: str, unit: str, grams: int, raw: str) -> None:
    """Half a gram rounds to the even one; the number is kept as it was shown, without its filling."""
    assert read_weight("stable", number, unit) == Weighing("stable", grams, unit.strip(), raw)


@pytest.mark.parametrize(
    ("number", "unit", "why"),
    [
        ("1.0", "lb", "bad_unit"),
        ("12", "PC", "bad_unit"),
        ("1.0", "", "bad_field"),
        ("1,0", "kg", "bad_field"),
        ("1.", "kg", "bad_field"),
        ("", "kg", "bad_field"),
        ("12 ", "kg", "bad_field"),
        ("1 2", "kg", "bad_field"),
        ("--1", "kg", "bad_field"),
        ("١", "kg", "bad_field"),
        ("1e3", "kg", "bad_field"),
    ],
)
def test_what_is_no_metric_number_is_no_weight(number: str, unit: str, why: str) -> None:
    """A pound for a kilogram, or a number without its last digit, would pass every plausibility check of a parcel."""
    assert read_weight("stable", number, unit) == why


def test_out_of_range_no_number_is_believed() -> None:
    """Makers fill an overloaded display with nines, dashes or the last good weight."""
    assert read_weight("overload", "+9999.99", "kg", "gross") == Weighing("overload", None, "kg", "", "gross")


def test_what_no_decimal_holds_is_refused() -> None:
    """The contract of every encoder is ValueError, not an accident of arithmetic."""
    with pytest.raises(ValueError, match="shown"):
        Weighing.of_grams("stable", 10**40)


@given(st.integers(-(10**9), 10**9), st.integers(0, 3))
def test_grams_are_what_the_display_shows(grams: int, decimals: int) -> None:
    """No float anywhere: reading the shown number again gives the same grams, and with three decimals none is lost."""
    weighing = Weighing.of_grams("stable", grams, "kg", decimals)
    assert read_weight("stable", weighing.raw, "kg") == weighing
    if decimals == 3:
        assert weighing.grams == grams
