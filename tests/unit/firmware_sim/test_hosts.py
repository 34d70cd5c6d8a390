"""Ptys and the end of a run, in real time and as short as that allows."""

import asyncio
import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import serial

from firmware_sim import manifest
from firmware_sim.hosts.pty_port import PtyPort
from firmware_sim.hosts.real_time import RealTime
from firmware_sim.hosts.sorter_server import SorterServer
from firmware_sim.run import Options, run
from firmware_sim.scenario import Scenario


def _options(folder: Path, **changes: object) -> Options:
    options = {
        "spool": folder / "spool", "tty_dir": folder / "tty", "sorter_port": 0, "truth": folder / "truth.jsonl",
        "exit": True, **changes,
    }  # fmt: skip
    return Options(**options)


async def _until(holds: Callable[[], bool]) -> None:
    """Let the loop and the kernel work until something holds, two seconds at most."""
    for _ in range(400):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came true")


def test_pulling_the_plug_looks_like_one_to_pyserial(tmp_path: Path) -> None:
    """The open port fails, the name is gone; plugged in again, the same name leads to a working port."""

    async def scene() -> None:
        port = PtyPort(asyncio.get_running_loop(), tmp_path / "scanner1")
        heard: list[bytes] = []
        port.on_data = heard.append
        port.plug()
        with serial.Serial(str(tmp_path / "scanner1"), 115200, timeout=2) as near:
            assert port.write(b"\x02\r\n\x03\xff")
            assert near.read(5) == b"\x02\r\n\x03\xff"
            near.write(b"\x04\r\n")
            await _until(lambda: b"".join(heard) == b"\x04\r\n")
            port.unplug()
            assert not port.write(b"lost")
            with pytest.raises(serial.SerialException):
                near.read(1)
        assert not (tmp_path / "scanner1").is_symlink()
        port.plug()
        with serial.Serial(str(tmp_path / "scanner1"), 115200, timeout=2) as near:
            port.write(b"back")
            assert near.read(4) == b"back"
        port.unplug()
        port.unplug()

    asyncio.run(scene())


def test_the_terminal_changes_no_byte(tmp_path: Path) -> None:
    """Even for a reader that sets nothing: no echo, no line discipline, CR LF stays CR LF in both directions."""

    async def scene() -> None:
        port = PtyPort(asyncio.get_running_loop(), tmp_path / "scale1")
        heard: list[bytes] = []
        port.on_data = heard.append
        port.plug()
        near = os.open(tmp_path / "scale1", os.O_RDWR | os.O_NOCTTY)
        port.write(b"S S\r\n\x03\x04")
        assert os.read(near, 100) == b"S S\r\n\x03\x04"
        os.write(near, b"S\r\n")
        await _until(lambda: b"".join(heard) == b"S\r\n")
        os.close(near)
        port.unplug()

    asyncio.run(scene())


def test_a_new_host_replaces_the_old_one() -> None:
    """A host that died without a farewell must not keep its successor out, nor take it along when TCP notices."""

    class Listener:
        def __init__(self) -> None:
            self.log: list[str] = []
            self.send: Callable[[bytes], None] = lambda data: None

        def host_connected(self, send: Callable[[bytes], None]) -> None:
            self.log.append("connected")
            self.send = send

        def host_disconnected(self) -> None:
            self.log.append("disconnected")

        def host_received(self, data: bytes) -> None:
            self.log.append(data.decode())

    async def scene() -> None:
        listener = Listener()
        server = SorterServer(listener)
        port = await server.listen(0)
        old_reader, old_writer = await asyncio.open_connection("127.0.0.1", port)
        new_reader, new_writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            assert await old_reader.read() == b""
        new_writer.write(b"hello")
        await _until(lambda: listener.log[-1] == "hello")
        listener.send(b"to you")
        assert await new_reader.readexactly(6) == b"to you"
        assert listener.log == ["connected", "disconnected", "connected", "hello"]
        for writer in (old_writer, new_writer):
            writer.close()
        await _until(lambda: listener.log[-1] == "disconnected")
        server.close()

    asyncio.run(scene())


def test_a_run_ends_only_when_everything_is_acknowledged(calm: Scenario, tmp_path: Path, capfd) -> None:
    """All items sorted is not the end: a report that nobody confirmed may be lost."""
    line = calm.line.model_copy(update={"start_delay_s": 0.0})
    (tmp_path / "spool").mkdir()
    manifest.write(tmp_path / "spool" / "a.csv", manifest.generate(calm.parcels, 2, seed=1))
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]

    def listen_without_a_word() -> None:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as host:
                while host.recv(65536):
                    pass
                return
            time.sleep(0.02)

    visitor = threading.Thread(target=listen_without_a_word)
    visitor.start()
    options = _options(tmp_path, sorter_port=port, parcels=2, speed=100, give_up_s=1.5)
    assert run(calm.model_copy(update={"line": line}), options) == 1
    visitor.join()
    assert "2 of 2 items finished" in capfd.readouterr().err


def test_bytes_that_nobody_collects_are_lost_without_blocking(tmp_path: Path) -> None:
    """A pty would block after some 18 kB; a real line does not wait for a reader."""

    async def scene() -> None:
        port = PtyPort(asyncio.get_running_loop(), tmp_path / "scale1")
        port.plug()
        for _ in range(100):
            assert port.write(b"x" * 1000)
        port.unplug()

    asyncio.run(scene())


def test_a_run_without_progress_gives_up_with_a_reason(calm: Scenario, tmp_path: Path, capfd) -> None:
    """A test that waits for a simulator must not wait for ever."""
    assert run(calm, _options(tmp_path, parcels=5, give_up_s=0.3)) == 1
    said = capfd.readouterr().err
    assert "no progress" in said
    assert "host not connected" in said
    assert json.loads((tmp_path / "truth.jsonl").read_text())["kind"] == "summary"
    assert list((tmp_path / "tty").iterdir()) == []


def test_a_port_in_use_is_said_so(calm: Scenario, tmp_path: Path, capfd) -> None:
    """The commonest mistake of all gets a sentence instead of a traceback."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        assert run(calm, _options(tmp_path, sorter_port=taken.getsockname()[1])) == 1
    assert "address already in use" in capfd.readouterr().err


def test_a_broken_manifest_is_skipped(calm: Scenario, tmp_path: Path, capfd) -> None:
    """One bad file must not stop a hall."""
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "bad.csv").write_text("nonsense\n1\n", encoding="utf-8")
    assert run(calm, _options(tmp_path, parcels=1, give_up_s=0.1, progress=True)) == 1
    assert "manifest ignored" in capfd.readouterr().err


def test_a_model_that_raises_ends_the_run(calm: Scenario, tmp_path: Path, monkeypatch, capfd) -> None:
    """A line in an unknown state is no witness: better no truth than a wrong one."""
    monkeypatch.setattr("firmware_sim.world.World.host_connected", lambda self, send: 1 / 0)

    async def knock(port: int) -> None:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()

    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    original = RealTime.__init__

    def with_visitor(self: RealTime, loop: asyncio.AbstractEventLoop, speed: float) -> None:
        original(self, loop, speed)
        loop.call_later(0.2, lambda: loop.create_task(knock(port)))

    monkeypatch.setattr(RealTime, "__init__", with_visitor)
    assert run(calm, _options(tmp_path, sorter_port=port)) == 1
    assert "fault of its own" in capfd.readouterr().err
