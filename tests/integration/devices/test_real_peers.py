"""Machines that we did not write: pymodbus as server and as client, and bytes typed by hand through socat."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from devices.drivers.outputs import DestinationRequest, Output, Report
from devices.drivers.registry import KINDS, build_driver
from devices.transports.opening import open_link
from firmware_sim.hosts.tcp_port import TcpPort
from firmware_sim.models.mailbox_plc import MailboxPlc
from gateway.backoff import Backoff
from gateway.clock import SystemClock
from gateway.device import Device

pytestmark = pytest.mark.anyio
pymodbus = pytest.importorskip("pymodbus", reason="pymodbus is a development dependency")


class Host:
    """A device under the gateway's supervisor; receipts are given at once, destinations are chute c07."""

    def __init__(self, **keys: object) -> None:
        settings = KINDS[str(keys["kind"])].settings.model_validate({"address": "s/a/l/d", **keys})
        clock = SystemClock()
        self.reports: list[Report] = []
        self.outputs: list[Output] = []

        async def room() -> None:
            """There is always room."""

        self.device = Device(
            address="s/a/l/d", kind=str(keys["kind"]), driver=build_driver(settings, clock.wall),
            open_link=lambda: open_link(settings.link_address), clock=clock, backoff=Backoff(lambda: 0.5, 0.02, 0.02),
            sink=self._sink, on_state=lambda device: None, room=room,
        )  # fmt: skip

    def _sink(self, device: Device, outputs: list[Output], at: float) -> None:
        self.outputs += outputs
        for output in outputs:
            if isinstance(output, Report):
                self.reports.append(output)
                if output.receipt is not None:
                    device.send(output.receipt)
            elif isinstance(output, DestinationRequest):
                device.send(device.driver.answer(output, "c07"))  # type: ignore[attr-defined]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.device.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def hears(self, count: int) -> list[object]:
        deadline = time.monotonic() + 5
        while len(self.reports) < count:
            assert time.monotonic() < deadline, f"only {self.outputs}"
            await asyncio.sleep(0.01)
        return [report.body for report in self.reports]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def test_our_mailbox_driver_against_pymodbus_as_plc() -> None:
    """An independent server keeps the registers; the test is the program of its PLC, written from the layout's page."""
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    port = free_port()
    registers = SimData(0, count=100, values=0, datatype=DataType.REGISTERS)
    server = ModbusTcpServer(SimDevice(1, registers), address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    host = Host(kind="mailbox_sorter", link=f"tcp:127.0.0.1:{port}", poll_every_s=0.01, answer_within_s=0.5)
    try:
        await server.async_setValues(1, 16, 0, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
        async with host.running():
            await server.async_setValues(1, 16, 0, [1, 1, 1, 1, 0, 4711, 2, 0, 0, 0])
            (induct,) = await host.hears(1)
            assert (induct.tid, induct.place) == ("4711", "p2")  # type: ignore[attr-defined]
            assert await _register(server, 32, 1) == 1
            await server.async_setValues(1, 16, 0, [1, 1, 2, 2, 0, 4711, 5, 0, 0, 0])
            assert await _register(server, 32, 2) == 2
            answer = await server.async_getValues(1, 3, 33, 4)
            assert answer == [1, 0, 4711, 7]
            await server.async_setValues(1, 16, 0, [1, 1, 3, 3, 0, 4711, 7, 0, 1, 0])
            confirmed = (await host.hears(2))[1]
            assert (confirmed.actual, confirmed.reason) == ("c07", "OK")  # type: ignore[attr-defined]
    finally:
        await server.shutdown()


async def _register(server: "object", number: int, wanted: int) -> int:
    """The register once it has this value, or what it has after two seconds."""
    value = -1
    for _ in range(200):
        (value,) = await server.async_getValues(1, 3, number, 1)  # type: ignore[attr-defined]
        if value == wanted:
            break
        await asyncio.sleep(0.01)
    return int(value)


async def test_our_probe_driver_against_pymodbus() -> None:
    """Input registers with a sign, from an independent server; a register that is not there is a broken probe."""
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    port = free_port()
    server = ModbusTcpServer(
        SimDevice(1, SimData(0, values=[-40, 84, 0, 0], datatype=DataType.REGISTERS)),
        address=("127.0.0.1", port),
    )
    await server.serve_forever(background=True)
    probes = [
        {"name": "cold", "register_no": 0, "low": -10}, {"name": "door", "register_no": 1, "high": 8},
        {"name": "gone", "register_no": 90},
    ]  # fmt: skip
    host = Host(kind="modbus_probe", link=f"tcp:127.0.0.1:{port}", probes=probes, poll_every_s=0.05)
    try:
        async with host.running():
            told = await host.hears(3)
            assert [(one.probe, one.state, one.milli_celsius) for one in told] == [  # type: ignore[attr-defined]
                ("cold", "ok", -4000), ("door", "high", 8400), ("gone", "fault", None),
            ]  # fmt: skip
    finally:
        await server.shutdown()


async def test_pymodbus_as_host_of_our_plc() -> None:
    """The other direction: an independent client reads the simulated PLC's mailbox and ticks an event off."""
    from pymodbus.client import AsyncModbusTcpClient

    port = TcpPort()
    plc = MailboxPlc(lambda data: port.write(data) and None)
    port.on_data = plc.receive
    await port.plug()
    plc.power_on()
    plc.happen("wanted", 70_000, 3)
    client = AsyncModbusTcpClient("127.0.0.1", port=port.port)
    try:
        assert await client.connect()
        shown = await client.read_holding_registers(0, count=10, device_id=1)
        assert shown.registers == [1, 1, 1, 2, 1, 4464, 3, 0, 0, 0]
        assert not (await client.write_registers(32, [1, 1, 1, 4464, 12, 0, 0], device_id=1)).isError()
        assert (plc.waiting, [(one.tid, one.chute) for one in plc.answers]) == (0, [(70_000, 12)])
        assert (await client.read_holding_registers(60, count=10, device_id=1)).isError()
    finally:
        client.close()
        port.unplug()


@pytest.fixture
def by_hand(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A pty of socat's, and the descriptor at which a person types what the machine says and reads what it hears."""
    if shutil.which("socat") is None:
        pytest.skip("socat is not installed; scripts/install-packages.sh test")
    ours, theirs = socket.socketpair()
    link = tmp_path / "tty"
    with subprocess.Popen(["socat", f"PTY,link={link},raw,echo=0", "STDIO"], stdin=theirs, stdout=theirs) as process:
        theirs.close()
        deadline = time.monotonic() + 5
        while not link.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield link, ours.fileno()
        process.terminate()
    ours.close()


async def heard(descriptor: int, wanted: bytes) -> None:
    got = b""
    while wanted not in got:
        got += await asyncio.wait_for(asyncio.to_thread(os.read, descriptor, 100), 5)


async def test_mt_sics_typed_by_hand(by_hand: tuple[Path, int]) -> None:
    """The answers of the reference (11781363; AL-IC, p. 72), typed at the other end of a pty that is not ours."""
    link, keyboard = by_hand
    host = Host(kind="mt_sics_scale", link=f"serial:{link}", answer_within_s=2)
    async with host.running():
        await heard(keyboard, b"@\r\n")
        os.write(keyboard, b'I4 A "1234567"\r\n')
        await asyncio.sleep(0.1)
        now = time.monotonic()
        host.device.deliver(host.device.driver.weigh("t1", now), now)  # type: ignore[attr-defined]
        await heard(keyboard, b"S\r\n")
        os.write(keyboard, b"S S     100.")
        await asyncio.sleep(0.05)
        os.write(keyboard, b"00 kg\r\n")
        (weight,) = await host.hears(1)
        assert (weight.tid, weight.weight_g) == ("t1", 100_000)  # type: ignore[attr-defined]


async def test_sma_typed_by_hand(by_hand: tuple[Path, int]) -> None:
    """The example of PR 5220, p. 130, behind an empty scale: one load, weighed once."""
    link, keyboard = by_hand
    host = Host(kind="polled_scale", language="sma", link=f"serial:{link}", ask_every_s=0.05, answer_within_s=2)
    async with host.running():
        await heard(keyboard, b"\nW\r")
        os.write(keyboard, b"\nZ1G       0.000kg \r")
        for _ in range(2):
            await heard(keyboard, b"\nW\r")
            os.write(keyboard, b"\n 1G       5.025kg \r")
        (weight,) = await host.hears(1)
        assert (weight.outcome, weight.weight_g) == ("stable", 5025)  # type: ignore[attr-defined]
