"""Commands: fenced by version, done once, answered always, journalled before the broker is told."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from devices.contract.commands import Command, CommandReply
from devices.drivers.mt_sics_scale import MtSicsScale
from devices.drivers.osip_sorter import OsipSorter, SorterProfile
from devices.drivers.outputs import CommandDone, Driver, Output
from gateway.backoff import Backoff
from gateway.device import Device
from gateway.downlink.commands import Commands
from gateway.downlink.journal import Ending, Journal
from gateway.outbox import Outbox
from gateway.recorder import Recorder
from gateway.station.core import Station
from gateway.station.items import StationRules
from gateway.station.line import Line
from gateway.uplink.broker import Incoming
from tests.unit.gateway.clocks import FakeClock
from tests.unit.gateway.tables import LINE, FixedTable, plan

pytestmark = pytest.mark.anyio
SORTER, SCALE = f"{LINE}/sorter", f"{LINE}/scale1"


class Bench:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.outbox = Outbox.open(folder, self.clock, "gw1")
        self.replies: list[tuple[str, CommandReply]] = []
        self.acked: list[int] = []
        self.scale = MtSicsScale()
        devices = {
            SORTER: self._device(SORTER, OsipSorter(SorterProfile(), self.clock.wall)),
            SCALE: self._device(SCALE, self.scale),
        }
        recorder = Recorder(self.outbox, self.clock, "sfh-s/_gw/gw1/self")
        station = Station(StationRules(safe_chute="c48"), FixedTable(plan()), lambda name: name.startswith("c"))
        self.line = Line(LINE, station, recorder, self.clock)
        self.commands = Commands(
            self.outbox, self.clock, devices, {SORTER: self.line}, self._reply, lambda m: self.acked.append(m.mid)
        )
        self._mid = 0

    def _device(self, address: str, driver: Driver) -> Device:
        async def never() -> Any:
            raise AssertionError("these tests open no link")

        return Device(
            address=address, kind="x", driver=driver, open_link=never, clock=self.clock, backoff=Backoff(lambda: 0.0),
            sink=self._sink, on_state=lambda device: None, room=self.outbox.room,
        )  # fmt: skip

    def _sink(self, device: Device, outputs: list[Output], at: float) -> None:
        for output in outputs:
            if isinstance(output, CommandDone):
                self.commands.done(output.key, output.code)

    def _reply(self, topic: str, payload: bytes) -> None:
        self.replies.append((topic, CommandReply.model_validate_json(payload)))

    def command(self, name: str, version: int = 1, target: str = "", within_s: float = 30) -> Command:
        deadline = self.clock.wall() + timedelta(seconds=within_s)
        return Command(cmd_id=uuid4(), name=name, target=target, version=version, deadline=deadline)

    async def give(self, command: Command, device: str = SORTER, topic_name: str | None = None) -> tuple[str, str]:
        topic = f"kouan/v1/{device}/cmd/{topic_name or command.name}"
        self.hand_in(topic, command.model_dump_json().encode())
        await self.settle()
        topic, reply = self.replies[-1]
        assert reply.cmd_id == command.cmd_id
        assert topic == f"kouan/v1/{device}/rsp/{topic_name or command.name}"
        return reply.outcome, reply.code

    def hand_in(self, topic: str, payload: bytes) -> None:
        self._mid += 1
        self.commands.receive(Incoming(topic, payload, self._mid, 1, 1))

    async def settle(self) -> None:
        for _ in range(4):
            await self.outbox.barrier()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await bench.outbox.close()


async def test_an_old_close_does_not_undo_a_newer_open(bench: Bench) -> None:
    """Commands that undo each other share a fence; messages can overtake one another."""
    assert await bench.give(bench.command("chute_disable", 1, "c01")) == ("done", "")
    assert await bench.give(bench.command("chute_enable", 3, "c01")) == ("done", "")
    assert await bench.give(bench.command("chute_disable", 2, "c01")) == ("stale", "")
    assert bench.line.station.available("c01")
    assert await bench.give(bench.command("chute_disable", 1, "c02")) == ("done", ""), "each chute has its own fence"
    assert not bench.line.station.available("c02")


async def test_a_command_is_done_once_however_often_it_comes(bench: Bench) -> None:
    disable = bench.command("chute_disable", 1, "c01")
    await bench.give(disable)
    await bench.give(bench.command("chute_enable", 1, "c01"))
    assert await bench.give(disable) == ("done", "")
    assert bench.line.station.available("c01")
    assert bench.acked == [1, 2, 3]


async def test_an_expired_command_is_dropped_and_said(bench: Bench) -> None:
    assert await bench.give(bench.command("chute_disable", 1, "c01", within_s=0)) == ("expired", "")
    assert bench.line.station.available("c01")


async def test_the_topic_and_the_message_must_name_the_same_command(bench: Bench) -> None:
    assert await bench.give(bench.command("zero"), SCALE, "tare") == ("refused", "unknown_command")


async def test_a_scale_is_zeroed_when_it_says_so(bench: Bench) -> None:
    bench.scale.connected(0.0)
    bench.scale.feed(b'I4 A "1"\r\n', 0.0)
    zero = bench.command("zero")
    bench.hand_in(f"kouan/v1/{SCALE}/cmd/zero", zero.model_dump_json().encode())
    await bench.settle()
    assert bench.acked == [1], "the journal has it"
    assert bench.replies == [], "but the scale has not answered yet"
    bench._sink(bench.commands._devices[SCALE], bench.scale.feed(b"Z A\r\n", 1.0), 1.0)
    await bench.settle()
    assert (bench.replies[0][1].outcome, bench.replies[0][1].cmd_id) == ("done", zero.cmd_id)


async def test_the_broker_is_told_only_when_the_journal_is_on_disk(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench.outbox._writer, "put", lambda job: None)
    bench.hand_in(f"kouan/v1/{SORTER}/cmd/ping", bench.command("ping").model_dump_json().encode())
    assert bench.acked == []
    monkeypatch.undo()


async def test_what_ran_when_the_process_ended_is_answered_as_interrupted(bench: Bench, tmp_path: Path) -> None:
    zero = bench.command("zero")
    await bench.outbox.barrier(Journal().accept(SCALE, zero, 0))
    await bench.outbox.close()
    again = Bench(tmp_path)
    await again.commands.restore()
    await again.settle()
    topic, reply = again.replies[0]
    assert topic == f"kouan/v1/{SCALE}/rsp/zero"
    assert (reply.outcome, reply.code) == ("failed", "interrupted")
    assert await again.give(zero, SCALE) == ("failed", "interrupted"), "and never executed late"
    await again.outbox.close()


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"\xff", b"x" * 70_000, b'{"v": 2}', json.dumps({"v": 1}).encode()]
)
async def test_a_malformed_command_is_counted_and_taken_off_the_queue(bench: Bench, payload: bytes) -> None:
    bench.hand_in(f"kouan/v1/{SORTER}/cmd/ping", payload)
    bench.hand_in("kouan/v1/sfh-s/hall/s9/nobody/cmd/ping", bench.command("ping").model_dump_json().encode())
    assert bench.acked == [1, 2]
    assert bench.commands.counters["bad_commands"] == 2


def test_the_journal_forgets_the_oldest_commands() -> None:
    journal = Journal()
    clock = FakeClock()
    first = Command(cmd_id=UUID(int=0), name="ping", version=0, deadline=clock.wall())
    journal.close("d", first, 0, Ending("expired"))
    for number in range(1, 10_001):
        journal.close("d", first.model_copy(update={"cmd_id": UUID(int=number)}), 0, Ending("expired"))
    assert not journal.knows(UUID(int=0))
    assert journal.knows(UUID(int=10_000))
