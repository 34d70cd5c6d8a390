"""The whole line under virtual time."""

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_host import LOOP_LOCATION, by_waybill, chute

from devices.protocols.frames import Garbage
from devices.protocols.osip import OK, Err, Header, Locu, OsipDecoder, Req, Res, Synq, Telegram, Upd, encode
from firmware_sim.models.item import Item
from firmware_sim.scenario import Chutes, Faults, Jam, Unplug

START = datetime(2026, 1, 1, tzinfo=UTC)


def _telegrams(sent: list[bytes]) -> list[Telegram]:
    found = OsipDecoder().feed(b"".join(sent))
    assert not any(isinstance(item, Garbage) for item in found)
    return found


def test_every_item_of_a_calm_day_is_confirmed_once_where_it_was_sent(hall, calm, announced) -> None:
    """Without mishaps the truth, the host's memory and the plan are one."""
    line = hall(calm, announced(200))
    line.connect()
    line.finish(200)
    assert {record["tid"] for record in line.truth} == set(line.memory.confirmations)
    assert set(line.memory.confirmations.values()) == {1}
    for record in line.truth:
        assert record["reason"] == "OK"
        assert record["requested"] == record["actual"] == f"c{by_waybill(record['waybill']):02d}"
        assert line.memory.weights[record["tid"]] == pytest.approx(record["weight_g"], abs=3)


def test_items_never_come_closer_than_a_carrier(hall, calm, announced) -> None:
    """Four lanes and the loop meet at the tunnel; two items there at once would share one scan."""
    line = hall(calm, announced(300))
    line.connect(choose=lambda code, pass_no: LOOP_LOCATION if pass_no == 0 and by_waybill(code) % 3 == 0 else chute(3))
    times: list[float] = []
    at_tunnel = line.world._sorter._around.trigger

    def watch(item: Item) -> None:
        times.append(item.tunnel_at)
        at_tunnel(item)

    object.__setattr__(line.world._sorter._around, "trigger", watch)
    line.finish(300)
    assert {record["passes"] for record in line.truth} == {1, 2}
    assert len(times) == sum(record["passes"] for record in line.truth)
    assert min(b - a for a, b in pairwise(sorted(times))) > calm.pitch_s * 0.999


def test_throughput_is_the_rate(hall, calm, announced) -> None:
    """20,000 an hour means one item every 180 ms at the tunnel."""
    line = hall(calm, announced(200))
    line.connect()
    line.run(calm.line.start_delay_s + 100 * calm.pitch_s)
    assert line.world.tally.inducted == pytest.approx(100, abs=1)


@settings(max_examples=12)
@given(st.lists(st.tuples(st.floats(0.001, 5.0), st.floats(0.001, 9.0)), min_size=1, max_size=6))
def test_a_killed_host_loses_no_report(hall, calm, announced, lives: list[tuple[float, float]]) -> None:
    """Reports are kept until acknowledged and sent again as the identical bytes, so each item is confirmed exactly once."""
    line = hall(calm, announced(60))
    line.connect()
    for up_s, down_s in lives:
        line.run(up_s)
        line.kill()
        line.run(down_s)
        line.connect()
    line.finish(60)
    assert len(line.memory.confirmations) == 60
    assert set(line.memory.confirmations.values()) == {1}
    assert line.memory.reasons == Counter(record["reason"] for record in line.truth)


def test_an_acknowledgement_lost_on_the_way_costs_a_repetition_only(hall, calm, announced) -> None:
    """The host had stored the report, the controller never heard of it: the same bytes come again, nothing else."""
    line = hall(calm, announced(20))
    line.connect()
    line.run(0.006)
    line.kill()
    line.connect()
    line.finish(20)
    assert line.memory.repeated == 48
    assert set(line.memory.confirmations.values()) == {1}


def test_a_silent_host_is_reminded(hall, calm, announced) -> None:
    """A report without an answer is sent again after a second, on the same connection."""
    line = hall(calm, announced(5))
    line.connect()
    line.host._send = lambda data: None
    line.run(1.5)
    wires = Counter(line.sent)
    assert sum(count == 2 for count in wires.values()) == 48


