"""Chutes that fill, jam, and are emptied by a person some time after they are full."""

from collections.abc import Callable

from devices.protocols.osip_profile import ChuteCondition
from firmware_sim.faults import Dice
from firmware_sim.scenario import Chutes as Config
from firmware_sim.schedule import Timers


class Chutes:
    """`changed(chute)` is called whenever the condition of a chute changes. The safe chute ends in a cage: never full."""

    def __init__(self, config: Config, dice: Dice, timers: Timers, changed: Callable[[int], None]) -> None:
        self._config = config
        self._dice = dice
        self._timers = timers
        self._changed = changed
        self._count = dict.fromkeys(self.numbers, 0)
        self._emptied = dict.fromkeys(self.numbers, 0)
        self._jammed: set[int] = set()

    @property
    def numbers(self) -> range:
        """Every chute, 1 to the last."""
        return range(1, self._config.count + 1)

    def condition(self, chute: int) -> ChuteCondition:
        """Whether a chute takes an item, and why not; a jam hides that it is full."""
        if chute in self._jammed:
            return "jam"
        full = chute != self._config.safe and self._count[chute] >= self._config.capacity
        return "full" if full else "open"

    def drop(self, chute: int) -> None:
        """An item slides in. The one that fills the chute calls for a person."""
        self._count[chute] += 1
        if chute != self._config.safe and self._count[chute] == self._config.capacity:
            draw = self._dice.about("person", chute, self._emptied[chute])
            self._timers.after(draw.uniform(*self._config.emptied_after_s), lambda: self._empty(chute))
            self._changed(chute)

    def jam(self, chute: int) -> None:
        """Something is stuck in the chute."""
        self._jammed.add(chute)
        self._changed(chute)

    def clear(self, chute: int) -> None:
        """The jam is gone; the chute may still be full."""
        self._jammed.discard(chute)
        self._changed(chute)

    def _empty(self, chute: int) -> None:
        self._count[chute] = 0
        self._emptied[chute] += 1
        self._changed(chute)
