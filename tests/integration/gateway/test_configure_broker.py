"""A configuration sent through the broker to a gateway at work."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from firmware_sim.hosts.pty_port import PtyPort
from tests.integration.gateway.conftest import GW, LINE, GatewayProcess, Warehouse, until
from tests.integration.gateway.controller import Controller

pytestmark = pytest.mark.servers
DESIRED = f"{GW}/cfg_desired"


@pytest.fixture
def dock(gateway: GatewayProcess) -> Iterator[Path]:
    """A pty that answers a reset as a scale does."""
    gateway.tty.mkdir(exist_ok=True)
    link, loop, ready = gateway.tty / "dock", asyncio.new_event_loop(), threading.Event()

    def serve() -> None:
        asyncio.set_event_loop(loop)
        port = PtyPort(loop, link)
        port.plug()
        port.on_data = lambda data: port.write(b'I4 A "123456"\r\n' if b"@" in data else b"")
        loop.call_soon(ready.set)
        loop.run_forever()
        port.unplug()
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(5)
    yield link
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)


def wanted(gateway: GatewayProcess, version: int, *devices: dict[str, Any], **change: Any) -> str:
    settings = yaml.safe_load(gateway.config.read_text()) | change
    settings["devices"] = [*settings["devices"], *devices]
    return json.dumps({"v": 1, "version": version, "yaml": yaml.safe_dump(settings)})


def test_a_device_comes_and_goes_while_the_line_works(
    gateway: GatewayProcess, warehouse: Warehouse, controller: Controller, dock: Path
) -> None:
    """Somebody puts a scale on the dock at noon; the sorter keeps its link, and no ghost stays when the scale goes."""
    warehouse._client.subscribe(f"{GW}/cfg_reported", 1)
    gateway.start()
    until(lambda: controller.connected)
    heard: list[dict[str, Any]] = []
    warehouse._client.message_callback_add(
        f"{GW}/cfg_reported", lambda *what: heard.append(json.loads(what[2].payload))
    )
    scale = {"address": f"{LINE}/dock", "kind": "mt_sics_scale", "link": f"serial:{dock}"}
    before = gateway.config.read_text()
    warehouse.say(DESIRED, wanted(gateway, 1, scale), retain=True)
    until(lambda: heard and heard[-1]["version"] == 1, 30)
    assert heard[-1]["state"] == "applied", heard
    until(lambda: warehouse.retained.get(f"{LINE}/dock/state", {}).get("state") == "READY")
    assert controller.connections == 1
    assert "dock" in gateway.config.read_text()
    warehouse.say(DESIRED, json.dumps({"v": 1, "version": 2, "yaml": before}), retain=True)
    until(lambda: heard[-1]["version"] == 2, 30)
    assert controller.connections == 1


def test_a_change_of_the_station_is_made_by_a_new_start(
    gateway: GatewayProcess, warehouse: Warehouse, controller: Controller
) -> None:
    """The process takes its own place; who watches it sees the same number."""
    heard: list[dict[str, Any]] = []
    warehouse._client.message_callback_add(
        f"{GW}/cfg_reported", lambda *what: heard.append(json.loads(what[2].payload))
    )
    warehouse._client.subscribe(f"{GW}/cfg_reported", 1)
    gateway.start()
    until(lambda: controller.connected)
    warehouse.say(DESIRED, wanted(gateway, 7, uplink={"resend_after_s": 2.0}), retain=True)
    until(lambda: any(one["state"] == "restarting" for one in heard), 20)
    until(lambda: controller.connections == 2, 20)
    until(lambda: heard[-1]["state"] == "applied" and heard[-1]["version"] == 7, 20)
    assert not gateway.ended()
