"""What every ByteLink promises, held for all three kinds, and what ends each of them."""

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from devices.transports.address import SerialAddress, TcpAddress
from devices.transports.link import WRITE_BUFFER_LIMIT, ByteLink, LinkLost, LinkRefused
from devices.transports.memory import memory_pair
from devices.transports.opening import open_link
from devices.transports.serial_port import SerialLink
from devices.transports.tcp_client import TcpLink

pytestmark = pytest.mark.anyio


class Machine:
    """The other end of a link."""

    def __init__(self, link: ByteLink, say: Callable[[bytes], object], vanish: Callable[[], object]) -> None:
        self.link = link
        self.say = say
        self.vanish = vanish
        self.heard = bytearray()
        self.something = asyncio.Event()

    def note(self, data: bytes) -> None:
        self.heard += data
        self.something.set()

    async def hears(self, count: int) -> bytes:
        while len(self.heard) < count:
            self.something.clear()
            await self.something.wait()
        return bytes(self.heard)


async def serial_machine() -> Machine:
    master, slave = pty.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    link = await open_link(SerialAddress(name, 115_200))
    os.close(slave)
    os.set_blocking(master, False)
    loop = asyncio.get_running_loop()
    machine = Machine(link, lambda data: os.write(master, data), lambda: (loop.remove_reader(master), os.close(master)))

    def listen() -> None:
        try:
            machine.note(os.read(master, 4096))
        except OSError:
            loop.remove_reader(master)  # the gateway has closed its end

    loop.add_reader(master, listen)
    return machine


async def tcp_machine() -> Machine:
    accepted: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Future()
    server = await asyncio.start_server(lambda r, w: accepted.set_result((r, w)), "127.0.0.1", 0)
    link = await open_link(TcpAddress("127.0.0.1", server.sockets[0].getsockname()[1]))
    reader, writer = await accepted
    server.close()
    machine = Machine(link, writer.write, writer.transport.abort)

    async def listen() -> None:
        try:
            while data := await reader.read(4096):
                machine.note(data)
        except OSError:
            return

    machine.task = asyncio.create_task(listen())  # type: ignore[attr-defined]  # kept alive with its machine
    return machine


async def memory_machine() -> Machine:
    ours, theirs = memory_pair()
    machine = Machine(ours, theirs.write, theirs.close)

    async def listen() -> None:
        try:
            while True:
                machine.note(await theirs.read())
        except LinkLost:
            return

    machine.task = asyncio.create_task(listen())  # type: ignore[attr-defined]  # kept alive with its machine
    return machine


@pytest.fixture(params=[serial_machine, tcp_machine, memory_machine], ids=["serial", "tcp", "memory"])
async def machine(request: pytest.FixtureRequest) -> AsyncIterator[Machine]:
    machine: Machine = await request.param()
    yield machine
    machine.link.close()
    try:
        machine.vanish()
    except OSError:
        return  # the test has let it vanish already


async def test_bytes_arrive_in_order_both_ways(machine: Machine) -> None:
    machine.say(b"S S      1.405 kg\r\n")
    got = b""
    while len(got) < 19:
        got += await machine.link.read()
    assert got == b"S S      1.405 kg\r\n"
    machine.link.write(b"S\r\n")
    machine.link.write(b"@\r\n")
    assert await machine.hears(6) == b"S\r\n@\r\n"


async def test_every_byte_value_passes(machine: Machine) -> None:
    """A terminal that echoes, or turns CR into LF, would corrupt frames silently."""
    machine.say(bytes(range(256)))
    got = b""
    while len(got) < 256:
        got += await machine.link.read()
    assert got == bytes(range(256))


async def test_a_machine_that_vanishes_is_a_lost_link(machine: Machine) -> None:
    reading = asyncio.create_task(machine.link.read())
    await asyncio.sleep(0)
    machine.vanish()
    with pytest.raises(LinkLost):
        await reading
    machine.link.close()
    with pytest.raises(LinkLost):
        machine.link.write(b"anybody?")


async def test_closing_ends_a_pending_read_and_may_be_done_twice(machine: Machine) -> None:
    reading = asyncio.create_task(machine.link.read())
    await asyncio.sleep(0)
    machine.link.close()
    machine.link.close()
    with pytest.raises(LinkLost):
        await reading


async def test_what_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LinkRefused, match="gone"):
        SerialLink.open(SerialAddress(str(tmp_path / "gone")))
    ordinary = tmp_path / "file"
    ordinary.write_bytes(b"")
    with pytest.raises(LinkRefused):
        SerialLink.open(SerialAddress(str(ordinary)))
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(LinkRefused, match=str(port)):
        await TcpLink.open(TcpAddress("127.0.0.1", port))


async def test_a_device_that_takes_nothing_is_lost_not_waited_for() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    link = SerialLink.open(SerialAddress(os.ttyname(slave)))
    for _ in range(WRITE_BUFFER_LIMIT // 1024):
        link.write(b"x" * 1024)
    with pytest.raises(LinkLost, match="does not take"):
        link.write(b"x" * WRITE_BUFFER_LIMIT)
    os.close(slave)
    os.close(master)


async def test_what_the_port_does_not_take_at_once_follows_in_order() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    link = SerialLink.open(SerialAddress(os.ttyname(slave)))
    sent = bytes(number % 251 for number in range(100_000))
    for start in range(0, len(sent), 1000):
        link.write(sent[start : start + 1000])
    got = bytearray()
    os.set_blocking(master, False)
    while len(got) < len(sent):
        try:
            got += os.read(master, 65_536)
        except BlockingIOError:
            await asyncio.sleep(0)
    assert bytes(got) == sent
    link.close()
    os.close(slave)
    os.close(master)


async def test_the_fault_hook_decides_what_arrives() -> None:
    ours, theirs = memory_pair()
    ours.fault = lambda data: (data[:2], b"", data[2:4]) if len(data) > 4 else ()
    ours.write(b"abcdef")
    ours.write(b"xy")
    assert await theirs.read() == b"ab"
    assert await theirs.read() == b"cd"
    ours.close()
    with pytest.raises(LinkLost, match="by the peer"):
        await theirs.read()
