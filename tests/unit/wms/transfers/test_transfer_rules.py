"""Choosing what is sent, counting what comes, and proposing what should be sent. No database."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wms.stock.share_weights import share_weights
from wms.transfers.cover_rules import Need, Source, propose
from wms.transfers.rules import Candidate, Coming, Demand, choose, take_count

TODAY = date(2026, 11, 20)
ITEM, OWNER = UUID(int=1), UUID(int=2)
quantities = st.integers(1, 50).map(Decimal)


def candidate(number: int, quantity: Decimal, until: date | None = None, lot: UUID | None = None) -> Candidate:
    since = datetime(2026, 1, number, tzinfo=UTC)
    return Candidate(UUID(int=100 + number), ITEM, "foreign", lot, until, since, None, quantity)


def test_what_expires_first_is_sent_first_and_the_expired_never():
    """Row 25: a transfer must not leave the old lot behind for the site that sells slowest."""
    rows = [
        candidate(1, Decimal(5)),
        candidate(2, Decimal(5), date(2026, 12, 1)),
        candidate(3, Decimal(5), date(2026, 11, 19)),
    ]
    chosen = choose([Demand(UUID(int=9), ITEM, "foreign", None, Decimal(7))], rows, TODAY)
    assert [(one.stock_id.int, one.quantity) for one in chosen] == [(102, 5), (101, 2)]


@given(st.lists(quantities, min_size=1, max_size=6), st.lists(quantities, min_size=1, max_size=6))
def test_no_stock_is_chosen_twice_and_no_demand_gets_too_much(wanted: list[Decimal], there: list[Decimal]):
    demands = [Demand(UUID(int=n), ITEM, "foreign", None, q) for n, q in enumerate(wanted)]
    rows = [candidate(n, q) for n, q in enumerate(there, 1)]
    chosen = choose(demands, rows, TODAY)
    for row in rows:
        assert sum(one.quantity for one in chosen if one.stock_id == row.stock_id) <= row.available
    for demand in demands:
        assert sum(one.quantity for one in chosen if one.line_id == demand.line_id) <= demand.quantity
    assert sum(one.quantity for one in chosen) == min(sum(wanted), sum(there))


@given(st.lists(quantities, min_size=1, max_size=5), st.integers(1, 400).map(Decimal))
def test_a_count_is_taken_or_over(left: list[Decimal], counted: Decimal):
    """Row 25: every counted piece is either one that was sent or one that nobody sent; none is lost between."""
    coming = [Coming(UUID(int=n), 1, None, None, n % 2 == 0, q) for n, q in enumerate(left)]
    taken, over = take_count(coming, counted, lot_no=None, serial_no=None, damaged=False)
    assert sum(one.quantity for one in taken) + over == counted
    assert sum(one.left for one in coming) == max(sum(left) - counted, 0)
    assert over == max(counted - sum(left), 0)


def test_a_count_of_a_serial_takes_that_one():
    """Of two drones on the way the one that came is received; the other is what is missing."""
    coming = [Coming(UUID(int=n), 1, None, f"SN-{n}", False, Decimal(1)) for n in (1, 2)]
    taken, over = take_count(coming, Decimal(1), lot_no=None, serial_no="SN-2", damaged=False)
    assert ([one.coming_id.int for one in taken], over) == ([2], 0)


@given(st.lists(quantities, min_size=1, max_size=6), st.integers(0, 10_000))
def test_the_last_of_a_row_takes_its_last_gram(parts: list[Decimal], weight: int):
    row = UUID(int=1)
    grams = share_weights([(row, q) for q in parts], {row: (sum(parts, Decimal(0)), weight)})
    assert sum(grams) == weight
    assert min(grams) >= 0


def need(site: str, demand: int, available: int, incoming: int = 0) -> Need:
    return Need(site, ITEM, OWNER, 10, Decimal(demand), Decimal(available), Decimal(incoming))


def source(site: str, available: int) -> Source:
    return Source(site, ITEM, OWNER, "duty_unpaid", Decimal(available))


def test_a_site_is_filled_up_to_its_target_from_the_fullest_source():
    """Ten days sold 20: two a day. Five in stock and three coming last four days; for ten days twelve more are wanted."""
    [one] = propose(
        [need("IKT-O", 20, 5, 3)], [source("SFH-Z", 4), source("HUC-Z", 100)], min_cover_days=5, target_cover_days=10
    )
    assert (one.wanted, one.missing) == (12, 0)
    assert [(part.site, part.quantity) for part in one.parts] == [("HUC-Z", 12)]
    assert propose([need("IKT-O", 20, 10)], [source("SFH-Z", 4)], min_cover_days=5, target_cover_days=10) == []


@given(
    st.lists(st.tuples(st.integers(1, 100), st.integers(0, 50)), min_size=1, max_size=4),
    st.lists(st.integers(1, 60), max_size=4),
)
def test_no_source_is_proposed_twice(needs: list[tuple[int, int]], there: list[int]):
    """Who runs out first is served first; what one site is proposed, another is not."""
    sources = [source(f"S-{n}", q) for n, q in enumerate(there)]
    found = propose(
        [need(f"O-{n}", *pair) for n, pair in enumerate(needs)], sources, min_cover_days=14, target_cover_days=28
    )
    for one in sources:
        assert sum(p.quantity for f in found for p in f.parts if p.site == one.site) <= one.available
    for one in found:
        assert sum(part.quantity for part in one.parts) + one.missing == one.wanted
    assert [one.need.cover_days for one in found] == sorted(one.need.cover_days for one in found)
