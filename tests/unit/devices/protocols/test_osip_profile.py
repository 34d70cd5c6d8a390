"""The profile "kouan": locations and error codes."""

from hypothesis import given
from hypothesis import strategies as st

from devices.contract.reasons import SortReason
from devices.protocols.osip_profile import (
    CODE_OF_REASON,
    CONDITION_OF_CODE,
    REASON_OF_CODE,
    Location,
    group,
)


@given(st.sampled_from(["INDU", "SCAL", "TUNN", "CHUT", "LOOP"]), st.integers(0, 9999))
def test_a_location_is_read_back(kind: str, number: int) -> None:
    """Spelling and reading a location agree for every number."""
    location = Location("SRT1", kind, number)
    assert len(str(location)) == 20
    assert Location.parse(str(location)) == location


def test_locations_have_the_names_of_the_contract() -> None:
    """The places an operator reads are those the sort plan names."""
    wires = [
        "SRT1INDU000200000000",
        "SRT1SCAL000400000000",
        "SRT1TUNN000100000000",
        "SRT1CHUT000700000000",
        "SRT1LOOP000100000000",
    ]
    parsed = [Location.parse(wire) for wire in wires]
    assert [place and place.place() for place in parsed] == ["in-2", "scale-4", "tunnel-1", "c07", "loop"]


@given(st.text(max_size=24))
def test_a_foreign_location_is_none(text: str) -> None:
    """Whatever another host invents is no place of ours, and never an exception."""
    location = Location.parse(text)
    assert location is None or str(location) == text


def test_an_unmapped_kind_has_no_place() -> None:
    """Only kinds the configuration names become places."""
    assert Location("SRT1", "LIFT", 1).place() is None


def test_error_codes_are_one_to_one() -> None:
    """Two reasons with one code would blame the wrong cause."""
    assert len(REASON_OF_CODE) == len(CODE_OF_REASON)
    assert REASON_OF_CODE["00000041"] is SortReason.CHUTE_FULL
    assert CONDITION_OF_CODE["00000000"] == "open"
    assert group("SRT1", "CHUT") == "SRT1CHUT"
