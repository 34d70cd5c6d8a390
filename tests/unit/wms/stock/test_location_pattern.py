"""Names of locations from a pattern."""

import pytest

from wms.stock.location_pattern import BadPattern, expand, read_pattern


def test_a_pattern_names_every_bin_once():
    """Two bins of one name would share their stock."""
    pattern = read_pattern("A-{01..12}-{01..20}-{A..D}")
    found = list(expand(pattern))
    assert len({one.name for one in found}) == len(found) == pattern.count == 12 * 20 * 4
    assert found[0].name == "A-01-01-A"
    assert found[0].fields == {"zone": "A", "aisle": "01", "bay": "01", "level": "A"}


def test_the_walk_goes_up_one_aisle_and_down_the_next():
    """A picker who would start each aisle at its far end walks it twice."""
    names = [one.name for one in expand(read_pattern("P-{1..3}-{1..3}"))]
    assert names == [f"P-1-{n}" for n in (1, 2, 3)] + [f"P-2-{n}" for n in (3, 2, 1)] + [f"P-3-{n}" for n in (1, 2, 3)]
    straight = [one.name for one in expand(read_pattern("P-{1..2}-{1..2}"), serpentine=False)]
    assert straight == ["P-1-1", "P-1-2", "P-2-1", "P-2-2"]


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "A-", "A--1", "A-{1..}", "A-{5..1}", "A-{B..A}", "A-{1,1}", "a b", "A-{1..3", "A-1-2-3-4-5"),
        *("A-{0..99999}", "A-{12345678901}", "A-{1..2}{1..2}", "库-1", "A-{a..c}"),
    ],
)
def test_a_pattern_that_is_not_understood_makes_nothing(text: str):
    """A wrong guess would be 960 wrong labels on 960 beams."""
    with pytest.raises(BadPattern):
        read_pattern(text)


def test_a_huge_pattern_is_counted_without_being_made():
    """The count is told before the memory is spent."""
    assert read_pattern("{1..9999}-{1..9999}-{1..9999}-{1..9999}").count == 9999**4
