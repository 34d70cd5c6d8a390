"""The links that are not a port of this machine: a listening socket, serial servers, a broker's topic, a recording."""

import asyncio
import contextlib
import os
import pty
import shutil
import socket
import subprocess
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
import serial.rfc2217

from devices.transports.address import BadLinkUrl, parse_link
from devices.transports.link import ByteLink, LinkLost, LinkRefused
from devices.transports.opening import open_link
from devices.transports.recording import BadRecording, Piece, read_recording, write_piece

pytestmark = pytest.mark.anyio


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def reads(link: ByteLink, wanted: bytes) -> None:
    got = b""
    async with asyncio.timeout(5):
        while len(got) < len(wanted):
            got += await link.read()
    assert got == wanted


async def test_a_machine_connects_to_us_and_its_successor_ends_the_link() -> None:
    """A machine that lost its power comes back on a second connection; its half frame must not be glued to the next."""
    port = free_port()
    opening = asyncio.create_task(open_link(parse_link(f"listen:127.0.0.1:{port}")))
    await asyncio.sleep(0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    link = await opening
    writer.write(b"hello")
    await reads(link, b"hello")
    link.write(b"you")
    assert await reader.readexactly(3) == b"you"
    _, second = await asyncio.open_connection("127.0.0.1", port)
    with pytest.raises(LinkLost, match="replaced"):
        await link.read()
    link.close()
    with pytest.raises(LinkLost):
        link.write(b"x")
    for one in (writer, second):
        one.transport.abort()


async def test_nobody_connecting_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor has to be told, or the device would look as if it were being connected for ever."""
    monkeypatch.setattr("devices.transports.tcp_server.ACCEPT_WITHIN_S", 0.05)
    with pytest.raises(LinkRefused, match="nobody has connected"):
        await open_link(parse_link(f"listen:127.0.0.1:{free_port()}"))


class PortWithoutModem(serial.Serial):
    """A pty: it has no modem lines, and asking for them is an error."""

    cts = dsr = ri = cd = False

    def _update_dtr_state(self) -> None:
        return

    _update_rts_state = _update_break_state = _update_dtr_state


class Redirector:
    """A serial server of RFC 2217 in front of a pty, made of pyserial's own server half."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.port = PortWithoutModem(os.ttyname(slave), timeout=0.05)
        os.close(slave)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.number = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def write(self, data: bytes) -> None:
        """What PortManager answers with; it needs a `write` of its own."""
        self._peer.sendall(data)

    def _serve(self) -> None:
        self._peer, _ = self._listener.accept()
        manager = serial.rfc2217.PortManager(self.port, self)
        threading.Thread(target=self._upwards, args=(manager,), daemon=True).start()
        with contextlib.suppress(OSError):
            while data := self._peer.recv(1024):
                for byte in manager.filter(data):
                    self.port.write(byte)

    def _upwards(self, manager: serial.rfc2217.PortManager) -> None:
        with contextlib.suppress(OSError, serial.SerialException, TypeError):
            while True:
                if data := self.port.read(64):
                    self._peer.sendall(b"".join(manager.escape(data)))


@pytest.mark.filterwarnings(
    "ignore:set(Daemon|Name):DeprecationWarning"
)  # inside pyserial 3.5, which has had no release since
async def test_a_serial_server_is_told_the_settings_of_the_line() -> None:
    """RFC 2217, against the server half of pyserial: speed and stop bits arrive, bytes pass both ways."""
    server = Redirector()
    link = await open_link(parse_link(f"rfc2217://127.0.0.1:{server.number}?baud=19200&stopbits=2"))
    try:
        assert (server.port.baudrate, server.port.stopbits) == (19200, 2)  # a pty has no parity to set
        os.write(server.master, b"\xff\x02ST\r\n")
        await reads(link, b"\xff\x02ST\r\n")
        link.write(b"Q\r\n\xff")
        heard = b""
        while len(heard) < 4:
            heard += await asyncio.to_thread(os.read, server.master, 4)
        assert heard == b"Q\r\n\xff"
    finally:
        link.close()
    with pytest.raises(LinkLost):
        await link.read()


@pytest.fixture
def echo() -> Iterator[int]:
    """socat as somebody else's serial server: whatever is sent comes back."""
    if shutil.which("socat") is None:
        pytest.skip("socat is not installed; scripts/install-packages.sh test")
    port = free_port()
    with subprocess.Popen(["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", "EXEC:cat"]) as process:
        yield port
        process.terminate()


async def test_a_plain_serial_server_through_pyserial(echo: int) -> None:
    link: ByteLink | None = None
    for _ in range(100):
        with contextlib.suppress(LinkRefused):
            link = await open_link(parse_link(f"socket://127.0.0.1:{echo}"))
            break
        await asyncio.sleep(0.02)
    assert link is not None
    link.write(b"S\r\n" * 1000)
    await reads(link, b"S\r\n" * 1000)
    link.close()


async def test_nobody_there_is_refused() -> None:
    for url in (f"socket://127.0.0.1:{free_port()}", f"mqtt://127.0.0.1:{free_port()}/a/b", "replay:/no/such/file"):
        with pytest.raises(LinkRefused):
            await open_link(parse_link(url))


async def test_messages_of_a_topic_come_line_by_line(tmp_path: Path) -> None:
    """Against mosquitto: a newline inside a message would look like two messages."""
    broker = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
    if broker is None:
        pytest.skip("mosquitto is not installed; scripts/install-packages.sh run")
    port = free_port()
    config = tmp_path / "m.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    process = await asyncio.create_subprocess_exec(broker, "-c", str(config), stderr=asyncio.subprocess.DEVNULL)
    try:
        link: ByteLink | None = None
        for _ in range(200):
            with contextlib.suppress(LinkRefused):
                link = await open_link(parse_link(f"mqtt://127.0.0.1:{port}/cold/room"))
                break
            await asyncio.sleep(0.02)
        assert link is not None
        await asyncio.to_thread(_publish, port)
        await reads(link, b'{"t":  8.1}\n')
        process.terminate()
        with pytest.raises(LinkLost, match="broker"):
            await link.read()
        link.close()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _publish(port: int) -> None:
    from paho.mqtt.publish import single

    single("cold/room", b'{"t": \n8.1}', 1, hostname="127.0.0.1", port=port)


async def test_a_recording_is_played_in_order_and_then_silent(tmp_path: Path) -> None:
    """A replayed machine falls silent at its end; a lost link would make the gateway play it again."""
    file = tmp_path / "scale.jsonl"
    pieces = [Piece(0.0, "tx", b"S\r\n"), Piece(0.5, "rx", b"S S "), Piece(0.9, "rx", b"1.0 kg\r\n")]
    file.write_text("".join(map(write_piece, pieces)))
    assert list(read_recording(file)) == pieces
    link = await open_link(parse_link(f"replay:{file}?speed=0"))
    assert [await link.read(), await link.read()] == [b"S S ", b"1.0 kg\r\n"]
    link.write(b"anything")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await link.read()
    link.close()
    with pytest.raises(LinkLost):
        await link.read()


@pytest.mark.parametrize(
    "text",
    ["nonsense", "{}", '{"t": 1, "dir": "up", "hex": ""}', '{"t": -1, "dir": "rx", "hex": ""}', '{"t":1,"dir":"rx","hex":"zz"}',
     '{"t": 1, "dir": "rx", "hex": ""}\n{"t": 0.5, "dir": "rx", "hex": ""}', '{"t": "nan", "dir": "rx", "hex": ""}'],
)  # fmt: skip
def test_a_file_that_is_no_recording_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "x.jsonl"
    file.write_text(text + "\n")
    with pytest.raises(BadRecording, match=r"line [12]"):
        list(read_recording(file))


@pytest.mark.parametrize(
    "url",
    ["listen:nobody", "rfc2217://host", "socket://h:1?baud=9600", "mqtt://h:1", "replay:", "replay:x?speed=fast",
     "serial:/dev/x?rs485=2", "rfc2217://h:1?color=red", "mqtt://h:1/a/#/b"],
)  # fmt: skip
def test_a_link_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(BadLinkUrl):
        parse_link(url)
