"""What drivers that ask do with answers, refusals and silence: byte by byte, with a clock of the test's own."""

from datetime import UTC, datetime
from typing import Any

import pytest

from devices.contract.events import Weight
from devices.drivers.asking import Asker, Question
from devices.drivers.numbered_chutes import NumberedChutes
from devices.drivers.outputs import (
    CommandDone,
    DestinationRequest,
    Driver,
    Health,
    Noise,
    Output,
    Report,
    Sample,
    Send,
    WeighRequest,
)
from devices.drivers.probe_watch import Probe, ProbeWatch
from devices.drivers.registry import KINDS, build_driver
from devices.protocols.modbus_tcp import RequestDecoder, Values, Write, encode_response
from devices.protocols.sorter_mailbox import Answer, Event, Shown, read_answer, write_shown
from devices.protocols.zpl_status import HostStatus, encode


def made(kind: str, **keys: Any) -> Any:
    device = KINDS[kind].settings.model_validate({"kind": kind, "address": "s/a/l/d", "link": "tcp:h:1"} | keys)
    return build_driver(device, lambda: datetime(2026, 11, 20, 8, tzinfo=UTC))


def sent(outputs: list[Output]) -> bytes:
    return b"".join(output.data for output in outputs if isinstance(output, Send))


def only(outputs: list[Output], kind: type[Output]) -> list[Any]:
    return [output for output in outputs if isinstance(output, kind)]


class TestAsker:
    def test_a_question_waits_for_the_one_before_it(self) -> None:
        """Answers carry no number; two questions on the wire would be two answers that nobody can tell apart."""
        asker = Asker(1.0)
        asker.reset(opened=True)
        assert sent(asker.ask(Question("a", b"A", "k1"), 0.0)) == b"A"
        assert asker.ask(Question("b", b"B", "k2"), 0.0) == []
        out = asker.answered(0.5)
        assert (only(out, CommandDone), sent(out)) == ([CommandDone("k1", "")], b"B")

    def test_silence_is_repeated_then_told_once(self) -> None:
        asker = Asker(1.0)
        asker.reset(opened=True)
        asker.ask(Question("a", b"A", "k", attempts=2), 0.0)
        assert asker.tick(0.9) == ([], None)
        assert sent(asker.tick(1.0)[0]) == b"A"
        out, lost = asker.tick(2.0)
        assert (lost.name, only(out, CommandDone)) == ("a", [CommandDone("k", "timeout")])  # type: ignore[union-attr]
        assert only(out, Health) == [Health(False, "no answer")]
        asker.ask(Question("a", b"A"), 3.0)
        assert only(asker.tick(4.0)[0], Health) == []
        asker.ask(Question("a", b"A"), 5.0)
        assert only(asker.answered(5.1), Health) == [Health(True, "")]

    def test_without_a_link_nothing_is_asked(self) -> None:
        """A command to a device that is not there must be answered, not kept for whoever comes next."""
        asker = Asker(1.0)
        assert asker.ask(Question("a", b"A", "k"), 0.0) == [CommandDone("k", "not_connected")]
        asker.reset(opened=True)
        asker.ask(Question("a", b"A", "k"), 0.0)
        assert asker.reset(opened=False) == [CommandDone("k", "link_lost")]
        assert asker.due() is None

    def test_a_full_queue_refuses(self) -> None:
        asker = Asker(1.0)
        asker.reset(opened=True)
        out = [output for number in range(18) for output in asker.ask(Question("a", b"A", f"k{number}"), 0.0)]
        assert only(out, CommandDone) == [CommandDone("k17", "busy")]


