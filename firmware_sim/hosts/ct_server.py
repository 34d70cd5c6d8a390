"""A CT machine in real time: its socket, its clock, and the folder into which it drops its files."""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Mapping
from pathlib import Path

from devices.protocols.ct_line import CtTelegram, HostDecoder, encode_machine
from devices.protocols.frames import Garbage
from firmware_sim.hosts.sorter_server import SorterServer
from firmware_sim.models.correspondence import Send
from firmware_sim.models.ct_machine import CtMachine, DroppedFile

_TICK_S = 0.02


class CtServer:
    """One machine; its share is a folder that the host sees too."""

    def __init__(self, machine: CtMachine, share: Path) -> None:
        self.machine = machine
        self.share = share
        self.server = SorterServer(self)
        self._decoder = HostDecoder()
        self._send: Send | None = None
        self.began_s = time.monotonic()

    def now_s(self) -> float:
        return time.monotonic() - self.began_s

    def host_connected(self, send: Send) -> None:
        self._send, self._decoder = send, HostDecoder()

    def host_disconnected(self) -> None:
        self._send = None

    def host_received(self, data: bytes) -> None:
        for one in self._decoder.feed(data):
            if not isinstance(one, Garbage):
                self.machine.hear(one)

    def induct(self, tid: str, scan_uid: str, code: str, files: Mapping[str, bytes]) -> None:
        """Drop the files and take the parcel in."""
        dropped = tuple(self._drop(f"{scan_uid}-{role}.dcs", data) for role, data in files.items())
        self._say(self.machine.induct(self.now_s(), tid, scan_uid, code, dropped))

    def _drop(self, name: str, data: bytes) -> DroppedFile:
        (self.share / name).write_bytes(data)
        return DroppedFile(name, len(data), hashlib.sha256(data).hexdigest())

    def _say(self, telegrams: list[CtTelegram]) -> None:
        for one in telegrams:
            if self._send is not None:
                self._send(encode_machine(one))

    async def run(self) -> None:
        """Tick until cancelled."""
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(_TICK_S)
                self._say(self.machine.tick(self.now_s()))
