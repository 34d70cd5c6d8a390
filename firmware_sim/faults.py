"""Chance, seeded: which item is unread, which weight deviates, where bytes flip.

Every draw depends on the seed and on what it is about (item number, pass, telegram), not on the order in which things
happen. The same seed therefore breaks the same parcels, however fast the host answers.
"""

from collections.abc import Sequence
from random import Random
from typing import Literal

from firmware_sim.scenario import Faults

ScanFault = Literal["good", "no_read", "double", "garbled"]


class Dice:
    """All chance of one run."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self._seed = seed
        self._faults = faults

    def about(self, *subject: object) -> Random:
        """A generator of its own for one subject."""
        return Random("/".join(map(str, (self._seed, *subject))))

    def scan_fault(self, serial: int, pass_no: int) -> ScanFault:
        """What the tunnel makes of an item in one pass."""
        draw = self.about("scan", serial, pass_no).random()
        shares: Sequence[tuple[ScanFault, float]] = (
            ("no_read", self._faults.no_read),
            ("double", self._faults.double_read),
            ("garbled", self._faults.garbled),
        )
        for fault, share in shares:
            if draw < share:
                return fault
            draw -= share
        return "good"

    def weight_g(self, serial: int, declared_g: int) -> int:
        """What an item really weighs: as declared, or a fifth to four fifths more or less."""
        draw = self.about("weight", serial)
        if draw.random() >= self._faults.weight_deviation:
            return declared_g
        change = draw.uniform(0.2, 0.8) * draw.choice((-1, 1))
        return max(1, round(declared_g * (1 + change)))

    def loses(self, serial: int, pass_no: int) -> bool:
        """Whether the controller loses track of an item behind the tunnel."""
        return self._hits(self._faults.lost_tracking, "lost", serial, pass_no)

    def retransmits(self, telegram_no: int) -> bool:
        """Whether the controller sends a telegram twice for no reason."""
        return self._hits(self._faults.retransmit, "retransmit", telegram_no)

    def _hits(self, share: float, *subject: object) -> bool:
        return share > 0 and self.about(*subject).random() < share


def flip_bytes(frame: bytes, draw: Random) -> bytes:
    """The frame with one to three bytes hit by parity noise (high bit set), so that none stays plain ASCII."""
    damaged = bytearray(frame)
    for place in draw.sample(range(len(frame)), k=min(len(frame), draw.randint(1, 3))):
        damaged[place] |= 0x80
    return bytes(damaged)
