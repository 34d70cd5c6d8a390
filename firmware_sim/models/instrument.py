"""What a simulated machine is to its plug: bytes in by `receive`, bytes out by the callback it was given, a power switch."""

from collections.abc import Callable
from typing import Protocol

Send = Callable[[bytes], None]


class Instrument(Protocol):
    def power_on(self) -> None:
        """Begin to work, as after a loss of power: nothing is remembered that the machine does not keep."""
        ...

    def power_off(self) -> None:
        """Say and hear nothing until the power is back."""
        ...

    def receive(self, data: bytes) -> None:
        """Bytes from the host, in any split."""
        ...
