"""Laws of the station: one answer a pass, safe in time, never a destination chute on doubt."""

import re

import pytest

from devices.contract.events import Code, SortConfirmation
from devices.contract.reasons import SortReason
from devices.drivers.outputs import DestinationRequest
from gateway.station.core import Station
from gateway.station.items import Answer, Reply, StationRules, as_restored
from tests.unit.gateway.tables import FixedTable, plan

RULES = StationRules(safe_chute="c48", max_items=100)


def request(tid: str = "t1", occasion: str = "first", seq: int = 1) -> DestinationRequest:
    return DestinationRequest(tid, "SRT1TUNN000100000000", f"{tid} {occasion}".encode(), seq)


def codes(*texts: str) -> list[Code]:
    return [Code(symbology="C0", text=text) for text in texts]


def is_chute(name: str) -> bool:
    return re.fullmatch(r"c[0-9]{2}", name) is not None


def make_station(table: FixedTable | None = None, rules: StationRules = RULES) -> Station:
    station = Station(rules, table or FixedTable(plan()), is_chute)
    station.connected()
    return station


@pytest.fixture
def station() -> Station:
    return make_station()


def only(replies: list[Reply]) -> Answer:
    (reply,) = replies
    return reply.answer


def ask_and_scan(station: Station, *texts: str, tid: str = "t1") -> Answer:
    assert station.asked(request(tid), 0.0) == []
    replies, _ = station.scanned(tid, "good" if texts else "no_read", codes(*texts), 0.1)
    return only(replies)


def test_the_scan_after_the_request_is_answered_at_once(station: Station) -> None:
    answer = ask_and_scan(station, "MOSCOW")
    assert (answer.chute, answer.reason, answer.code, answer.pass_no) == ("c01", SortReason.OK, "MOSCOW", 0)
    assert answer.known_at == 0.1


def test_the_scan_may_come_before_the_request(station: Station) -> None:
    """Scanner and controller speak on different wires; either may be first."""
    assert station.scanned("t1", "good", codes("IRKUTSK"), 0.0) == ([], False)
    assert only(station.asked(request(), 0.2)).chute == "c03"


def test_a_known_weight_is_used(station: Station) -> None:
    station.weighed("t1", 25_000, 0.0)
    answer = ask_and_scan(station, "MOSCOW")
    assert (answer.chute, answer.weight_g) == ("c09", 25_000)


def test_an_explicit_no_read_is_answered_without_waiting(station: Station) -> None:
    answer = ask_and_scan(station)
    assert (answer.chute, answer.reason) == ("c44", SortReason.NO_READ)
    assert station.counters.deadlines_missed == 0


def test_the_multiple_read_string_of_a_scanner_is_a_multiple_read(station: Station) -> None:
    station.asked(request(), 0.0)
    replies, _ = station.scanned("t1", "multiple", [], 0.1)
    assert (only(replies).chute, only(replies).reason) == ("c44", SortReason.MULTI_READ)


def test_without_a_scan_the_deadline_answers_no_read(station: Station) -> None:
    station.asked(request(), 10.0)
    assert station.due() == 11.5
    assert station.tick(11.49) == []
    answer = only(station.tick(11.5))
    assert (answer.chute, answer.reason) == ("c44", SortReason.NO_READ)
    assert station.counters.deadlines_missed == 1
    assert station.due() is None


def test_the_deadline_of_an_answered_pass_says_nothing(station: Station) -> None:
    ask_and_scan(station, "MOSCOW")
    assert station.tick(99.0) == []


def test_without_a_plan_everything_goes_to_the_safe_chute() -> None:
    station = make_station(FixedTable(None))
    answer = ask_and_scan(station, "MOSCOW")
    assert (answer.chute, answer.reason, answer.plan_version) == ("c48", SortReason.NO_DEST, 0)


def test_a_chute_the_sorter_does_not_have_is_never_sent() -> None:
    """A typing error in a plan must end in the safe chute, with the reason, not in a refused telegram."""
    bad = plan().model_copy(update={"roles": plan().roles.model_copy(update={"no_read": "gate 7"})})
    station = make_station(FixedTable(bad))
    answer = ask_and_scan(station)
    assert (answer.chute, answer.reason) == ("c48", SortReason.INVALID_DEST)


def test_two_known_parcels_on_one_item_never_reach_a_destination(station: Station) -> None:
    answer = ask_and_scan(station, "MOSCOW", "IRKUTSK")
    assert (answer.chute, answer.reason) == ("c44", SortReason.MULTI_READ)


def test_two_scans_of_one_passage_are_taken_together(station: Station) -> None:
    station.scanned("t1", "good", codes("MOSCOW"), 0.0)
    station.scanned("t1", "good", codes("IRKUTSK"), 0.1)
    assert only(station.asked(request(), 0.2)).reason is SortReason.MULTI_READ


def test_a_code_beats_the_no_read_of_a_second_scanner(station: Station) -> None:
    station.scanned("t1", "no_read", [], 0.0)
    station.scanned("t1", "good", codes("MOSCOW"), 0.1)
    assert only(station.asked(request(), 0.2)).chute == "c01"


def test_a_held_parcel_goes_to_the_hold_chute(station: Station) -> None:
    answer = ask_and_scan(station, "HELD")
    assert (answer.chute, answer.reason) == ("c46", SortReason.CUSTOMS_HOLD)


