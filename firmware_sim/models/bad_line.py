"""A bad line between a machine and its plug: pieces of any size, noise between frames, frames doubled, frames cut short.

Seeded, and drawn a frame at a time, so the same seed spoils the same frames.
"""

from dataclasses import dataclass
from random import Random

from firmware_sim.models.instrument import Send


@dataclass(frozen=True, slots=True)
class LineFaults:
    """Shares of frames: noise before it, cut short before it (a half frame of its own kind), sent twice."""

    split: bool = False
    noise: float = 0.0
    halved: float = 0.0
    doubled: float = 0.0


class BadLine:
    """What the machine sends goes through `send`; the host's bytes pass untouched. `faults` may be changed at any time."""

    def __init__(self, send: Send, draw: Random, faults: LineFaults) -> None:
        self._send = send
        self._draw = draw
        self.faults = faults

    def send(self, frame: bytes) -> None:
        """Pass a frame on, spoilt or not."""
        faults, draw = self.faults, self._draw
        if draw.random() < faults.noise:
            # Line noise hits the high bit: parity errors, not letters of the language.
            self._pieces(bytes(draw.randrange(0x80, 0x100) for _ in range(draw.randrange(1, 12))))
        if len(frame) > 1 and draw.random() < faults.halved:
            self._pieces(frame[: draw.randrange(1, len(frame))])
        self._pieces(frame)
        if draw.random() < faults.doubled:
            self._pieces(frame)

    def _pieces(self, data: bytes) -> None:
        if not self.faults.split:
            self._send(data)
            return
        while data:
            size = self._draw.randint(1, 5)
            self._send(data[:size])
            data = data[size:]