def test_items_without_an_order_fall_into_the_safe_chute(hall, calm, announced) -> None:
    """The belt waits for nobody: while the host is dead the line runs on, and what it did not order is late."""
    line = hall(calm, announced(100))
    line.connect()
    line.run(1)
    line.kill()
    line.run(120)
    assert {(record["actual"], record["reason"], record["requested"]) for record in line.truth} == {
        ("c48", "LATE_DECISION", None)
    }
    assert line.world.tally.finished == 100
    line.connect()
    line.finish(100)
    assert line.memory.reasons["LATE_DECISION"] == 100


def test_requests_still_in_time_are_asked_again(hall, calm, announced) -> None:
    """A host that comes back quickly finds the open questions, in the bytes they were first asked in."""
    line = hall(calm, announced(20))
    line.connect()
    line.run(calm.line.start_delay_s + calm.lane.to_tunnel_s + 1.0)
    line.kill()
    line.run(2.0)
    answered = {found.body.barcode for found in _telegrams(line.received) if isinstance(found.body, Res)}
    under_way = [item.request for item in line.world._sorter._asking.values() if item.tid not in answered]
    line.sent.clear()
    line.connect()
    again = [wire for wire in line.sent if isinstance(_telegrams([wire])[0].body, Req)]
    assert answered
    assert again == under_way != []


def test_a_fresh_host_learns_time_chutes_and_backlog_in_this_order(hall, calm, announced) -> None:
    """SYNQ, the state of every chute, then what was never acknowledged."""
    line = hall(calm, announced(10))
    line.connect()
    line.run(3)
    line.kill()
    line.run(1)
    line.sent.clear()
    line.connect()
    kinds = [type(found.body) for found in _telegrams(line.sent)]
    assert kinds[0] is Synq
    assert kinds[1:49] == [Locu] * 48
    assert set(kinds[49:]) == {Upd}


def test_a_stale_chute_state_never_follows_a_newer_one(hall, calm, announced) -> None:
    """A chute that filled and was emptied while nobody listened ends up open in the mind of the next host."""
    chutes = Chutes(count=48, safe=48, capacity=5, emptied_after_s=(8.0, 8.0))
    line = hall(calm.model_copy(update={"chutes": chutes}), announced(80))
    line.connect(choose=lambda code, pass_no: chute(1))
    line.run(8.4)
    line.kill()
    line.run(40)
    line.connect()
    line.finish(80)
    states = {found.body.location: found.body.error for found in line.memory.telegrams if isinstance(found.body, Locu)}
    assert any(found.body.error == "00000041" for found in line.memory.telegrams if isinstance(found.body, Locu))
    assert set(states.values()) == {"00000000"}


def test_a_full_chute_passes_items_on_to_the_safe_one_until_a_person_comes(hall, calm, announced) -> None:
    """What was ordered and what happened differ, and the reason says why."""
    chutes = Chutes(count=48, safe=48, capacity=10, emptied_after_s=(3.0, 3.0))
    line = hall(calm.model_copy(update={"chutes": chutes}), announced(100))
    line.connect(choose=lambda code, pass_no: chute(7))
    line.finish(100)
    outcomes = Counter((record["requested"], record["actual"], record["reason"]) for record in line.truth)
    assert set(outcomes) == {("c07", "c07", "OK"), ("c07", "c48", "CHUTE_FULL")}
    assert outcomes["c07", "c07", "OK"] > 20


def test_a_jammed_chute_is_reported_and_passed_over(hall, calm, announced) -> None:
    """A jam is not a full chute: another person has to come."""
    faults = Faults(jam=(Jam(chute=7, at_s=0.0, for_s=12.0),))
    line = hall(calm.model_copy(update={"faults": faults}), announced(60))
    line.connect(choose=lambda code, pass_no: chute(7))
    line.finish(60)
    assert {record["reason"] for record in line.truth} == {"OK", "CHUTE_JAM"}


