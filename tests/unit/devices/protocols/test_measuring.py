"""Exact lengths, whatever the dimensioner's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.measuring import read_mm, shown_mm


@pytest.mark.parametrize(
    ("number", "unit", "length_mm"),
    [
        ("045.0", "cm", 450),
        ("  12.3", "cm", 123),
        ("0.45", "m", 450),
        ("123", "mm", 123),
        ("0.5", "mm", 0),
        ("1.5", "mm", 2),
    ],
)
def test_the_decimal_on_the_wire_becomes_millimetres(number: str, unit: str, length_mm: int) -> None:
    """Half a millimetre rounds to the even one."""
    assert read_mm(number, unit) == length_mm


@pytest.mark.parametrize("number", ["", "1,5", "-1.0", "1.", ".5", "12 ", "1e3", "1234567890", "١", "NaN"])
def test_what_is_no_decimal_number_is_no_length(number: str) -> None:
    """A parcel has no negative side, and no machine writes one of a thousand kilometres."""
    assert read_mm(number, "cm") is None


def test_what_no_decimal_holds_is_refused() -> None:
    """The contract of every encoder is ValueError, not an accident of arithmetic."""
    with pytest.raises(ValueError, match="written"):
        shown_mm(10**40, "cm", 1)


@given(st.integers(0, 9_999_999))
def test_millimetres_survive_the_wire_exactly(length_mm: int) -> None:
    """No float anywhere: centimetres with one decimal are the same millimetres at the host."""
    assert read_mm(shown_mm(length_mm, "cm", 1, 5), "cm") == length_mm
    assert read_mm(shown_mm(length_mm, "m", 3), "m") == length_mm
