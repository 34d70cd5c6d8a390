"""The line's rules without a database: whatever order events come in, the book stays one picture."""

from collections import Counter
from datetime import timedelta
from itertools import count
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from devices.contract.events import Body
from devices.contract.reasons import SortReason
from tests.support.clocks import at
from tests.support.line_events import chute_state, confirmed, decision, induct, lost, scan, weight
from wms.sorting.follow_line import LineBook, Report
from wms.sorting.model import Chute, Line, Parcel

OUTSIDE, BELT, LOST = (UUID(int=n) for n in (1, 2, 3))
CHUTES = {"c1": UUID(int=11), "c2": UUID(int=12), "x1": UUID(int=13)}
KNOWN = ("A", "B", "C")


def book(*, max_parcels: int = 40, max_weight_g: int = 25_000) -> LineBook:
    """A line with two chutes for destinations and one of special role; three parcels are announced."""
    numbers = count(1000)
    return LineBook(
        Line("sfh-s/hall/s1", "SFH-S", OUTSIDE, BELT, LOST),
        [Chute(name, id, "open", max_parcels, max_weight_g, name == "x1") for name, id in CHUTES.items()],
        [],
        [
            Parcel(UUID(int=100 + n), code, "MOW", "announced", None, 500, on_ledger=False)
            for n, code in enumerate(KNOWN)
        ],
        [],
        {},
        lambda: UUID(int=next(numbers)),
    )


def tell(line: LineBook, *bodies: Body, start: float = 0) -> None:
    for n, body in enumerate(bodies):
        line.take(Report(UUID(int=10**6 + int(start * 1000) + n), at(start + n), body))


def parcel_of(line: LineBook, tid: str) -> Parcel:
    id = line.items[tid].parcel_id
    assert id is not None
    return line.parcels[id]


def test_a_parcel_held_while_it_falls_is_not_sorted():
    """The hold came after the decision: the parcel lies in a destination's bag, and must be taken out of it."""
    line = book()
    line.by_waybill["A"].hold = True
    tell(line, induct("t1"), decision("t1", "A", "c1"), confirmed("t1", "c1"))
    assert (line.items["t1"].result, line.items["t1"].reason) == ("exception", "CUSTOMS_HOLD")
    assert (parcel_of(line, "t1").state, parcel_of(line, "t1").reason) == ("exception", "CUSTOMS_HOLD")


def test_the_second_bearer_of_a_label_is_not_sorted():
    """Nobody knows which of the two is which: the second may not leave as if somebody did."""
    line = book()
    tell(line, decision("t1", "A", "c1"), decision("t2", "A", "c1"), confirmed("t1", "c1"), confirmed("t2", "c1"))
    assert [line.items[tid].result for tid in ("t1", "t2")] == ["sorted", "exception"]
    assert parcel_of(line, "t1").id != parcel_of(line, "t2").id
    assert [alarm.code for alarm in line.alarms] == ["duplicate_label"]


def test_a_parcel_read_too_late_for_a_decision_is_still_itself():
    """The scan came after the deadline; the parcel in the safe chute is the announced one, not a stranger."""
    line = book()
    tell(line, induct("t1"), scan("t1", "A"), confirmed("t1", "x1"))
    assert parcel_of(line, "t1") is line.by_waybill["A"]
    assert (line.by_waybill["A"].state, line.by_waybill["A"].reason) == ("exception", "LATE_DECISION")


def test_a_parcel_found_again_is_taken_from_an_item_long_forgotten():
    """A controller that restarted never ends its items; the parcel on the belt again is no copied label."""
    line = book()
    tell(line, induct("t1"), decision("t1", "A", "c1"))
    tell(
        line,
        induct("t2"),
        decision("t2", "A", "c1"),
        confirmed("t2", "c1"),
        start=timedelta(minutes=11).total_seconds(),
    )
    assert (line.items["t1"].result, line.items["t1"].reason) == ("lost", "LOST_TRACKING")
    assert (line.items["t2"].result, parcel_of(line, "t2").waybill_no) == ("sorted", "A")
    assert line.alarms == []
    tell(line, confirmed("t1", "c2"), start=1000)
    assert (line.items["t1"].repeats, line.items["t1"].result) == (1, "lost")