@pytest.mark.parametrize("target", ["SRT1CHUT004900000000", "SRT9CHUT000100000000", "SRT1LIFT000100000000", "?", "42"])
def test_an_order_to_nowhere_is_invalid(hall, calm, announced, target: str) -> None:
    """A place the line does not have is an exception for a person, never a crash."""
    line = hall(calm, announced(5))
    line.connect(choose=lambda code, pass_no: target)
    line.finish(5)
    assert {(record["actual"], record["reason"]) for record in line.truth} == {("c48", "INVALID_DEST")}


def test_an_order_after_the_divert_point_is_late(hall, calm, announced) -> None:
    """The deadline is the divert point of the ordered chute, not the last one."""
    line = hall(calm, announced(5))
    line.connect()
    line.host._send, send = lambda data: line.time.after(4.0, lambda: send(data)), line.host._send
    line.finish(5)
    for record in line.truth:
        late = calm.belt.to_chute_s(by_waybill(record["waybill"])) < 4.0
        assert (record["reason"], record["actual"] == "c48") == (("LATE_DECISION", True) if late else ("OK", False))


def test_the_safe_chute_may_be_ordered(hall, calm, announced) -> None:
    """Sent there on purpose is not an exception."""
    line = hall(calm, announced(5))
    line.connect(choose=lambda code, pass_no: chute(48))
    line.finish(5)
    assert {(record["actual"], record["reason"]) for record in line.truth} == {("c48", "OK")}


def test_an_item_goes_round_under_the_same_tid(hall, calm, announced) -> None:
    """Rounds are passes of one item: one tid, one confirmation."""
    line = hall(calm, announced(30))
    line.connect(choose=lambda code, pass_no: LOOP_LOCATION if pass_no < 2 else chute(5))
    line.finish(30)
    assert {record["passes"] for record in line.truth} == {3}
    assert set(line.memory.confirmations.values()) == {1}


def test_mishaps_happen_as_often_as_configured_and_are_told_truthfully(hall, calm, announced) -> None:
    """The truth names what the scanner really did, so a test can blame the right machine."""
    faults = Faults(no_read=0.1, double_read=0.1, garbled=0.1, weight_deviation=0.1, lost_tracking=0.05, retransmit=0.1)
    rows = announced(1000)
    line = hall(calm.model_copy(update={"faults": faults}), rows)
    line.connect()
    line.finish(1000)
    reads = Counter(record["read"] for record in line.truth)
    for read in ("no_read", "double", "garbled"):
        assert reads[read] == pytest.approx(100, abs=40)
    for record in line.truth:
        if record["reason"] == "LOST_TRACKING":
            assert record["actual"] == "lost"
        elif record["read"] == "garbled":
            assert (record["actual"], record["decision_ms"]) == ("c48", None)
        elif record["read"] == "no_read":
            assert record["actual"] == "c47"
        else:
            assert record["actual"] == f"c{by_waybill(record['waybill']):02d}"
    declared = {row.waybill: row.weight_g for row in rows}
    assert sum(declared[record["waybill"]] != record["weight_g"] for record in line.truth) == pytest.approx(100, abs=40)
    assert sum(record["actual"] == "lost" for record in line.truth) == pytest.approx(50, abs=30)
    assert line.memory.repeated > 100
    assert set(line.memory.confirmations.values()) == {1}


def test_an_unplugged_scanner_is_told_as_such(hall, calm, announced) -> None:
    """Frames that met no plug were never sent, which is not the same as unread."""
    faults = Faults(unplug=(Unplug(at_s=6.0, for_s=3.0),))
    line = hall(calm.model_copy(update={"faults": faults}), announced(60))
    line.connect()
    line.finish(60)
    unplugged = [record for record in line.truth if record["read"] == "unplugged"]
    assert len(unplugged) == pytest.approx(3.0 / calm.pitch_s, abs=2)
    assert {record["reason"] for record in unplugged} == {"LATE_DECISION"}


