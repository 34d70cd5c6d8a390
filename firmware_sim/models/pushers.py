"""Machines that push a message a parcel, a passage or a minute: dimensioners, DWS boxes, cameras, probes, tunnels."""

from collections.abc import Callable

from devices.protocols import cubiscan
from devices.protocols.frames import Garbage
from devices.protocols.measuring import Size
from firmware_sim.models.instrument import Send


class Pusher:
    """`write` turns what happened into a frame; nothing is heard."""

    def __init__(self, write: Callable[[str], bytes], send: Send) -> None:
        self._write = write
        self._send = send
        self._on = False

    def power_on(self) -> None:
        self._on = True

    def power_off(self) -> None:
        self._on = False

    def happen(self, what: str) -> None:
        """Something came along."""
        if self._on:
            self._send(self._write(what))

    def receive(self, data: bytes) -> None:
        return


class CubiscanMachine:
    """Measures what lies on it, when a parcel is put there or when it is told to."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._on = False
        self._decoder = cubiscan.CommandDecoder()
        self._parcel: tuple[Size, int] | None = None

    def power_on(self) -> None:
        self._on = True
        self._decoder = cubiscan.CommandDecoder()

    def power_off(self) -> None:
        self._on = False

    def put(self, size: Size | None, weight_g: int, *, by_itself: bool = True) -> None:
        """A parcel is put on it (None: taken off)."""
        self._parcel = None if size is None else (size, weight_g)
        if by_itself:
            self._measure("C")

    def receive(self, data: bytes) -> None:
        for found in self._decoder.feed(data) if self._on else ():
            if not isinstance(found, Garbage) and found.word == "M":
                self._measure("H")

    def _measure(self, origin: str) -> None:
        if not self._on:
            return
        if self._parcel is None:
            self._send(cubiscan.encode_response(cubiscan.Refused("M", origin, "M")))
            return
        size, weight_g = self._parcel
        volume_g = size.length_mm * size.width_mm * size.height_mm // 50_000 * 10
        self._send(cubiscan.encode_response(cubiscan.Measured(size, weight_g, volume_g, 5000, origin=origin)))
