"""Which carrier may have issued a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.standards.waybill import is_plausible, normalise, recognise


def codes(text: str) -> list[str]:
    return [kind.code for kind in recognise(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RA473124829CN", ["s10"]),
        ("RA473124821CN", []),
        ("006141411234567890", ["sscc"]),
        ("SF1234567890123", ["sf"]),
        ("YT8812345678901", ["yto"]),
        ("78123456789012", ["zto"]),
        ("773123456789012", ["sto"]),
        ("463123456789012", ["yunda"]),
        ("JDVA12345678901", ["jd"]),
        ("JT5123456789012", ["jt"]),
        ("LP00123456789012", ["cainiao"]),
        ("9861234567890", ["ems_cn"]),
        ("HELLO", []),
        ("", []),
    ],
)
def test_known_forms_are_recognised(text: str, expected: list[str]) -> None:
    """One number of each form in use at the border."""
    assert codes(text) == expected


def test_an_ambiguous_number_gives_every_possibility_the_certain_ones_first() -> None:
    """Twelve digits may be an SF waybill or a GTIN; guessing would send parcels to the wrong carrier."""
    kinds = recognise("614141123452")
    assert [kind.code for kind in kinds] == ["gtin", "sf"]
    assert [kind.verified for kind in kinds] == [True, False]


def test_only_published_forms_claim_to_be_verified() -> None:
    """The couriers publish no form; the flag keeps that visible in the data."""
    assert {
        kind.code for text in ("RA473124829CN", "SF1234567890123") for kind in recognise(text) if kind.verified
    } == {"s10"}


@pytest.mark.parametrize(
    ("text", "plausible"),
    [("RA473124829CN", True), ("A-12", True), ("AB1", False), ("=1+1", False), ("X" * 33, False), ("运单1234", False)],
)
def test_what_can_stand_in_a_waybill_field(text: str, plausible: bool) -> None:
    """Customs has room for 32 characters; signs that start formulas or break topics are not among them."""
    assert is_plausible(text) is plausible


def test_case_and_blanks_are_the_readers_affair() -> None:
    """One number, one spelling in the database."""
    assert normalise("  ra473124829cn\n") == "RA473124829CN"


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text: str) -> None:
    """A list, possibly empty, never an exception."""
    assert all(kind.code for kind in recognise(text))
