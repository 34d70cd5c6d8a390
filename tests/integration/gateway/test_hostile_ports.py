"""Rubbish on every port of a running gateway: serial lines and the sorter's socket."""

import os
import random
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.protocols.osip import Header, Telegram, encode
from devices.protocols.plain_serial import ScanMessage, ScannerFormat
from devices.protocols.plain_serial import encode as encode_scan
from tests.integration.gateway.conftest import LINE, GatewayProcess, Warehouse, until
from tests.integration.gateway.controller import Controller, req, upd

pytestmark = pytest.mark.servers

TID = "17637000000000000042"
SERIAL = ("scanner1", "scale1", "scale2", "scale3", "scale4")


class Ports:
    """Ptys in the places where the gateway expects its serial machines."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._open: list[int] = []
        self.master: dict[str, int] = {}
        for name in SERIAL:
            master, slave = os.openpty()
            tty.setraw(slave)
            os.set_blocking(master, False)
            (folder / name).symlink_to(os.ttyname(slave))
            self._open += [master, slave]
            self.master[name] = master

    def write(self, name: str, data: bytes) -> None:
        """As much as the line takes within a second; a gateway that stopped reading shows in the assertions."""
        deadline = time.monotonic() + 1
        while data and time.monotonic() < deadline:
            try:
                data = data[os.write(self.master[name], data[:4096]) :]
            except BlockingIOError:
                time.sleep(0.01)

    def close(self) -> None:
        for descriptor in self._open:
            os.close(descriptor)


@pytest.fixture
def ports(gateway: GatewayProcess) -> Iterator[Ports]:
    opened = Ports(gateway.tty)
    yield opened
    opened.close()


def _scan(tid: str, code: str) -> bytes:
    return encode_scan(ScannerFormat(), ScanMessage(tid, (("C0", code),), "good"))


def _rubbish(chance: random.Random) -> list[bytes]:
    """Truncated, over-long, damaged and random frames of all three languages."""
    telegram = encode(Telegram(Header("SPS01", "MFC__", 7), upd(TID, "INDU", 1)))
    scan = _scan(TID, "RA473124829CN")
    damaged = bytearray(telegram)
    damaged[5] ^= 0x40
    return [
        telegram[:81],
        telegram[:23] + b"*" * 40_000,
        bytes(damaged),
        b"###99999" + b"A" * 300,
        scan[:-7],
        scan[:1] + b"9" * 9_000 + scan[-2:],
        b"S S     12x.40 kg\r\n",
        b"S S " + b"9" * 500 + b" kg\r\n",
        b"ES\r\nET\r\nEL\r\n",
        *(chance.randbytes(chance.randrange(1, 700)) for _ in range(60)),
    ]


def test_rubbish_on_every_port_costs_no_good_frame_that_follows_it(
    gateway: GatewayProcess, controller: Controller, warehouse: Warehouse, ports: Ports
) -> None:
    """Line noise, a wrong device on the cable, an attacker on the socket: the gateway lives, and the next parcel is sorted."""
    gateway.start()
    until(lambda: controller.connected)
    warehouse.push_table({})
    ready = [f"{LINE}/{name}/state" for name in SERIAL]
    until(lambda: all(warehouse.retained.get(topic, {}).get("state") == "READY" for topic in ready), 20)
    for junk in _rubbish(random.Random(4)):
        controller.send_bytes(junk)
        for name in SERIAL:
            ports.write(name, junk)
    time.sleep(0.3)
    assert not gateway.ended()
    until(lambda: controller.connected)
    # The first frame after noise may be eaten by it; the second may not.
    for tid in (TID[:-2] + "50", TID[:-2] + "51"):
        controller.send(req(tid))
        ports.write("scanner1", _scan(tid, "RA473124829CN"))
    until(lambda: controller.answers(TID[:-2] + "51"))
    good = [event for event in warehouse.of_type("scan") if event["data"]["tid"] == TID[:-2] + "51"]
    assert [code["text"] for code in good[0]["data"]["codes"]] == ["RA473124829CN"]
    assert not gateway.ended()
    assert "Traceback" not in gateway.log.read_text()
