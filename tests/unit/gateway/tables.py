"""A small sort table for tests: three chutes, one alternate, one parcel on hold."""

from datetime import UTC, datetime

from devices.contract.sort_table import Entry, Roles, SortPlan, SortRule

LINE = "sfh-s/hall/s1"
ROLES = Roles(no_read="c44", no_data="c45", hold="c46", overflow="c47", safe="c48")
ENTRIES = {
    "MOSCOW": Entry(d="MOW", s="STD"),
    "IRKUTSK": Entry(d="IKT", s="STD"),
    "HELD": Entry(d="MOW", s="STD", h=True),
    "NOWHERE": Entry(d="XXX"),
}


def plan(version: int = 1, max_passes: int = 1, valid_from: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> SortPlan:
    rules = [
        SortRule(destination="MOW", from_g=20_000, chutes=["c09"]),
        SortRule(destination="MOW", chutes=["c01", "c02"]),
        SortRule(destination="IKT", chutes=["c03"]),
    ]
    return SortPlan(line=LINE, version=version, valid_from=valid_from, max_passes=max_passes, rules=rules, roles=ROLES)


class FixedTable:
    def __init__(self, plan: SortPlan | None, entries: dict[str, Entry] | None = None) -> None:
        self.current = plan
        self.entries = ENTRIES if entries is None else entries

    def plan(self) -> SortPlan | None:
        return self.current

    def lookup(self, code: str) -> Entry | None:
        return self.entries.get(code)
