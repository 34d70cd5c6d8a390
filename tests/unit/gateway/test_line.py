"""The order of the edge: on disk first, then the receipt or the answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devices.contract.envelope import Envelope
from devices.drivers.mt_sics_scale import MtSicsScale
from devices.drivers.osip_places import Places
from devices.drivers.osip_sorter import OsipSorter, SorterProfile
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols.frames import Garbage
from devices.protocols.osip import Ack, Body, Header, Locu, OsipDecoder, Req, Res, Telegram, Upd, encode
from devices.protocols.plain_serial import ScanMessage, ScannerFormat
from devices.protocols.plain_serial import encode as encode_scan
from devices.transports.link import ByteLink, LinkLost, LinkRefused
from devices.transports.memory import MemoryLink, memory_pair
from gateway.backoff import Backoff
from gateway.device import Device
from gateway.outbox import Outbox
from gateway.outbox.outbox import PENDING_LIMIT
from gateway.recorder import Recorder
from gateway.station.core import Station
from gateway.station.items import StationRules
from gateway.station.line import Line
from tests.unit.gateway.clocks import FakeClock
from tests.unit.gateway.tables import LINE, FixedTable, plan

pytestmark = pytest.mark.anyio
AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
OK = "00000000"
TID = "17951634900000000017"


def place(kind: str, number: int) -> str:
    return f"SRT1{kind}{number:04d}00000000"


class Machine:
    """A device of the gateway and the test's end of its link."""

    def __init__(self, bench: "Bench", name: str, kind: str, driver: object) -> None:
        self.wire: MemoryLink
        self.heard = bytearray()
        self.absent = False
        self._bench = bench
        self.device = Device(
            address=f"{LINE}/{name}", kind=kind, driver=driver, open_link=self._open, clock=bench.clock,  # type: ignore[arg-type]
            backoff=Backoff(lambda: 0.0), sink=lambda device, out, at: bench.line.handle(device, out, at),
            on_state=lambda device: bench.line.device_changed(device), room=bench.outbox.room,
        )  # fmt: skip
        self._listener: asyncio.Task[None] | None = None
        self.task = asyncio.create_task(self.device.run())

    async def _open(self) -> ByteLink:
        if self.absent:
            raise LinkRefused("nobody there")
        ours, self.wire = memory_pair()
        self._listener = asyncio.create_task(self._listen(self.wire))
        return ours

    async def _listen(self, wire: MemoryLink) -> None:
        with contextlib.suppress(LinkLost):
            while True:
                self.heard += await wire.read()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, *([self._listener] if self._listener else []), return_exceptions=True)


class Bench:
    """One line with a sorter, a scanner and a scale, a real outbox and a clock that stands still."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.outbox = Outbox.open(folder, self.clock, "gw1")
        self.table = FixedTable(plan())
        self.recorder = Recorder(self.outbox, self.clock, "sfh-s/_gw/gw1/self")
        station = Station(StationRules(safe_chute="c48"), self.table, Places("SRT1").has_chute)
        self.line = Line(LINE, station, self.recorder, self.clock)
        self.sorter = Machine(self, "sorter", "osip_sorter", OsipSorter(SorterProfile(), self.clock.wall))
        self.scanner = Machine(self, "scanner1", "tunnel_scanner", TunnelScanner(ScannerFormat()))
        self.scale = Machine(self, "scale1", "mt_sics_scale", MtSicsScale())
        self.line.assemble(self.sorter.device, {"scale-1": self.scale.device})
        self._seq = 0

    async def settle(self) -> None:
        """Until everything that was appended is on disk and everything that follows from it has happened."""
        for _ in range(5):
            for _ in range(5):
                await asyncio.sleep(0)
            await self.outbox.barrier()

    def plc(self, body: Body) -> bytes:
        self._seq += 1
        data = encode(Telegram(Header("SPS01", "MFC__", self._seq), body))
        self.sorter.wire.write(data)
        return data

    def scan(self, *texts: str) -> None:
        codes = tuple(("C0", text) for text in texts)
        self.scanner.wire.write(encode_scan(ScannerFormat(), ScanMessage(TID, codes, "good" if codes else "no_read")))

    def told(self) -> list[Body]:
        found = OsipDecoder().feed(bytes(self.sorter.heard))
        return [telegram.body for telegram in found if not isinstance(telegram, Garbage)]

    def answers(self) -> list[str]:
        return [body.target for body in self.told() if isinstance(body, Res)]

    async def events(self, name: str) -> list[Envelope]:
        rows = await self.outbox.read(f"{LINE}/{name}", self.outbox.boot, 0, 999)
        return [Envelope.model_validate_json(row.payload) for row in rows]

    async def stop(self) -> None:
        for machine in (self.sorter, self.scanner, self.scale):
            await machine.stop()
        self.line.stop()
        await self.outbox.close()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    await bench.settle()
    yield bench
    await bench.stop()


def hold_the_disk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let the writer take no job until the test gives them to it."""
    held: list[object] = []
    monkeypatch.setattr(bench.outbox._writer, "put", held.append)
    return held


