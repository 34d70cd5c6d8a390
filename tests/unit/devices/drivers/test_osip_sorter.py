"""Telegrams of a sorter controller become facts, and nothing is acknowledged by the driver itself."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.contract.events import Alarm, Body, ChuteState, Induct, ItemLost, SortConfirmation
from devices.contract.reasons import SortReason
from devices.drivers.osip_places import Places
from devices.drivers.osip_sorter import OsipSorter, SorterProfile
from devices.drivers.outputs import DestinationRequest, Noise, Output, Passing, Report, Send, WeighRequest
from devices.protocols.frames import Garbage
from devices.protocols.osip import Ack, Err, Header, Locu, OsipDecoder, Req, Res, Sync, Synq, Telegram, Upd, encode
from devices.protocols.osip import Body as Wire

AT = datetime(2026, 11, 20, 6, 0, 1, tzinfo=UTC)
TID = "17951634900000000017"
OK = "00000000"


def place(kind: str, number: int) -> str:
    return f"SRT1{kind}{number:04d}00000000"


def telegram(body: Wire, seq: int = 7, receiver: str = "MFC__") -> bytes:
    return encode(Telegram(Header("SPS01", receiver, seq), body))


def make(profile: SorterProfile | None = None) -> OsipSorter:
    sorter = OsipSorter(profile or SorterProfile(), lambda: AT)
    sorter.connected(0.0)
    return sorter


def hear(body: Wire, sorter: OsipSorter | None = None) -> Output:
    (output,) = (sorter or make()).feed(telegram(body), 0.0)
    return output


def read(data: bytes) -> Telegram:
    (found,) = OsipDecoder().feed(data)
    assert not isinstance(found, Garbage)
    return found


@pytest.mark.parametrize(
    ("body", "type", "fact"),
    [
        (Upd(TID, place("INDU", 3), OK, AT), "induct", Induct(tid=TID, place="in-3")),
        (
            Upd(TID, place("CHUT", 7), OK, AT),
            "sort_conf",
            SortConfirmation(tid=TID, requested=None, actual="c07", reason=SortReason.OK),
        ),
        (
            Upd(TID, place("CHUT", 48), "00000041", AT),
            "sort_conf",
            SortConfirmation(tid=TID, requested=None, actual="c48", reason=SortReason.CHUTE_FULL),
        ),
        (
            Upd(TID, place("LOOP", 1), "00000053", AT),
            "sort_conf",
            SortConfirmation(tid=TID, requested=None, actual="loop", reason=SortReason.NOT_DIVERTED),
        ),
        (Upd(TID, place("TUNN", 1), "00000052", AT), "item_lost", ItemLost(tid=TID, last_place="tunnel-1")),
        (Locu("SRT1CHUT", place("CHUT", 7), "00000042", AT), "chute_state", ChuteState(chute="c07", state="jam")),
        (Locu("SRT1CHUT", place("CHUT", 7), OK, AT), "chute_state", ChuteState(chute="c07", state="open")),
        (
            Err("SRT1", "00000099", AT),
            "alarm",
            Alarm(code="sorter_error", params={"group": "SRT1", "error": "00000099"}),
        ),
    ],
)
def test_a_report_becomes_a_fact_with_its_receipt(body: Wire, type: str, fact: Body) -> None:
    report = hear(body)
    assert isinstance(report, Report)
    assert (report.type, report.body, report.at, report.src_seq) == (type, fact, AT, "7")
    assert report.identity == telegram(body)
    assert report.receipt is not None
    receipt = read(report.receipt)
    assert receipt.header == Header("MFC__", "SPS01", 7)
    assert receipt.body == Ack(telegram(body)[23:27].decode())


def test_an_item_on_a_scale_asks_for_its_weight_and_one_elsewhere_only_passes() -> None:
    weigh = hear(Upd(TID, place("SCAL", 2), OK, AT))
    assert isinstance(weigh, WeighRequest)
    assert (weigh.tid, weigh.place) == (TID, "scale-2")
    passing = hear(Upd(TID, place("LOOP", 1), OK, AT))
    assert isinstance(passing, Passing)
    assert passing.receipt is not None


def test_a_plain_osip_controller_gets_no_acknowledgements() -> None:
    report = hear(Upd(TID, place("INDU", 1), OK, AT), make(SorterProfile(acknowledge=False)))
    assert isinstance(report, Report)
    assert report.receipt is None


def test_a_request_is_answered_with_names_swapped_and_the_next_number() -> None:
    sorter = make()
    request = hear(Req(TID, place("TUNN", 1), "?", OK, AT), sorter)
    assert isinstance(request, DestinationRequest)
    answer = read(sorter.answer(request, "c07"))
    assert answer.header == Header("MFC__", "SPS01", 8)
    assert answer.body == Res(TID, place("TUNN", 1), place("CHUT", 7), "SRT1CHUT", OK, AT)
    again = read(sorter.answer(request, None)).body
    assert isinstance(again, Res)
    assert again.target == place("LOOP", 1)
    with pytest.raises(ValueError, match="gate 7"):
        sorter.answer(request, "gate 7")


def test_the_same_question_has_the_same_occasion_whatever_its_number() -> None:
    sorter = make()
    body = Req(TID, place("TUNN", 1), "?", OK, AT)
    (first,) = sorter.feed(telegram(body, 7), 0.0)
    (same,) = sorter.feed(telegram(body, 8), 0.0)
    (later,) = sorter.feed(telegram(replace(body, at=AT.replace(minute=5)), 9), 0.0)
    assert isinstance(first, DestinationRequest)
    assert isinstance(same, DestinationRequest)
    assert isinstance(later, DestinationRequest)
    assert first.occasion == same.occasion != later.occasion


def test_the_time_is_told_at_once() -> None:
    answer = hear(Synq(AT))
    assert isinstance(answer, Send)
    assert read(answer.data) == Telegram(Header("MFC__", "SPS01", 8), Sync(AT))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (Upd(TID, "FGINIPNT000100000000", OK, AT), "unknown_place"),
        (Upd(TID, place("CHUT", 1), "00009999", AT), "unknown_error"),
        (Upd("no such tid!", place("CHUT", 1), OK, AT), "bad_tid"),
        (Locu("SRT1CHUT", place("CHUT", 7), "00000051", AT), "unknown_state"),
    ],
)
def test_a_telegram_that_makes_no_sense_is_an_alarm_and_is_acknowledged(body: Wire, why: str) -> None:
    """Without a receipt the controller would send it for ever, and everything behind it would wait."""
    report = hear(body)
    assert isinstance(report, Report)
    assert isinstance(report.body, Alarm)
    assert report.body.code == "telegram_not_understood"
    assert report.body.params["why"] == why
    assert report.receipt is not None


def test_telegrams_for_somebody_else_are_noise() -> None:
    (output,) = make().feed(telegram(Synq(AT), receiver="OTHER"), 0.0)
    assert output == Noise(160, "not_for_us")


def test_places_and_errors_are_configuration() -> None:
    profile = SorterProfile(
        places={"INDU": "lane{n}", "CHUT": "out-{n:03d}", "LOOP": "loop"},
        reasons={OK: SortReason.OK, "E7": SortReason.CHUTE_JAM},
    )
    report = hear(Upd(TID, place("CHUT", 7), "E7", AT), make(profile))
    assert isinstance(report, Report)
    assert report.body == SortConfirmation(tid=TID, requested=None, actual="out-007", reason=SortReason.CHUTE_JAM)


@given(st.integers(0, 9999))
def test_a_chute_name_and_its_location_are_each_others_inverse(number: int) -> None:
    places = Places("SRT1")
    assert places.read(places.write(f"c{number:02d}")) == ("CHUT", f"c{number:02d}")


@pytest.mark.parametrize("name", ["", "c", "c7", "c007", "C07", "c07 ", "x07", "c99999", "loop", "in-1"])
def test_only_exact_chute_names_are_chutes(name: str) -> None:
    assert not Places("SRT1").has_chute(name)


def test_a_half_telegram_from_before_the_break_is_forgotten() -> None:
    sorter = make()
    data = telegram(Upd(TID, place("INDU", 1), OK, AT))
    assert sorter.feed(data[:100], 0.0) == []
    sorter.connected(1.0)
    assert [type(o) for o in sorter.feed(data[100:] + data, 1.0)] == [Noise, Report]