class TestPolledScale:
    def scale(self, language: str = "dini_argeo", **keys: Any) -> Any:
        driver = made("polled_scale", language=language, **keys)
        driver.connected(0.0)
        return driver

    def test_a_legal_record_is_asked_for_once_a_load_and_kept_with_it(self) -> None:
        """Every PID makes a record that is kept for years; the slow rhythm must not make one a second."""
        scale = self.scale()
        scale.feed(b"ST,GS,   0.000,kg\r\n", 0.1)
        scale.tick(1.0)
        assert sent(scale.feed(b"ST,GS,   1.500,kg\r\n", 1.1)) == b"PID\r\n"
        out = scale.feed(b"PIDST,1,     1.500kg,       0.000kg,00001-000042\r\n", 1.2)
        (report,) = only(out, Report)
        assert report.body == Weight(tid=None, outcome="stable", weight_g=1500, alibi="00001-000042")
        scale.tick(2.0)
        assert sent(scale.feed(b"ST,GS,   1.500,kg\r\n", 2.1)) == b""

    def test_a_record_that_does_not_come_does_not_cost_the_weight(self) -> None:
        scale = self.scale(answer_within_s=1.0, attempts=1)
        scale.feed(b"ST,GS,   0.000,kg\r\n", 0.1)
        scale.tick(1.0)
        assert only(scale.feed(b"ST,GS,   1.500,kg\r\n", 1.1), Report) == []
        (report,) = only(scale.tick(2.2), Report)
        assert (report.body.weight_g, report.body.alibi) == (1500, "")

    def test_a_record_of_another_weight_is_not_this_ones(self) -> None:
        scale = self.scale()
        scale.feed(b"ST,GS,   0.000,kg\r\n", 0.1)
        scale.tick(1.0)
        scale.feed(b"ST,GS,   1.500,kg\r\n", 1.1)
        (report,) = only(scale.feed(b"PIDST,1,     1.700kg,       0.000kg,00001-000043\r\n", 1.2), Report)
        assert (report.body.weight_g, report.body.alibi) == (1500, "")

    def test_an_item_that_asks_is_asked_for_until_it_lies_still(self) -> None:
        scale = self.scale("sma")
        scale.feed(b"\nZ1G       0.000kg \r", 0.1)
        assert sent(scale.weigh("t1", 1.0)) == b"\nW\r"
        assert only(scale.feed(b"\n 1GM      0.900kg \r", 1.01), Report) == []
        assert scale.due() == pytest.approx(1.06)
        assert sent(scale.tick(1.06)) == b"\nW\r"
        (report,) = only(scale.feed(b"\n 1G       1.234kg \r", 1.1), Report)
        assert (report.body.tid, report.body.weight_g) == ("t1", 1234)

    def test_zero_is_done_when_the_next_weight_shows_it(self) -> None:
        """Most of these languages answer nothing to a zero; a weight that is still there says that it was refused."""
        scale = self.scale("and_scale")
        scale.feed(b"ST,GS,+0000.00kg\r\n", 0.1)
        assert sent(scale.command("zero", "k1", 1.0)) == b"Z\r\nQ\r\n"
        assert only(scale.feed(b"ST,GS,+0000.00kg\r\n", 1.1), CommandDone) == [CommandDone("k1", "")]
        scale.command("zero", "k2", 2.0)
        assert only(scale.feed(b"ST,GS,+0005.00kg\r\n", 2.1), CommandDone) == [CommandDone("k2", "not_executable")]

    def test_a_word_that_the_model_does_not_have_is_unsupported(self) -> None:
        assert self.scale("ohaus").command("tare", "k", 0.0) == [CommandDone("k", "unsupported")]

    def test_an_answer_that_nobody_asked_for_is_noise(self) -> None:
        scale = self.scale("and_scale")
        scale.feed(b"ST,GS,+0000.00kg\r\n", 0.1)
        assert only(scale.feed(b"ST,GS,+0009.00kg\r\n", 0.2), Noise) == [Noise(0, "unexpected_answer")]


