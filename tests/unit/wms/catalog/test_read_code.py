"""Codes of articles: what a scanned text may mean, and how packaging converts."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.catalog.rules import Level, read_code, split_to_levels, to_base
from wms.standards.gs1 import GS

YEAR = 2026
CASE = Level("case", Decimal(12))


def test_ten_cases_of_twelve_are_a_hundred_and_twenty():
    """Stock is kept in base units; a person counts what he sees."""
    assert to_base(Decimal(10), CASE) == 120


def test_a_quantity_finer_than_the_ledger_is_refused_not_rounded():
    """A rounding at the door would be a difference in every count after it."""
    with pytest.raises(ValueError, match="finer"):
        to_base(Decimal("0.0000001"), CASE)


@given(
    st.integers(0, 10**9),
    st.lists(st.integers(2, 5000), max_size=4, unique=True),
)
def test_splitting_into_levels_loses_nothing(base: int, sizes: list[int]):
    """What is printed as pallets, cases and pieces adds up to what lies there."""
    levels = [Level(f"l{size}", Decimal(size)) for size in sizes]
    size_of = {level.name: level.base_quantity for level in levels} | {"base": Decimal(1)}
    parts = split_to_levels(Decimal(base), levels)
    assert sum(size_of[name] * count for name, count in parts) == base


# Text, then: gtin, lot, expiry, count, weight. GTINs and structures from the GS1 General Specifications' examples.
VECTORS = [
    ("]C10109506000134352" + "1726123110ABC123", ("09506000134352", "ABC123", date(2026, 12, 31), None, None)),
    ("]d20109506000134352" + f"10ABC123{GS}21S-77{GS}17261200", ("09506000134352", "ABC123", date(2026, 12, 31), None, None)),
    ("]C10209506000134352" + f"3720{GS}10L1", ("09506000134352", "L1", None, 20, None)),
    ("]C101095060001343523103001250", ("09506000134352", None, None, None, 1250)),
    ("(01)09506000134352(10)ABC123(17)261231", ("09506000134352", "ABC123", date(2026, 12, 31), None, None)),
    ("https://id.gs1.org/01/09506000134352/10/ABC123?17=261231", ("09506000134352", "ABC123", date(2026, 12, 31), None, None)),
    ("https://example.cn/p/01/9506000134352/10/A%2F1", ("09506000134352", "A/1", None, None, None)),
    ("]Q3" + "0109506000134352" + "30" + "6", ("09506000134352", None, None, 6, None)),
    ("]E09506000134352", ("09506000134352", None, None, None, None)),
    ("9506000134352", ("09506000134352", None, None, None, None)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), VECTORS)
def test_every_form_of_a_gs1_code_says_the_same(text: str, expected: tuple[object, ...]):
    """A linear symbol, a matrix, the printed line and a web address on one box must not lead to different goods."""
    found = [one for one in read_code(text, YEAR) if one.gtin is not None]
    assert [(one.gtin, one.lot_no, one.expires_on, one.count, one.weight_g) for one in found] == [expected]


@pytest.mark.parametrize(
    "text", ["BF-250", "6901234567890", "SF1234567890123", "75123456789012", "JD0012345678901-1-1-"]
)
def test_a_plain_code_stays_readable_as_itself(text: str):
    """Owners' numbers, EANs with a wrong check digit and Chinese waybills are asked of the aliases as they are."""
    assert any(one.text == text for one in read_code(text, YEAR))


def test_a_text_that_may_be_two_things_is_read_as_both():
    """Without a symbology identifier nobody knows whether 16 digits are an owner's number or AI 01 and a GTIN."""
    readings = read_code("0109506000134352", YEAR)
    assert {one.text for one in readings} >= {"0109506000134352"}
    assert {one.gtin for one in readings} >= {"09506000134352"}


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading(text: str):
    """The scan field takes whatever a scanner sends, noise included."""
    for one in read_code(text, YEAR):
        assert one.gtin is not None or one.text
