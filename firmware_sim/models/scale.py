"""A Mettler-Toledo scale: MT-SICS level 0 in front of a load cell.

`S` blocks until the display is stable and never answers with a dynamic weight; after `timeout_s` it gives up with `S I`.
A new command ends a waiting `S` or a running `SIR` without an answer, as on the machine. Sources: protocols page 2.1.
"""

from collections.abc import Callable
from dataclasses import dataclass

from devices.protocols.frames import Garbage
from devices.protocols.mt_sics import (
    Command,
    CommandDecoder,
    Fault,
    Reading,
    Reply,
    Response,
    encode_response,
)
from firmware_sim.models.load_cell import LoadCell
from firmware_sim.schedule import Timer, Timers

LEVEL_0 = ("@", "I0", "I1", "I2", "I3", "I4", "S", "SI", "SIR", "Z", "ZI")
_ZERO_RANGE = 0.02
_SIR_PERIOD_S = 0.1


@dataclass(frozen=True, slots=True)
class Nameplate:
    """What a scale says about itself."""

    model: str
    serial: str
    capacity_g: int
    timeout_s: float


class Scale:
    """Bytes in by `receive`, bytes out by the callback; the belt moves items on and off it."""

    def __init__(self, plate: Nameplate, cell: LoadCell, timers: Timers, send: Callable[[bytes], None]) -> None:
        self._plate = plate
        self._cell = cell
        self._timers = timers
        self._send = send
        self._decoder = CommandDecoder()
        self._waiting: Timer | None = None
        self._give_up_at = 0.0
        self._repeating: Timer | None = None
        self._answers: dict[str, Callable[[], None]] = {
            "@": self._reset, "I0": self._list_commands, "I1": lambda: self._tell("I1", '"0"', '"2.30"'),
            "I2": lambda: self._tell("I2", f'"{plate.model} {plate.capacity_g / 1000:.2f} kg"'),
            "I3": lambda: self._tell("I3", '"1.00"'), "I4": lambda: self._tell("I4", f'"{plate.serial}"'),
            "S": self._wait_for_stable, "SI": lambda: self._answer(self._present()), "SIR": self._repeat,
            "Z": self._zero_stable, "ZI": self._zero_now,
        }  # fmt: skip

    def receive(self, data: bytes) -> None:
        """Bytes from the host; whatever is no command is answered with ES."""
        for found in self._decoder.feed(data):
            self._obey(found)

    def disturb(self) -> None:
        """An item moves onto or off the platform."""
        self._cell.disturb(self._timers.now())
        self._rearm()

    def settle(self, load_g: float) -> None:
        """The item lies wholly on the platform (or has left it, with 0)."""
        self._cell.settle(self._timers.now(), load_g)
        self._rearm()

    def _obey(self, found: Command | Garbage) -> None:
        self._cancel()
        if isinstance(found, Garbage) or found.name not in self._answers:
            self._answer(Fault("ES"))
        elif found.args:
            self._answer(Fault("EL"))
        else:
            self._answers[found.name]()

    def _wait_for_stable(self) -> None:
        self._give_up_at = self._timers.now() + self._plate.timeout_s
        self._waiting = self._timers.at(min(self._cell.stable_at(), self._give_up_at), self._end_wait)

    def _rearm(self) -> None:
        """The load changed under a waiting `S`: wait for the new one."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = self._timers.at(min(self._cell.stable_at(), self._give_up_at), self._end_wait)

    def _end_wait(self) -> None:
        self._waiting = None
        self._answer(self._present() if self._is_stable() else Reading("I"))

    def _is_stable(self) -> bool:
        return self._timers.now() >= self._cell.stable_at()

    def _present(self) -> Reading:
        # One instant for both: time passes between two looks at the clock, and a moving weight must not be called stable.
        now = self._timers.now()
        grams = self._cell.shown_g(now)
        if grams > self._plate.capacity_g:
            return Reading("+")
        if grams < -self._plate.capacity_g * _ZERO_RANGE:
            return Reading("-")
        return Reading.of_grams("S" if now >= self._cell.stable_at() else "D", grams)

    def _repeat(self) -> None:
        self._answer(self._present())
        self._repeating = self._timers.after(_SIR_PERIOD_S, self._repeat)

    def _zero_stable(self) -> None:
        self._answer(Reply("Z", self._zeroed() if self._is_stable() else "I"))

    def _zero_now(self) -> None:
        status = self._zeroed()
        self._answer(Reply("ZI", ("S" if self._is_stable() else "D") if status == "A" else status))

    def _zeroed(self) -> str:
        """Zero the display when the load is within the zeroing range; the status for the answer."""
        grams, limit = self._cell.shown_g(self._timers.now()), self._plate.capacity_g * _ZERO_RANGE
        if abs(grams) > limit:
            return "+" if grams > 0 else "-"
        self._cell.zero(self._timers.now())
        return "A"

    def _reset(self) -> None:
        self._tell("I4", f'"{self._plate.serial}"')

    def _list_commands(self) -> None:
        for name in LEVEL_0[:-1]:
            self._answer(Reply("I0", "B", ("0", f'"{name}"')))
        self._tell("I0", "0", f'"{LEVEL_0[-1]}"')

    def _tell(self, id: str, *args: str) -> None:
        self._answer(Reply(id, "A", args))

    def _answer(self, response: Response) -> None:
        self._send(encode_response(response))

    def _cancel(self) -> None:
        for timer in (self._waiting, self._repeating):
            if timer is not None:
                timer.cancel()
        self._waiting = self._repeating = None
