"""A line under virtual time with a tiny host on the other end of its wires."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from tiny_host import Memory, TinyHost

from firmware_sim import manifest, scenario
from firmware_sim.models.item import Announced
from firmware_sim.scenario import Scenario
from firmware_sim.schedule import VirtualTime
from firmware_sim.world import SCANNER, Clocks, World, device_names

settings.register_profile("simulator", deadline=None)  # a busy machine is not a broken law
settings.load_profile("simulator")

START = datetime(2026, 1, 1, tzinfo=UTC)
LATENCY_S = 0.004


class MemoryWire:
    """A serial line in memory. What nobody listens to is lost."""

    def __init__(self) -> None:
        self.on_data: Callable[[bytes], None] | None = None
        self.listener: Callable[[bytes], None] | None = None
        self.plugged = True

    def write(self, data: bytes) -> bool:
        if self.plugged and self.listener is not None:
            self.listener(data)
        return self.plugged

    def unplug(self) -> None:
        self.plugged = False

    def plug(self) -> None:
        self.plugged = True


class Hall:
    """One world, its wires, and a host that can be killed and started again."""

    def __init__(self, plan: Scenario, rows: list[Announced], seed: int = 1) -> None:
        self.time = VirtualTime()
        self.wires = {name: MemoryWire() for name in device_names(plan)}
        self.truth: list[dict[str, Any]] = []
        clocks = Clocks(self.time, lambda: START + timedelta(seconds=self.time.now()), self.time.now)
        self.world = World(plan, seed, clocks, self.wires, self.truth.append, limit=len(rows))
        self.world.offer(rows)
        self.memory = Memory()
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self._epoch = 0

    def connect(self, **host: Any) -> None:
        """Start a host; bytes take a moment each way, and what is under way when it dies is gone."""
        self._epoch += 1
        epoch = self._epoch

        def later(action: Callable[[bytes], None]) -> Callable[[bytes], None]:
            def deliver(data: bytes) -> None:
                if action == self.world.host_received:
                    self.received.append(data)
                self.time.after(LATENCY_S, lambda: action(data) if self._epoch == epoch else None)

            return deliver

        self.host = TinyHost(self.memory, later(self.world.host_received), self._ask_scale, **host)
        to_host = later(self.host.sorter)
        self.wires[SCANNER].listener = self.host.scanner
        for name in self.wires:
            if name != SCANNER:
                self.wires[name].listener = lambda data, name=name: self.host.scale(name, data)

        def send(data: bytes) -> None:
            self.sent.append(data)
            to_host(data)

        self.world.host_connected(send)

    def kill(self) -> None:
        """The host dies in the middle of whatever it did."""
        self._epoch += 1
        for wire in self.wires.values():
            wire.listener = None
        self.world.host_disconnected()

    def run(self, seconds: float) -> None:
        self.time.run_for(seconds)

    def finish(self, count: int) -> None:
        """Run until all items are finished and acknowledged."""
        for _ in range(3600):
            if self.world.tally.finished == count and not self.world.unacknowledged:
                return
            self.time.run_for(1)
        raise AssertionError(f"{self.world.tally.finished} of {count}, {self.world.unacknowledged} unacknowledged")

    def _ask_scale(self, name: str, data: bytes) -> None:
        hear = self.wires[name].on_data
        assert hear is not None
        hear(data)


@pytest.fixture(scope="session")
def calm() -> Scenario:
    return scenario.load("calm")


@pytest.fixture(scope="session")
def suifenhe() -> Scenario:
    return scenario.load("suifenhe")


@pytest.fixture(scope="session")
def announced(calm: Scenario) -> Callable[[int], list[Announced]]:
    def rows(count: int) -> list[Announced]:
        return [Announced(row.waybill_no, row.weight_g) for row in manifest.generate(calm.parcels, count, seed=5)]

    return rows


@pytest.fixture(scope="session")
def hall() -> type[Hall]:
    return Hall
