"""The command line with real ptys and a real socket: short, but nothing in it is simulated except the machines."""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial
from tiny_host import Memory, TinyHost

import firmware_sim
from firmware_sim import manifest
from firmware_sim.__main__ import main
from firmware_sim.scenario import SCENARIOS

ITEMS = 200
SPEED = 20
ROOT = Path(firmware_sim.__file__).parents[1]


class Desk:
    """A simulator process and the folder it works in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ttys = folder / "tty"
        self.truth_file = folder / "truth.jsonl"
        text = (SCENARIOS / "calm.toml").read_text(encoding="utf-8")
        self.scenario = folder / "quick.toml"
        self.scenario.write_text(text.replace("start_delay_s = 2.0", "start_delay_s = 0.2"), encoding="utf-8")
        self.port = 0
        self.process: subprocess.Popen[str] | None = None

    def start(self, *options: str) -> None:
        command = [
            sys.executable, "-m", "firmware_sim", "run", str(self.scenario), "--spool", str(self.folder / "spool"),
            "--tty-dir", str(self.ttys), "--sorter-port", "0", "--truth", str(self.truth_file), *options,
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        self.port = int(line.split("127.0.0.1:")[1].split(",")[0])

    def announce(self, count: int) -> None:
        (self.folder / "spool").mkdir(exist_ok=True)
        out = str(self.folder / "spool" / "a.csv")
        assert main(["manifest", str(self.scenario), "--parcels", str(count), "--seed", "4", "--out", out]) == 0

    def truth(self) -> list[dict]:
        return [json.loads(line) for line in self.truth_file.read_text(encoding="utf-8").splitlines()]

    def stop(self) -> int:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=10)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return code


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    if desk.process is not None and desk.process.poll() is None:
        desk.stop()
    if desk.process is not None and desk.process.stderr is not None:
        desk.process.stderr.close()


class RealHost:
    """A tiny host on a socket and pyserial ports; `serve` runs until the simulator hangs up or `until_s` passed."""

    def __init__(self, desk: Desk, memory: Memory) -> None:
        self._selector = selectors.DefaultSelector()
        self._socket = socket.create_connection(("127.0.0.1", desk.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ports = {
            name: serial.Serial(str(desk.ttys / name), 115200 if name == "scanner1" else 9600, timeout=0)
            for name in ("scanner1", "scale1", "scale2", "scale3", "scale4")
        }
        self._host = TinyHost(memory, self._socket.sendall, lambda name, data: self._ports[name].write(data) and None)
        self._selector.register(self._socket, selectors.EVENT_READ, "sorter")
        for name, port in self._ports.items():
            self._selector.register(port.fileno(), selectors.EVENT_READ, name)

    def serve(self, until_s: float) -> None:
        end = time.monotonic() + until_s
        while time.monotonic() < end:
            for key, _ in self._selector.select(0.05):
                if not self._hear(key.data):
                    return

    def _hear(self, name: str) -> bool:
        if name == "sorter":
            data = self._socket.recv(65536)
            self._host.sorter(data)
            return bool(data)
        try:
            data = self._ports[name].read(4096)
        except serial.SerialException:
            return False
        self._host.scanner(data) if name == "scanner1" else self._host.scale(name, data)
        return True

    def die(self) -> None:
        self._selector.close()
        self._socket.close()
        for port in self._ports.values():
            port.close()


def test_a_day_on_real_ports_with_a_host_that_dies(desk: Desk) -> None:
    """200 items at speed, the host killed twice: every item is confirmed exactly once and the simulator ends with 0."""
    desk.announce(ITEMS)
    desk.start("--parcels", str(ITEMS), "--speed", str(SPEED), "--exit")
    memory = Memory()
    for life_s in (1.0, 0.7, 30.0):
        host = RealHost(desk, memory)
        with contextlib.suppress(ConnectionError):
            host.serve(life_s)
        host.die()
    assert desk.process is not None
    assert desk.process.wait(timeout=10) == 0
    *items, summary = desk.truth()
    assert len(items) == ITEMS == summary["items"] == len(memory.confirmations)
    assert set(memory.confirmations.values()) == {1}
    assert summary["connections"] == 3
    assert summary["unacknowledged"] == 0
    assert {item["reason"] for item in items} <= {"OK", "LATE_DECISION"}
    assert sum(item["reason"] == "OK" for item in items) > ITEMS / 2
    assert all(0 < item["decision_ms"] < 1000 for item in items if item["decision_ms"] is not None)


def test_the_scale_answers_pyserial_on_a_real_pty(desk: Desk) -> None:
    """`S` on an empty, still scale is a stable zero, paced at the baud rate, with CR LF untouched by the terminal."""
    desk.start()
    with serial.Serial(str(desk.ttys / "scale1"), 9600, timeout=2) as port:
        begin = time.monotonic()
        port.write(b"S\r\n")
        assert port.read_until(b"\r\n") == b"S S      0.000 kg\r\n"
        assert time.monotonic() - begin >= 19 * 10 / 9600
        port.write(b"WHAT\r\n")
        assert port.read_until(b"\r\n") == b"ES\r\n"
        port.write(os.urandom(3000))
        port.timeout = 0.3
        answers = b""
        for _ in range(30):  # until the noise has passed through the line at its baud rate
            port.write(b"\r\nI4\r\n")
            answers += port.read_until(b'"1000001"\r\n')
            if answers.endswith(b'I4 A "1000001"\r\n'):
                break
        assert answers.endswith(b'I4 A "1000001"\r\n')
    with socket.create_connection(("127.0.0.1", desk.port)) as noise:
        noise.sendall(os.urandom(100_000))
    assert desk.stop() == 0
    assert not any(desk.ttys.iterdir())
    assert desk.truth()[-1]["kind"] == "summary"


def test_a_half_written_manifest_is_never_read(tmp_path: Path) -> None:
    """Manifests appear under their name only when complete."""
    spool = manifest.Spool(tmp_path)
    (tmp_path / ".b.csv.partial").write_text("waybill_no", encoding="utf-8")
    assert list(spool.fresh()) == []
