"""Life signs: everything at every connect, the gateway's at once and not an interval later."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from devices.contract.status import GatewayState
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols.plain_serial import ScannerFormat
from gateway import life_signs
from gateway.backoff import Backoff
from gateway.device import Device
from gateway.factsheet import factsheet
from gateway.life_signs import DEVICES_EVERY_S, LifeSigns
from gateway.outbox import Outbox
from gateway.settings import ScannerDevice
from tests.unit.gateway.clocks import FakeClock
from tests.unit.gateway.tables import LINE

pytestmark = pytest.mark.anyio
SCANNER = f"{LINE}/scanner1"


async def test_everything_is_said_at_a_connect_and_devices_again_at_intervals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life_signs, "GATEWAY_EVERY_S", 0.02)
    clock = FakeClock()
    outbox = Outbox.open(tmp_path, clock, "gw1")
    said: list[tuple[str, Any]] = []

    async def never() -> Any:
        raise AssertionError("this test opens no link")

    device = Device(
        address=SCANNER, kind="tunnel_scanner", driver=TunnelScanner(ScannerFormat()), open_link=never, clock=clock,
        backoff=Backoff(lambda: 0.0), sink=lambda *what: None, on_state=lambda device: None, room=outbox.room,
    )  # fmt: skip
    sheet = factsheet(ScannerDevice(kind="tunnel_scanner", address=SCANNER, link="serial:/dev/ttyS0"), "gw1")
    life = LifeSigns(
        "sfh-s", "gw1", outbox, clock, {SCANNER: device}, {SCANNER: sheet},
        lambda topic, payload: said.append((topic.removeprefix("kouan/v1/"), json.loads(payload))),
    )  # fmt: skip

    async def measure() -> GatewayState:
        return GatewayState(
            ts=clock.wall(), boot=outbox.boot, outbox_rows=0, outbox_oldest_s=0, plan_version=0, directory_entries=0,
            decision_p50_ms=0, decision_p99_ms=0, durable_p50_ms=0, durable_p99_ms=0, late_decisions=0, dead_letters=0,
        )  # fmt: skip

    async def topics() -> list[str]:
        for _ in range(10):
            await asyncio.sleep(0)
        found = [topic for topic, _ in said]
        said.clear()
        return found

    task = asyncio.create_task(life.run(measure))
    assert await topics() == ["sfh-s/_gw/gw1/state"]
    life.announce_all()
    everything = [
        "sfh-s/_gw/gw1/connection", "sfh-s/_gw/gw1/state", f"{SCANNER}/factsheet", f"{SCANNER}/connection",
        f"{SCANNER}/state",
    ]  # fmt: skip
    assert await topics() == everything
    clock.advance(DEVICES_EVERY_S)
    await asyncio.sleep(0.1)  # an interval of the gateway's own
    said_of_device = [topic for topic in await topics() if topic.startswith(SCANNER)]
    assert said_of_device == [f"{SCANNER}/connection", f"{SCANNER}/state"]
    life.farewell()
    assert said[0][1]["state"] == "OFFLINE"
    assert json.loads(life.will().payload)["state"] == "CONNECTION_BROKEN"
    assert sheet.transport == "serial", "the path of a port is nobody's business outside"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await outbox.close()
