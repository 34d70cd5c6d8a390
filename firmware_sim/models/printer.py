"""A ZPL printer: labels are printed one after another while there is paper, the head is closed and nobody has paused it."""

import re
from dataclasses import replace

from devices.protocols.zpl_status import HostStatus, encode
from firmware_sim.models.instrument import Send

_BUFFER_CAP = 1_000_000
_LABEL = re.compile(rb"\^XA(.*?)\^XZ", re.DOTALL)
_SILENT = ("paper_out", "ribbon_out", "head_up")


class Printer:
    """`printed` are the labels that came out. `mute` printers do not answer while paper or ribbon is out or the head is up."""

    def __init__(self, send: Send, *, mute: bool = False) -> None:
        self._send = send
        self._mute = mute
        self._on = False
        self._buffer = b""
        self._waiting: list[bytes] = []
        self.status = HostStatus()
        self.printed: list[bytes] = []

    def power_on(self) -> None:
        self._on = True
        self._buffer = b""

    def power_off(self) -> None:
        self._on = False

    def set(self, **flags: bool) -> None:
        """Paper runs out, somebody opens the head, presses pause: the flags of HostStatus."""
        self.status = replace(self.status, **flags)  # type: ignore[arg-type]  # flags only
        self._work()

    def receive(self, data: bytes) -> None:
        if not self._on:
            return
        self._buffer = (self._buffer + data)[-_BUFFER_CAP:]
        while (place := self._buffer.find(b"~HS")) >= 0:
            self._buffer = self._buffer[:place] + self._buffer[place + 3 :]
            self._tell()
        self._waiting += [match[1] for match in _LABEL.finditer(self._buffer)]
        self._buffer = _LABEL.sub(b"", self._buffer).lstrip(b"\r\n")
        self._work()

    def _tell(self) -> None:
        if not (self._mute and any(getattr(self.status, flag) for flag in _SILENT)):
            self._send(encode(replace(self.status, waiting=min(999, len(self._waiting)))))

    def _work(self) -> None:
        if self._on and not self.status.trouble:
            self.printed += self._waiting
            self._waiting.clear()