async def turn_the_loop() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_the_journey_of_one_item(bench: Bench) -> None:
    bench.scale.wire.write(b'I4 A "1"\r\n')
    bench.plc(Upd(TID, place("INDU", 1), OK, AT))
    bench.plc(Upd(TID, place("SCAL", 1), OK, AT))
    await bench.settle()
    assert bytes(bench.scale.heard) == b"@\r\nS\r\n"
    bench.scale.wire.write(b"S S     25.000 kg\r\n")
    bench.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    await bench.settle()
    bench.scan("MOSCOW")
    await bench.settle()
    bench.plc(Upd(TID, place("CHUT", 9), OK, AT))
    await bench.settle()
    assert bench.answers() == [place("CHUT", 9)], "the heavy chute, because the weight was known"
    assert [event.type for event in await bench.events("sorter")] == ["induct", "decision", "sort_conf"]
    decision = (await bench.events("sorter"))[1].data
    assert (decision["weight_g"], decision["code"], decision["plan_version"]) == (25_000, "MOSCOW", 1)
    assert (await bench.events("sorter"))[2].data["requested"] == "c09"
    assert [event.data["weight_g"] for event in await bench.events("scale1")] == [25_000]
    assert sum(isinstance(body, Ack) for body in bench.told()) == 3


async def test_no_receipt_before_the_commit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    held = hold_the_disk(bench, monkeypatch)
    bench.plc(Upd(TID, place("INDU", 1), OK, AT))
    await turn_the_loop()
    assert len(held) == 1
    assert bench.told() == []


async def test_no_answer_before_its_decision_is_committed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    held = hold_the_disk(bench, monkeypatch)
    bench.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    await turn_the_loop()
    bench.scan("MOSCOW")
    await turn_the_loop()
    assert bench.answers() == []
    monkeypatch.undo()
    for job in held:
        bench.outbox._writer.put(job)  # type: ignore[arg-type]  # what was held are jobs
    await bench.settle()
    assert bench.answers() == [place("CHUT", 1)]


