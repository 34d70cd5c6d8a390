"""Windows of return on the calendar. No database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.returns.rules import Window, find_deadlines, find_window, fits, last_day

BONDED = [
    Window("bonded", "apply", 30, 0, date(2020, 1, 1), None),
    Window("bonded", "arrive", 45, 0, date(2020, 1, 1), None),
]
EXPORT = [
    Window("export", "arrive", 0, 12, date(2020, 1, 1), None),
    Window("export", "tax_free", 0, 6, date(2026, 1, 1), date(2027, 12, 31)),
]


def test_the_45th_day_is_the_last():
    """GACC Ann. 2020-45: back within 45 days of release."""
    found = find_deadlines(BONDED, "bonded", date(2026, 11, 1))
    assert (found.apply_by, found.arrive_by) == (date(2026, 12, 1), date(2026, 12, 16))


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_months_end_on_their_day_or_the_last_there_is(start: date, months: int, end: date):
    assert last_day(Window("export", "arrive", 0, months, start, None), start) == end


@given(st.dates(date(2020, 1, 1), date(2060, 1, 1)), st.integers(0, 400), st.integers(0, 60))
def test_a_later_start_never_ends_earlier(start: date, days: int, months: int):
    window = Window("export", "arrive", days, months, date(2020, 1, 1), None)
    assert start <= last_day(window, start) <= last_day(window, start + timedelta(days=1))


def test_the_law_of_the_day_it_began_counts():
    """Exports before 2026 have no relief of Ann. 2026-16, nor have those of 2028; both may come back for a year."""
    for start, relief in (
        (date(2025, 12, 31), None),
        (date(2026, 1, 1), date(2026, 7, 1)),
        (date(2027, 12, 31), date(2028, 6, 30)),
        (date(2028, 1, 1), None),
    ):
        found = find_deadlines(EXPORT, "export", start)
        assert found.tax_free_by == relief
        assert found.arrive_by is not None


def test_of_two_windows_the_newer_counts():
    newer = Window("bonded", "arrive", 60, 0, date(2027, 1, 1), None)
    assert find_window([*BONDED, newer], "bonded", "arrive", date(2027, 1, 1)) == newer
    assert find_window([*BONDED, newer], "bonded", "arrive", date(2026, 12, 31)) == BONDED[1]


def test_what_the_law_limits_needs_its_window():
    """Without data nobody guesses; a customer's return at home has no limit unless somebody sets one."""
    assert find_deadlines([], "bonded", date(2026, 1, 1)).unknown == "apply"
    assert find_deadlines([], "export", date(2026, 1, 1)).unknown == "arrive"
    assert find_deadlines([], "customer", date(2026, 1, 1)).unknown is None


def test_bonded_goods_come_back_as_bonded_or_not_at_all():
    """Calling it a customer's return would walk around the window of 45 days."""
    assert fits("bonded", "duty_unpaid", has_account_line=True)
    assert not fits("bonded", "duty_unpaid", has_account_line=False)
    for kind in ("customer", "refused", "export"):
        assert not fits(kind, "duty_unpaid", has_account_line=True)
    assert fits("customer", "foreign", has_account_line=False)
    assert fits("export", "export_released", has_account_line=False)