def test_a_controller_that_counts_anew_loses_no_item():
    """After a cold start the same tracking ids come again: each is a new item, and the old record stays."""
    line = book()
    tell(line, induct("t1"), decision("t1", "A", "c1"), confirmed("t1", "c1"))
    tell(line, scan("t1", "B"), weight("t1", 900), induct("t1"), decision("t1", "B", "c2"), start=3600)
    tell(line, confirmed("t1", "c2"), start=3610)
    (old,) = [item for tid, item in line.items.items() if tid.startswith("t1~")]
    assert (old.actual, old.scans, old.repeats) == ("c1", 0, 0)
    assert (line.items["t1"].actual, line.items["t1"].weight_g, line.items["t1"].codes) == ("c2", 900, ["B"])
    assert line.by_waybill["A"].measured_weight_g is None
    tell(line, confirmed("t1", "c1"), start=9000)
    assert line.items["t1"].repeats == 1


def test_a_bag_is_named_by_what_belongs_into_it():
    """A parcel that fell in by mistake must not write its destination on the bag of forty others."""
    line = book()
    line.by_waybill["A"].destination = "SVX"
    tell(line, decision("t1", "A", "c2"), confirmed("t1", "c1"))
    (bag,) = line.bags.values()
    assert (line.items["t1"].reason, bag.destination) == ("NOT_DIVERTED", None)
    tell(line, decision("t2", "B", "c1"), confirmed("t2", "c1"))
    assert bag.destination == "MOW"


def test_what_comes_out_of_a_closed_bag_returns_to_the_directory():
    """Somebody opened a bag: the line has to know its parcels again."""
    line = book(max_parcels=1)
    tell(line, decision("t1", "A", "c1"), confirmed("t1", "c1"))
    line.by_waybill["A"].state = "bagged"
    tell(line, decision("t2", "A", "x1", SortReason.NO_DATA))
    assert line.unsealed == {"A"}


def test_a_round_more_does_not_move_a_parcel_twice():
    """Recirculation: the parcel stays on the belt until a chute is free."""
    line = book()
    tell(
        line,
        induct("t1"),
        decision("t1", "A", None, SortReason.RECIRCULATE, pass_no=0),
        decision("t1", "A", "c1", pass_no=1),
        confirmed("t1", "c1"),
    )
    assert (line.items["t1"].passes, line.items["t1"].result) == (2, "sorted")
    assert next(move.to_place_id for move in line.moves if move.unit_id == parcel_of(line, "t1").id) == BELT


def test_a_loss_after_the_divert_and_a_divert_after_the_loss_change_nothing():
    """The first end of an item is its end."""
    line = book()
    tell(line, decision("t1", "A", "c1"), confirmed("t1", "c1"), lost("t1"))
    tell(line, decision("t2", "B", "c1"), lost("t2"), confirmed("t2", "c1"))
    assert [(line.items[tid].result, line.items[tid].repeats) for tid in ("t1", "t2")] == [("sorted", 1), ("lost", 1)]


TIDS = st.sampled_from(["t1", "t2", "t3", "t4", "t5"])
CODES = st.sampled_from([*KNOWN, "U1", "U2", "L" * 61])
PLACES = st.sampled_from([*CHUTES, "nowhere"])
BODIES = st.one_of(
    st.builds(induct, TIDS),
    st.builds(lambda tid, codes: scan(tid, *codes), TIDS, st.lists(CODES, max_size=3)),
    st.builds(weight, TIDS, st.integers(-5, 20_000)),
    st.builds(
        decision, TIDS, st.none() | CODES, st.none() | PLACES, st.sampled_from(list(SortReason)), st.integers(0, 3)
    ),
    st.builds(confirmed, TIDS, PLACES),
    st.builds(lost, TIDS),
    st.builds(chute_state, st.sampled_from(list(CHUTES)), st.sampled_from(["open", "full", "jam", "disabled"])),
)