def test_the_decision_time_is_scan_out_to_answer_in(hall, calm, announced) -> None:
    """Scan frames reach the tiny host at once and its answer takes one trip, so every decision takes the latency."""
    line = hall(calm, announced(20))
    line.connect()
    line.finish(20)
    assert [record["decision_ms"] for record in line.truth] == [pytest.approx(4.0)] * 20


def _order(tid: str, receiver: str) -> bytes:
    body = Res(tid, "SRT1TUNN000100000000", chute(3), "", OK, START)
    return encode(Telegram(Header("MFC__", receiver, 1), body))


@pytest.mark.parametrize(("receiver", "reason"), [("SPS01", "OK"), ("SPS99", "LATE_DECISION")])
def test_only_orders_for_this_controller_are_obeyed(hall, calm, announced, receiver: str, reason: str) -> None:
    """OSIP tells subsystems apart by the receiver's name; an order for another sorter is not ours."""
    line = hall(calm.model_copy(update={"faults": Faults(garbled=1.0)}), announced(1))
    line.connect()
    line.run(calm.line.start_delay_s + calm.lane.to_tunnel_s + 0.5)
    line.world.host_received(_order("17672256000000000001", receiver))
    line.finish(1)
    assert line.truth[0]["reason"] == reason


def test_an_answer_without_a_readable_scan_has_no_decision_time(hall, calm, announced) -> None:
    """The host waited for a scan that never came; counting that wait as decision time would blame the host."""
    line = hall(calm.model_copy(update={"faults": Faults(garbled=1.0)}), announced(1))
    line.connect()
    line.run(calm.line.start_delay_s + calm.lane.to_tunnel_s + 0.5)
    line.world.host_received(_order("17672256000000000001", "SPS01"))
    line.finish(1)
    assert (line.truth[0]["read"], line.truth[0]["actual"], line.truth[0]["decision_ms"]) == ("garbled", "c03", None)


def test_the_same_seed_breaks_the_same_parcels(hall, suifenhe, announced) -> None:
    """A failure found once can be looked at again."""

    def day(pause_s: float) -> dict[str, tuple[str, int]]:
        line = hall(suifenhe, announced(400), seed=9)
        line.connect()
        line.run(10)
        line.kill()
        line.run(pause_s)
        line.connect()
        line.finish(400)
        return {record["waybill"]: (record["read"], record["weight_g"]) for record in line.truth}

    quick, slow = day(0.5), day(8.0)
    assert {code for code, (read, _) in quick.items() if read == "no_read"} == {
        code for code, (read, _) in slow.items() if read == "no_read"
    }


def test_the_line_stops_when_its_memory_is_full(hall, calm, announced, monkeypatch) -> None:
    """Better no parcel than one nobody will ever hear of: the line waits until reports are acknowledged again."""
    monkeypatch.setattr("firmware_sim.models.correspondence.MEMORY", 60)
    line = hall(calm, announced(100))
    line.connect()
    line.run(1)
    line.kill()
    line.run(300)
    assert line.world.tally.inducted < 60
    line.connect()
    line.finish(100)
    assert len(line.memory.confirmations) == 100


def test_noise_on_the_socket_changes_nothing(hall, calm, announced) -> None:
    """Garbage, foreign telegrams, orders for unknown items and unknown types are counted and survived."""
    line = hall(calm, announced(50))
    line.connect()
    for number in range(60):
        line.run(0.5)
        line.world.host_received(bytes(range(256)) * 3)
        line.world.host_received(b"###00160MFC__SPS0100001RES_" + b"*" * 133)
        line.world.host_received(b"###00160MFC__SPS01%05dNOPE" % number + b"*" * 133)
        line.world.host_received(b"###00160MFC__SPS9900001ACK_UPD_" + b"*" * 129)
    line.finish(50)
    assert set(line.memory.confirmations.values()) == {1}
    assert line.world.garbage > 0
    assert 1 <= sum(isinstance(found.body, Err) for found in line.memory.telegrams) <= 60
