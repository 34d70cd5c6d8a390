"""The induction lanes: items are released so that each meets its own free carrier at the tunnel.

Carriers pass the tunnel every `pitch`; lane n serves the carriers whose number leaves the remainder n. A carrier reserved
by an item coming round the loop is passed over. That is why four lanes and a loop never collide.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from firmware_sim.models.item import Announced, Item
from firmware_sim.models.scale import Scale
from firmware_sim.scenario import Scenario
from firmware_sim.schedule import Timer, Timers

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Milestones:
    """What the lane tells: a new item (returned with its tid), wholly on its scale, at the tunnel."""

    induct: Callable[[Announced, int], Item]
    on_scale: Callable[[Item, int], None]
    at_tunnel: Callable[[Item, float], None]


class Infeed:
    """`may_release` is asked before every item; `limit` items are released at most."""

    def __init__(
        self,
        scenario: Scenario,
        timers: Timers,
        scales: Sequence[Scale],
        milestones: Milestones,
        may_release: Callable[[], bool],
        limit: int | None = None,
    ) -> None:
        self._scenario = scenario
        self._timers = timers
        self._scales = scales
        self._milestones = milestones
        self._may_release = may_release
        self._left = math.inf if limit is None else limit
        self._waiting: deque[Announced] = deque()
        self._origin: float | None = None
        self._carrier = 0
        self._reserved: set[int] = set()
        self._armed: Timer | None = None

    @property
    def waiting(self) -> int:
        """Announced items that have not been released."""
        return len(self._waiting)

    def start(self) -> None:
        """Let the belts run; carrier 0 passes the tunnel one lane length from now."""
        self._origin = self._timers.now() + self._scenario.lane.to_tunnel_s
        self._wake()

    def offer(self, rows: Iterable[Announced]) -> None:
        """Put items at the end of the queue before the lanes."""
        self._waiting.extend(rows)
        self._wake()

    def reserve(self, earliest: float) -> float:
        """The time at the tunnel of the first free carrier from `earliest` on, taken for an item on the loop."""
        self._reserved = {carrier for carrier in self._reserved if carrier >= self._carrier}
        carrier = max(self._carrier_at(earliest), self._carrier)
        while carrier in self._reserved:
            carrier += 1
        self._reserved.add(carrier)
        return self._tunnel_time(carrier)

    def _tunnel_time(self, carrier: int) -> float:
        assert self._origin is not None, "the belts run before anything is on them"
        return self._origin + carrier * self._scenario.pitch_s

    def _carrier_at(self, time: float) -> int:
        """The first carrier that passes the tunnel at `time` or later."""
        assert self._origin is not None, "the belts run before anything is on them"
        return math.ceil((time - self._origin) / self._scenario.pitch_s - _ROUNDING)

    def _wake(self) -> None:
        if self._origin is None or self._armed is not None or not self._waiting or not self._left:
            return
        lane_s = self._scenario.lane.to_tunnel_s
        self._carrier = max(self._carrier, self._carrier_at(self._timers.now() + lane_s))
        self._armed = self._timers.at(self._tunnel_time(self._carrier) - lane_s, self._serve_carrier)

    def _serve_carrier(self) -> None:
        self._armed = None
        carrier, self._carrier = self._carrier, self._carrier + 1
        if carrier not in self._reserved and self._may_release():
            self._left -= 1
            self._release(self._waiting.popleft(), carrier)
        self._wake()

    def _release(self, row: Announced, carrier: int) -> None:
        lane, length = self._scenario.lane, self._scenario.line.item_length_m
        number = carrier % self._scenario.line.lanes
        tunnel_at = self._tunnel_time(carrier)
        item = self._milestones.induct(row, number + 1)
        scale = self._scales[number]

        def when(front_m: float) -> float:
            return tunnel_at - (lane.tunnel_at_m - front_m) / lane.speed_m_s

        def wholly_on() -> None:
            scale.settle(item.weight_g)
            self._milestones.on_scale(item, number + 1)

        end_m = lane.scale_at_m + lane.scale_length_m
        self._timers.at(when(lane.scale_at_m), scale.disturb)
        self._timers.at(when(lane.scale_at_m + length), wholly_on)
        self._timers.at(when(end_m), scale.disturb)
        self._timers.at(when(end_m + length), lambda: scale.settle(0))
        self._timers.at(tunnel_at, lambda: self._milestones.at_tunnel(item, tunnel_at))