def positions(line: LineBook) -> dict[UUID, UUID]:
    return {move.unit_id: move.to_place_id for move in line.moves}


def assert_one_picture(line: LineBook) -> None:
    """What the proof holds in the database, held here in memory."""
    where = positions(line)
    inside = Counter(place for id, place in where.items() if id in line.parcels)
    for bag in line.bags.values():
        lying = [line.parcels[id] for id, place in where.items() if place == bag.id]
        assert bag.parcels == inside[bag.id] == len(lying) >= 0
        assert bag.weight_g == sum(one.measured_weight_g or one.declared_weight_g or 0 for one in lying)
    for parcel in line.parcels.values():
        assert (parcel.state == "announced") == (parcel.id not in where)
        assert (parcel.state == "on_line") == (where.get(parcel.id) == BELT) == (parcel.id in line.busy_parcels)
        if parcel.state == "sorted":
            assert where[parcel.id] in line.bags
            assert not parcel.hold
    for item in line.items.values():
        assert (item.finished_at is None) == (item.result == "on_line")
        assert item.finished_at is None or item.parcel_id in line.parcels
        if item.result == "sorted":
            assert item.parcel_id is not None
            assert line.parcels[item.parcel_id].waybill_no is not None
    open_bags = [bag for bag in line.bags.values() if bag.closed_at is None]
    assert {bag.chute: bag for bag in open_bags} == line.open_bag
    assert len(open_bags) == len(line.open_bag)
    waybills = [parcel.waybill_no for parcel in line.parcels.values() if parcel.waybill_no]
    assert len(waybills) == len(set(waybills))


def assert_causes_are_single(line: LineBook) -> None:
    """The journal takes an event once per unit."""
    posted = []
    at_place: dict[UUID, UUID] = {}
    for move in line.moves:
        if at_place.get(move.unit_id, OUTSIDE) != move.to_place_id:
            posted.append((move.unit_id, move.cause_id))
            at_place[move.unit_id] = move.to_place_id
    assert len(posted) == len(set(posted))


@settings(max_examples=300, deadline=None)
@given(st.lists(BODIES, max_size=40), st.integers(1, 3), st.sets(st.sampled_from(KNOWN)))
def test_any_order_of_events_leaves_one_picture(bodies: list[Body], max_parcels: int, held: set[str]):
    """Machines fail, repeat and overtake each other: bags count what is in them, places follow states, items end once."""
    line = book(max_parcels=max_parcels, max_weight_g=9_000)
    for code in held:
        line.by_waybill[code].hold = True
    ends: dict[tuple[str, object], tuple[str, object]] = {}
    for n, body in enumerate(bodies):
        tell(line, body, start=n * 90)
        assert_one_picture(line)
        for name, item in line.items.items():
            tid = name.partition("~")[0]
            if item.finished_at is not None:
                end = (item.result, item.finished_at)
                assert ends.setdefault((tid, item.first_seen_at), end) == end
    assert_causes_are_single(line)


@settings(max_examples=100, deadline=None)
@given(st.permutations([induct("t1"), scan("t1", "A"), weight("t1", 700)]), st.integers(0, 3))
def test_what_was_known_before_the_divert_does_not_depend_on_its_order(early: list[Body], late: int):
    """Scanner, scale and controller report by different ways; even what comes after the divert ends in the same record."""
    line = book()
    before, after = early[: len(early) - late], early[len(early) - late :]
    tell(line, *before, decision("t1", "A", "c1"), confirmed("t1", "c1"), *after)
    item, (bag,) = line.items["t1"], line.bags.values()
    assert (item.codes, item.weight_g, item.result, item.reason) == (["A"], 700, "sorted", "OK")
    assert (bag.parcels, bag.weight_g) == (1, 700)
    assert item.inducted_at is not None
    assert item.first_seen_at <= item.inducted_at