class TestReaders:
    def test_refusals_of_a_menu_scanner_have_their_reason(self) -> None:
        """ENQ: no such tag; NAK: data out of range. A setting that was not taken is a scanner that reads other codes."""
        scanner = made("menu_scanner", menu=["232BAD9"], aim=False)
        assert sent(scanner.connected(0.0)) == b"\x16M\r232BAD9!"
        out = scanner.feed(b"232BAD9\x06!CODE1\r\n", 0.1)
        assert [report.body.codes[0].text for report in only(out, Report)] == ["CODE1"]
        assert sent(scanner.command("trigger_on", "k", 1.0)) == b"\x16T\r"

    def test_an_answer_with_another_number_is_stale(self) -> None:
        reader = made("dmcc_reader")
        first = sent(reader.connected(0.0))
        assert first == b"||0:1>SET COM.DMCC-RESPONSE 1\r\n"
        assert only(reader.feed(b"||0:9[0]\r\n", 0.1), Noise) == [Noise(0, "unexpected_answer")]
        reader.feed(b"||0:1[0]\r\n", 0.2)
        assert sent(reader.command("beep", "k", 1.0)) == b"||0:2>BEEP\r\n"
        assert only(reader.feed(b"||0:2[101]\r\n", 1.1), CommandDone) == [CommandDone("k", "unknown_command")]

    def test_a_no_read_is_a_scan_without_codes(self) -> None:
        reader = made("cola_scanner")
        assert sent(reader.connected(0.0)) == b"\x02sEN ODOprint 1\x03"
        reader.feed(b"\x02sEA ODOprint 1\x03", 0.1)
        (report,) = only(reader.feed(b"\x02sSN ODOprint NoRead\x03", 0.2), Report)
        assert report.body.outcome == "no_read"
        (report,) = only(reader.feed(b"\x02sSN ODOprint ]C0ABC;]Q3DEF\x03", 0.3), Report)
        assert [(code.symbology, code.text) for code in report.body.codes] == [("C0", "ABC"), ("Q3", "DEF")]


class TestPrinter:
    def test_trouble_is_said_once_and_stops_the_test_print(self) -> None:
        printer = made("label_printer", ask_every_s=5)
        assert sent(printer.connected(0.0)) == b"~HS\r\n"
        out = printer.feed(encode(HostStatus(paper_out=True, head_up=True)), 0.1)
        assert Health(False, "paper out, head up") in out
        assert printer.command("test_print", "k1", 1.0) == [CommandDone("k1", "not_executable")]
        assert sent(printer.tick(5.1)) == b"~HS\r\n"
        assert only(printer.feed(encode(HostStatus(paper_out=True, head_up=True)), 5.2), Health) == []
        printer.tick(10.3)
        assert Health(True, "") in printer.feed(encode(HostStatus()), 10.4)
        assert sent(printer.command("test_print", "k2", 11.0)).startswith(b"^XA")

    def test_a_printer_that_falls_silent_is_told(self) -> None:
        """Many say nothing while they are out of paper."""
        printer = made("label_printer", answer_within_s=3)
        printer.connected(0.0)
        assert sent(printer.tick(3.0)) == b"~HS\r\n"
        assert only(printer.tick(6.0), Health) == [Health(False, "no answer")]


class TestSorters:
    def test_a_question_over_the_mailbox_is_ticked_off_by_its_answer(self) -> None:
        """One write: what was taken, and where the item goes. Two writes could be torn apart by a lost link."""
        sorter = made("mailbox_sorter", base=100)
        (request,) = RequestDecoder().feed(sent(sorter.connected(0.0)))
        assert (request.address, request.count) == (100, 10)  # type: ignore[union-attr]
        shown = Shown(Event(1, 9, "wanted", 70_000, 3, 0), 5, 0, 1)
        out = sorter.feed(encode_response(Values(1, 1, 3, write_shown(shown))), 0.01)
        (asked,) = only(out, DestinationRequest)
        (write,) = RequestDecoder().feed(sorter.answer(asked, "c12"))
        assert isinstance(write, Write)
        assert (write.address, read_answer(write.values)) == (132, Answer(9, 6, 70_000, 12))
        with pytest.raises(ValueError, match="no chute"):
            sorter.answer(asked, "c99")

    def test_a_controller_with_telegrams_asks_weighs_and_confirms(self) -> None:
        sorter = made("telegram_sorter")
        head = b"/Send:SORTER/Rec:WMS/Time:2026-11-20T08:00:00/Function:"
        (asked,) = sorter.feed(b"/Seq:007" + head + b"ZoneEntry/HU:42/Src:loop-1//End/", 0.0)
        wire = sorter.answer(asked, "c07")
        assert wire.startswith(b"/Seq:007/Send:WMS/Rec:SORTER/")
        assert wire.endswith(b"/Function:Tord/HU:42/Src:loop-1/Dest:7//End/")
        (weigh,) = sorter.feed(b"/Seq:008" + head + b"PosPass/HU:42/Src:in-1/Scale:scale-1//End/", 0.1)
        assert (weigh.place, isinstance(weigh, WeighRequest)) == ("scale-1", True)
        (dropped,) = sorter.feed(b"/Seq:009" + head + b"Drop/HU:42/Dest:7/Result:FULL//End/", 0.2)
        assert (dropped.body.actual, dropped.body.reason) == ("c07", "CHUTE_FULL")
        (odd,) = sorter.feed(b"/Seq:010" + head + b"Dance/HU:42/Src:x//End/", 0.3)
        assert (odd.type, odd.receipt is not None) == ("alarm", True)
        assert only(sorter.feed(b"/Seq:011" + head.replace(b"WMS", b"XXX") + b"Drop/HU:1/Dest:7//End/", 0.4), Noise)

    def test_numbered_chutes_are_each_others_inverse(self) -> None:
        chutes = NumberedChutes("c{n:02d}", 48)
        assert all(chutes.number(chutes.name(number)) == number for number in range(1, 49))
        assert (chutes.number(None), chutes.name(0), chutes.name(49)) == (0, None, None)
        assert not any(map(chutes.has_chute, ["c1", "c49", "c00", "x01", "c001"]))