def test_a_full_chute_is_left_to_its_alternate_and_a_closed_one_too(station: Station) -> None:
    station.chute_is("c01", "full")
    assert ask_and_scan(station, "MOSCOW").reason is SortReason.ALTERNATE
    station.close_chute("c02")
    assert ask_and_scan(station, "MOSCOW", tid="t2").chute is None
    station.reopen_chute("c02")
    assert ask_and_scan(station, "MOSCOW", tid="t3").chute == "c02"
    assert not station.chute_is("c01", "full"), "said before"
    assert station.chute_is("c01", "open")
    assert ask_and_scan(station, "MOSCOW", tid="t4").chute == "c01"


def test_the_same_request_again_gets_the_same_answer_and_no_second_decision(station: Station) -> None:
    answer = ask_and_scan(station, "MOSCOW")
    station.chute_is("c01", "full")
    (reply,) = station.asked(request(seq=2), 0.3)
    assert reply.repeat
    assert reply.answer is answer
    assert reply.request.seq == 2, "the answer goes to the telegram that asked last"


def test_after_a_reconnect_a_fresh_question_for_an_answered_item_is_a_repetition(station: Station) -> None:
    answer = ask_and_scan(station, "MOSCOW")
    station.connected()
    (reply,) = station.asked(request(occasion="asked anew"), 2.0)
    assert reply.repeat
    assert reply.answer is answer


def test_a_second_request_of_the_item_is_its_next_pass() -> None:
    station = make_station(FixedTable(plan(max_passes=1)))
    station.chute_is("c03", "full")
    first = ask_and_scan(station, "IRKUTSK")
    assert (first.chute, first.reason, first.pass_no) == (None, SortReason.RECIRCULATE, 0)
    assert station.asked(request(occasion="second"), 60.0) == []
    replies, conflict = station.scanned("t1", "good", codes("IRKUTSK"), 60.1)
    second = only(replies)
    assert not conflict
    assert (second.chute, second.reason, second.pass_no) == ("c47", SortReason.RECIRC_MAX, 1)


def test_a_double_scan_is_counted_and_not_decided(station: Station) -> None:
    ask_and_scan(station, "MOSCOW")
    assert station.scanned("t1", "good", codes("MOSCOW"), 0.2) == ([], False)
    assert station.counters.double_scans == 1


def test_a_contradicting_scan_after_the_answer_is_said_but_changes_nothing(station: Station) -> None:
    ask_and_scan(station, "MOSCOW")
    assert station.scanned("t1", "good", codes("IRKUTSK"), 0.2) == ([], True)
    (reply,) = station.asked(request(seq=2), 0.3)
    assert reply.answer.chute == "c01"


def test_a_scan_of_the_last_round_does_not_answer_this_one(station: Station) -> None:
    station.chute_is("c03", "full")
    ask_and_scan(station, "IRKUTSK")
    station.scanned("t1", "good", codes("IRKUTSK"), 0.2)
    assert station.asked(request(occasion="second"), 60.0) == [], "waits for its own scan"
    assert only(station.tick(61.5)).reason is SortReason.NO_READ


def test_the_confirmation_is_completed_with_what_was_requested(station: Station) -> None:
    ask_and_scan(station)
    said = SortConfirmation(tid="t1", requested=None, actual="c44", reason=SortReason.OK)
    full = station.confirmed(said, 5.0)
    assert (full.requested, full.reason) == ("c44", SortReason.NO_READ)
    assert len(station) == 0, "the item has left the line"


def test_the_controllers_own_reason_stands(station: Station) -> None:
    ask_and_scan(station, "MOSCOW")
    said = SortConfirmation(tid="t1", requested=None, actual="c48", reason=SortReason.CHUTE_FULL)
    full = station.confirmed(said, 5.0)
    assert (full.requested, full.actual, full.reason) == ("c01", "c48", SortReason.CHUTE_FULL)


def test_an_item_that_passed_its_chute_is_remembered_for_the_next_round(station: Station) -> None:
    ask_and_scan(station, "MOSCOW")
    station.confirmed(SortConfirmation(tid="t1", requested=None, actual="loop", reason=SortReason.NOT_DIVERTED), 5.0)
    assert station.asked(request(occasion="second"), 60.0) == []
    replies, _ = station.scanned("t1", "good", codes("MOSCOW"), 60.1)
    assert only(replies).pass_no == 1


def test_an_answer_from_before_the_restart_is_repeated_not_decided_again() -> None:
    before = ask_and_scan(make_station(), "MOSCOW")
    station = make_station(FixedTable(None))
    station.restore(as_restored(before, at=100.0, age_s=1.0), 100.0)
    (reply,) = station.asked(request(), 100.5)
    assert reply.repeat
    assert reply.answer.chute == "c01"


def test_memory_is_bounded_in_number_and_time(station: Station) -> None:
    for number in range(300):
        station.inducted(f"t{number}", 0.0)
    assert len(station) == RULES.max_items
    station.inducted("late", RULES.item_memory_s + 1)
    assert len(station) == 1


def test_an_open_pass_is_never_forgotten() -> None:
    station = make_station(rules=StationRules(safe_chute="c48", max_items=5))
    station.asked(request("open"), 0.0)
    for number in range(50):
        station.inducted(f"t{number}", 0.1)
    assert only(station.tick(1.5)).tid == "open"
