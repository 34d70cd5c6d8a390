"""`probe`, `capture` and `replay`: what a technician learns on a port, against simulated machines on ptys and sockets."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from devices.__main__ import main
from devices.probe import Patience, probe
from devices.transports.address import SerialAddress, TcpAddress
from devices.transports.opening import open_link
from devices.transports.recording import read_recording
from firmware_sim.hosts.pty_port import PtyPort
from firmware_sim.hosts.real_time import RealTime
from firmware_sim.hosts.tcp_port import TcpPort
from tests.unit.devices.drivers.scenes import Rig, Scene, scenes

pytestmark = pytest.mark.anyio
# Unasked: streams and pushed records; asked: machines that wait. The fact makes the talkative ones say something.
NAMED = {
    "streaming_scale-toledo_continuous", "streaming_scale-cas", "streaming_scale-and_scale", "tunnel_scanner-plain_serial",
    "dimensioner-cubiscan", "mt_sics_scale-mt_sics", "polled_scale-sma", "polled_scale-dini_argeo",
    "polled_scale-sartorius_sbi", "polled_scale-ohaus", "polled_scale-and_scale", "cola_scanner-sick_cola_a",
    "cola_scanner-sick_cola_b", "label_printer-zpl_status", "modbus_probe-modbus_tcp", "ssi_scanner-zebra_ssi",
}  # fmt: skip
PATIENCE = Patience(0.3, 0.2)


async def spoken(scene: Scene, folder: Path) -> set[str]:
    """The names that probe gives to this machine."""
    loop = asyncio.get_running_loop()
    timers = RealTime(loop, 20.0)
    port: PtyPort | TcpPort = TcpPort() if scene.tcp else PtyPort(loop, folder / "tty")
    rig: Rig = scene.rig(timers, lambda data: port.write(data) and None)
    port.on_data = rig.machine.receive
    if isinstance(port, TcpPort):
        await port.plug()
    else:
        port.plug()
    rig.machine.power_on()
    talking = asyncio.create_task(_talk(rig, scene))
    try:
        address = (
            TcpAddress("127.0.0.1", port.port) if isinstance(port, TcpPort) else SerialAddress(str(folder / "tty"))
        )
        found = await probe(address, open_link, lambda text: None, PATIENCE)
    finally:
        talking.cancel()
        rig.machine.power_off()
        timers.stop()
        port.unplug()
    return set() if found is None else {score.language.name for score in found.scores}


async def _talk(rig: Rig, scene: Scene) -> None:
    """Parcels come along while the technician probes; machines that only answer are left alone."""
    number = 0
    while scene.kind in ("tunnel_scanner", "dimensioner", "ssi_scanner"):
        number += 1
        rig.happen(number)
        await asyncio.sleep(0.05)


async def test_probe_names_what_speaks(tmp_path: Path) -> None:
    """Sixteen machines, each named, with at most a handful of names for what cannot be told apart."""
    chosen = [scene for scene in scenes() if scene.name in NAMED]
    for scene in chosen:
        (tmp_path / scene.name).mkdir()
    assert len(chosen) == len(NAMED)
    named = await asyncio.gather(*(spoken(scene, tmp_path / scene.name) for scene in chosen))
    wrong = {
        scene.name: names
        for scene, names in zip(chosen, named, strict=True)
        if scene.language not in names or len(names) > 4
    }
    assert wrong == {}


async def test_a_silent_port_is_named_nothing(tmp_path: Path) -> None:
    """An echo or noise is no machine."""
    loop = asyncio.get_running_loop()
    noise = random.Random(4)
    answers: list[Callable[[bytes], bytes]] = [
        lambda data: b"", lambda data: data, lambda data: bytes(noise.randrange(128, 256) for _ in data),
    ]  # fmt: skip
    for number, answer in enumerate(answers):
        port = PtyPort(loop, tmp_path / f"tty{number}")
        port.on_data = lambda data, port=port, answer=answer: port.write(answer(data)) and None  # type: ignore[misc]
        port.plug()
        found = await probe(
            SerialAddress(str(tmp_path / f"tty{number}")), open_link, lambda text: None, Patience(0.02, 0.01)
        )
        port.unplug()
        assert found is None


def test_a_port_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["devices", "probe", "/dev/no-such-port"])
    assert main() == 2
    assert "/dev/no-such-port" in capsys.readouterr().err


async def test_what_was_captured_can_be_explained_and_said_again(tmp_path: Path) -> None:
    """A recording from a site is worth as much as the machine: same bytes, same order, explained in words."""
    loop = asyncio.get_running_loop()
    port = PtyPort(loop, tmp_path / "scale")
    port.plug()
    file = tmp_path / "scale.jsonl"
    frame = b"ST,GS,1\xc4,000013.5 kg\r\n"
    capturing = asyncio.create_task(_command("capture", str(tmp_path / "scale"), str(file), "--seconds", "0.8"))
    for _ in range(8):
        await asyncio.sleep(0.1)
        port.write(frame)
    code, out = await capturing
    assert (code, out) == (0, code_line(file))
    said = b"".join(piece.data for piece in read_recording(file))
    assert said == frame * (len(said) // len(frame)) != b""
    code, out = await _command("replay", str(file), "--as", "cas")
    assert code == 0
    assert out.count("stable gross weight 13.5 kg = 13500 g") == len(said) // len(frame)
    heard = bytearray()
    port.on_data = heard.extend
    code, _ = await _command("replay", str(file), "--to", str(tmp_path / "scale"), "--speed", "0")
    assert (code, bytes(heard)) == (0, said)
    port.unplug()


def code_line(file: Path) -> str:
    """What capture says at its end."""
    return f"bytes {sum(len(piece.data) for piece in read_recording(file))}, in {file}\n"


async def _command(*args: str) -> tuple[int, str]:
    import sys

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices", *args, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()