def test_a_value_on_the_limit_is_no_row_of_alarms() -> None:
    """High above 8.0, over below 7.5: a compressor that cycles around its limit is one fact."""
    watch = ProbeWatch([Probe("door", None, 8000)], 500, record_every_s=300, sample_every_s=1e9)
    values = [4000, 8100, 7900, 8100, 7600, 7500, 8000, 8001]
    states = [
        (milli, report.body.state)
        for second, milli in enumerate(values)
        for report in watch.take("door", milli, float(second))
        if isinstance(report, Report)
    ]
    assert states == [(4000, "ok"), (8100, "high"), (7500, "ok"), (8001, "high")]
    assert [type(one) for one in watch.take("door", 8001, 400.0)] == [Report]
    assert [one.body.state for one in watch.take("door", None, 401.0) if isinstance(one, Report)] == ["fault"]


def test_samples_of_a_probe_are_for_the_screen() -> None:
    watch = ProbeWatch([Probe("door")], 0, 1e9, 10.0)
    out = [output for second in range(21) for output in watch.take("door", 4000, float(second))]
    assert len(only(out, Sample)) == 3


def test_every_driver_takes_any_bytes_and_any_silence() -> None:
    """No kind raises on noise, on ticks or on the end of its link, in any order."""
    least: dict[str, dict[str, Any]] = {
        "streaming_scale": {"language": "cas"}, "polled_scale": {"language": "sma"}, "dimensioner": {"language": "cubiscan"},
        "modbus_probe": {"probes": [{"name": "door"}]}, "json_probe": {"probes": [{"name": "door"}]},
    }  # fmt: skip
    for kind in KINDS:
        driver: Driver = made(kind, **least.get(kind, {}))
        driver.feed(b"before the link", 0.0)
        driver.connected(1.0)
        for second in range(2, 40):
            driver.feed(bytes((second * 37 + place * 11) % 256 for place in range(50)), float(second))
            driver.tick(float(second))
            assert (due := driver.due()) is None or due == due
        driver.disconnected()
        driver.connected(50.0)
        driver.disconnected()


def test_a_record_that_is_posted_again_is_one_parcel_when_it_has_a_time() -> None:
    """Equal records without a time may be two equal parcels; nothing is dropped on a guess."""
    keys = {"keys": {"barcode": "b", "timestamp": "ts"}, "terminator": "\n", "link": "http:127.0.0.1:1/dws"}
    station = made("dws_station", **keys, acknowledge="ok")
    timed = b'{"b": "A1", "ts": "08:00"}\n'
    first, second = station.feed(timed * 2, 0.0)
    assert (first.identity, first.receipt) == (second.identity, b"ok")
    (untimed,) = station.feed(b'{"b": "A1"}\n', 0.1)
    assert (untimed.identity, untimed.receipt) == (None, b"ok")
    with pytest.raises(ValueError, match="acknowledge"):
        made("dws_station", **keys)