async def test_while_the_disk_is_far_behind_devices_are_not_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk must stop the line, not fill the memory; the controller keeps what it has no receipt for."""
    held = hold_the_disk(bench, monkeypatch)
    for number in range(PENDING_LIMIT + 500):
        bench.plc(Upd(f"t{number}", place("INDU", 1), OK, AT))
    for _ in range(300):
        await turn_the_loop()
    assert len(held) == PENDING_LIMIT
    monkeypatch.undo()
    for job in held:
        bench.outbox._writer.put(job)  # type: ignore[arg-type]  # what was held are jobs
    for _ in range(30):
        await bench.settle()
    assert len(await bench.events("sorter")) == 999
    assert bench.outbox.last_seq(f"{LINE}/sorter") == PENDING_LIMIT + 500


async def test_a_repeated_telegram_is_receipted_again_and_recorded_once(bench: Bench) -> None:
    data = bench.plc(Upd(TID, place("INDU", 1), OK, AT))
    await bench.settle()
    bench.sorter.wire.write(data * 2)
    await bench.settle()
    assert len(await bench.events("sorter")) == 1
    assert len(bench.told()) == 3
    assert bench.recorder.retransmits == 2


async def test_a_repeated_weighing_request_does_not_weigh_again(bench: Bench) -> None:
    """By then another item may lie on the scale."""
    bench.scale.wire.write(b'I4 A "1"\r\n')
    data = bench.plc(Upd(TID, place("SCAL", 1), OK, AT))
    await bench.settle()
    bench.sorter.wire.write(data)
    await bench.settle()
    assert bytes(bench.scale.heard).count(b"S\r\n") == 1


async def test_a_double_scan_is_recorded_and_not_decided_again(bench: Bench) -> None:
    bench.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    await bench.settle()
    bench.scan("MOSCOW")
    bench.scan("MOSCOW")
    await bench.settle()
    assert len(await bench.events("scanner1")) == 2
    assert len(bench.answers()) == 1


async def test_a_contradicting_scan_raises_an_alarm(bench: Bench) -> None:
    bench.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    await bench.settle()
    bench.scan("MOSCOW")
    bench.scan("IRKUTSK")
    await bench.settle()
    assert [e.data["code"] for e in await bench.events("scanner1") if e.type == "alarm"] == ["conflicting_scan"]
    assert bench.answers() == [place("CHUT", 1)]


async def test_the_deadline_answers_from_the_timer(bench: Bench) -> None:
    bench.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    await bench.settle()
    bench.clock.advance(1.5)
    bench.line._ring()
    await bench.settle()
    assert bench.answers() == [place("CHUT", 44)]


async def test_an_unchanged_chute_state_is_receipted_but_is_no_event(bench: Bench) -> None:
    for _ in range(3):
        bench.plc(Locu("SRT1CHUT", place("CHUT", 1), "00000041", AT))
    bench.plc(Locu("SRT1CHUT", place("CHUT", 1), OK, AT))
    await bench.settle()
    assert [event.data["state"] for event in await bench.events("sorter")] == ["full", "open"]
    assert len(bench.told()) == 4


async def cut_off(bench: Bench) -> None:
    """The controller asked, then its link broke; the scan comes while nobody is there."""
    bench.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    await bench.settle()
    bench.sorter.absent = True
    bench.sorter.wire.close()
    await turn_the_loop()
    bench.scan("MOSCOW")
    await bench.settle()
    assert bench.answers() == []


async def test_an_answer_the_controller_never_heard_is_given_after_the_reconnect(bench: Bench) -> None:
    await cut_off(bench)
    bench.sorter.absent = False
    await bench.settle()
    assert bench.answers() == [place("CHUT", 1)]
    assert len([e for e in await bench.events("sorter") if e.type == "decision"]) == 1


async def test_an_answer_past_its_deadline_is_not_given_any_more(bench: Bench) -> None:
    """By then the controller has used its own safe chute."""
    await cut_off(bench)
    bench.clock.advance(60)
    bench.sorter.absent = False
    await bench.settle()
    assert bench.answers() == []


async def test_an_answer_outlives_the_process(bench: Bench, tmp_path: Path) -> None:
    bench.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    bench.scan("MOSCOW")
    await bench.settle()
    await bench.stop()
    again = Bench(tmp_path)
    again.table.current = None
    await again.line.restore(again.outbox)
    await again.settle()
    again.plc(Req(TID, place("TUNN", 1), "?", OK, AT))
    await again.settle()
    assert again.answers() == [place("CHUT", 1)]
    assert await again.events("sorter") == []
    await again.stop()


async def test_a_closed_chute_stays_closed_over_a_restart(bench: Bench, tmp_path: Path) -> None:
    row = bench.line.set_chute("c01", closed=True)
    assert row is not None
    await bench.outbox.barrier([row])
    assert bench.line.set_chute("gate 7", closed=True) is None
    await bench.stop()
    again = Bench(tmp_path)
    await again.line.restore(again.outbox)
    assert not again.line.station.available("c01")
    await again.stop()
