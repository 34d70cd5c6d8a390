"""What a new configuration may do while the gateway works, and what is undone."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from devices.contract.config import DesiredConfig, ReportedConfig
from gateway import configure
from gateway.config_file import load
from gateway.configure import Configurator, Floor, compare
from gateway.settings import AnyDevice, Settings
from tests.unit.gateway.clocks import FakeClock

pytestmark = pytest.mark.anyio
LINE = "sfh-s/hall/s1"
BASE: dict[str, Any] = {
    "site": "sfh-s", "gateway": "gw1", "data_dir": "data",
    "stations": [{"line": LINE, "sorter": "sorter", "scanners": ["scanner1"], "safe_chute": "c48"}],
    "devices": [
        {"address": f"{LINE}/sorter", "kind": "osip_sorter", "link": "tcp:127.0.0.1:15000"},
        {"address": f"{LINE}/scanner1", "kind": "tunnel_scanner", "link": "serial:tty/scanner1"},
        {"address": f"{LINE}/bench", "kind": "mt_sics_scale", "link": "serial:tty/bench"},
    ],
}  # fmt: skip


def text(**change: Any) -> str:
    return yaml.safe_dump(BASE | change)


def devices(*more: dict[str, Any], without: str = "", **change: Any) -> list[dict[str, Any]]:
    kept = [one for one in BASE["devices"] if not one["address"].endswith(without or "\0")]
    return [one | change if one["address"].endswith("bench") else one for one in kept] + list(more)


DOCK = {"address": f"{LINE}/dock", "kind": "mt_sics_scale", "link": "serial:tty/dock"}


def settings_of(folder: Path, content: str) -> Settings:
    file = folder / "g.yaml"
    file.write_text(content)
    return load(file)


@pytest.mark.parametrize(
    ("change", "kind", "what"),
    [
        ({"devices": devices(DOCK)}, "added", "dock"),
        ({"devices": devices(link="serial:tty/other")}, "changed", "bench"),
        ({"devices": devices(without="bench")}, "removed", "bench"),
        ({"uplink": {"window": 9}}, "restart", "uplink"),
        ({"gateway": "gw2"}, "forbidden", "gateway"),
    ],
)
def test_only_what_stands_outside_of_a_station_changes_while_it_works(
    tmp_path: Path, change: dict[str, Any], kind: str, what: str
) -> None:
    """A parcel on the belt must not notice that a bench scale got another cable."""
    found = compare(settings_of(tmp_path, text()), settings_of(tmp_path, text(**change)))
    said = getattr(found, kind)
    assert (said if isinstance(said, str) else str(said)).find(what) >= 0
    assert sum(bool(getattr(found, name)) for name in ("added", "changed", "removed", "restart", "forbidden")) == 1


def test_a_device_of_a_station_needs_a_new_start(tmp_path: Path) -> None:
    """A line holds its machines; they are not exchanged under it."""
    other = [one | {"link": "tcp:127.0.0.1:1"} if one["kind"] == "osip_sorter" else one for one in BASE["devices"]]
    found = compare(settings_of(tmp_path, text()), settings_of(tmp_path, text(devices=other)))
    assert found.restart.endswith("sorter")


@dataclass
class World:
    folder: Path
    ready_ones: bool = True
    did: list[str] = field(default_factory=list)
    said: list[ReportedConfig] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.file = self.folder / "gateway.yaml"
        self.file.write_text(text())
        self.clock = FakeClock()
        floor = Floor(self._put, self._take, lambda address: self.ready_ones, lambda: self.did.append("restart"))
        self.configurator = Configurator(self.file, load(self.file), self.clock, floor, self.said.append)

    async def want(self, version: int, content: str) -> ReportedConfig | None:
        before = len(self.said)
        wanted = DesiredConfig(version=version, yaml=content).model_dump_json().encode()
        await self.configurator.receive(wanted)
        return self.said[-1] if len(self.said) > before else None

    async def _put(self, device: AnyDevice) -> None:
        self.did.append(f"put {device.address.rsplit('/', 1)[1]} {device.link.rsplit('/', 1)[1]}")

    async def _take(self, address: str) -> None:
        self.did.append(f"take {address.rsplit('/', 1)[1]}")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


async def test_a_new_device_is_added_and_the_file_kept(world: World) -> None:
    """What was applied is what the next start reads."""
    answer = await world.want(3, text(devices=devices(DOCK)))
    assert answer is not None
    assert (answer.version, answer.state) == (3, "applied")
    assert world.did == ["put dock dock"]
    assert "dock" in world.file.read_text()


async def test_a_device_that_does_not_come_up_brings_everything_back(world: World, monkeypatch: Any) -> None:
    """A wrong cable must not leave half a change behind."""
    monkeypatch.setattr(configure, "READY_WITHIN_S", 1.0)
    world.ready_ones = False
    task = asyncio.create_task(world.want(2, text(devices=devices(DOCK, link="serial:tty/other"))))
    await asyncio.sleep(0.05)
    world.clock.advance(2.0)
    answer = await task
    assert answer is not None
    assert answer.state == "rolled_back"
    assert "dock" in answer.detail
    assert world.did == ["put dock dock", "put bench other", "take dock", "put bench bench"]
    assert world.file.read_text() == text()


async def test_an_older_version_and_rubbish_change_nothing(world: World) -> None:
    """Retained messages come again at every connect, and a broker may hold anything."""
    await world.want(5, text(devices=devices(DOCK)))
    assert await world.want(5, text()) is None
    assert await world.want(4, text()) is None
    await world.configurator.receive(b"{")
    await world.configurator.receive(b"x" * 10_000_000)
    refused = await world.want(6, "site: [1")
    assert refused is not None
    assert refused.state == "refused"
    assert str(world.folder) not in refused.detail
    assert "dock" in world.file.read_text()


async def test_a_station_is_changed_by_a_new_start(world: World) -> None:
    """The file is in place before the process ends."""
    answer = await world.want(2, text(uplink={"window": 9}))
    assert answer is not None
    assert (answer.state, answer.detail) == ("restarting", "uplink")
    assert world.did == ["restart"]
    assert load(world.file).uplink.window == 9
