"""The sorter controller from the tunnel to the chute: ask, obey in time, or fall back.

Every item has one deadline that no host can move: the last divert point, where the safe chute is. What has no order there
falls into it as LATE_DECISION. An order counts when it arrives before the item reaches the divert point of its chute.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from devices.contract.reasons import SortReason
from devices.protocols.osip import OK, UNKNOWN_TARGET, Locu, Req, Res, Upd
from devices.protocols.osip_profile import (
    CHUTE,
    CODE_OF_CONDITION,
    CODE_OF_REASON,
    LOOP,
    TUNNEL,
    ChuteCondition,
    Location,
    group,
)
from firmware_sim.faults import Dice
from firmware_sim.models.chutes import Chutes
from firmware_sim.models.correspondence import Correspondence
from firmware_sim.models.item import Item, Order
from firmware_sim.scenario import Scenario
from firmware_sim.schedule import Timers

LOST = "lost"
_REASON_OF_CONDITION: dict[ChuteCondition, SortReason] = {
    "full": SortReason.CHUTE_FULL,
    "jam": SortReason.CHUTE_JAM,
    "disabled": SortReason.CHUTE_DISABLED,
}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the controller is wired to: scanner trigger, the loop's next free carrier, and the truth it ends in."""

    trigger: Callable[[Item], None]
    next_carrier: Callable[[float], float]
    finished: Callable[[Item, str, SortReason], None]


class Sorter:
    """Tracks items by tid. A later order for the same pass replaces an earlier one as long as it is in time."""

    def __init__(
        self,
        scenario: Scenario,
        dice: Dice,
        timers: Timers,
        utc: Callable[[], datetime],
        post: Correspondence,
        around: Surroundings,
    ) -> None:
        self._scenario = scenario
        self._dice = dice
        self._timers = timers
        self._utc = utc
        self._post = post
        self._around = around
        self._name = scenario.line.sorter
        self._safe = scenario.chutes.safe
        self._safe_s = scenario.belt.to_chute_s(self._safe)
        self._asking: dict[str, Item] = {}
        self.chutes = Chutes(scenario.chutes, dice, timers, self._report_chute)

    def snapshot(self) -> Iterable[Locu]:
        """The state of every chute as a fresh host has to know it."""
        return map(self._chute_state, self.chutes.numbers)

    def open_requests(self) -> list[bytes]:
        """Requests without an answer whose items can still be diverted."""
        return [item.request for item in self._asking.values() if item.order is None]

    def report_place(self, item: Item, kind: str, number: int, reason: SortReason = SortReason.OK) -> None:
        """Tell where an item is."""
        self._post.report(Upd(item.tid, self._location(kind, number), CODE_OF_REASON[reason], self._utc()))

    def at_tunnel(self, item: Item, tunnel_at: float) -> None:
        """The item breaks the light barrier: ask for its destination and trigger the scanner."""
        item.passes += 1
        item.tunnel_at = tunnel_at
        item.order = item.mishap = item.divert = item.scan_sent_real_s = item.decision_ms = None
        self._asking[item.tid] = item
        item.request = self._post.request(
            Req(item.tid, self._location(TUNNEL, 1), UNKNOWN_TARGET, OK, self._utc()),
        )
        item.run_out = self._timers.at(tunnel_at + self._safe_s, lambda: self._at_safe_chute(item))
        self._around.trigger(item)
        if self._dice.loses(item.serial, item.passes):
            share = self._dice.about("where lost", item.serial).uniform(0.1, 0.9)
            self._timers.at(tunnel_at + share * self._scenario.belt.to_chute_s(1), lambda: self._lose(item))

    def answer(self, res: Res, first_byte_real_s: float) -> None:
        """An order of the host; one for an item that is not waiting for any is ignored."""
        item = self._asking.get(res.barcode)
        if item is None:
            return
        if item.order is None and item.scan_sent_real_s is not None:
            item.decision_ms = (first_byte_real_s - item.scan_sent_real_s) * 1000
        item.order = order = self._read_order(res.target)
        item.mishap = None
        if item.divert is not None:
            item.divert.cancel()
        if order.chute is None or order.chute == self._safe:
            return
        due = item.tunnel_at + self._scenario.belt.to_chute_s(order.chute)
        if due < self._timers.now():
            item.mishap = SortReason.LATE_DECISION
        else:
            item.divert = self._timers.at(due, partial(self._divert, item, order.chute))

    def _read_order(self, target: str) -> Order:
        location = Location.parse(target)
        if location is None or location.sorter != self._name:
            return Order(target)
        place = location.place() or target
        if location.kind == CHUTE and location.number in self.chutes.numbers:
            return Order(place, chute=location.number)
        return Order(place, loop=location.kind == LOOP)

    def _divert(self, item: Item, chute: int) -> None:
        condition = self.chutes.condition(chute)
        if condition == "open":
            self._drop(item, chute, SortReason.OK)
        else:
            item.mishap = _REASON_OF_CONDITION[condition]

    def _at_safe_chute(self, item: Item) -> None:
        if item.divert is not None:
            # The chute opposite the safe one has the same divert point: it comes first.
            item.divert.fire()
            if item.tid not in self._asking:
                return
        order = item.order
        if order is not None and order.loop:
            self._go_round(item)
            return
        if order is None:
            reason = SortReason.LATE_DECISION
        elif order.chute is None:
            reason = SortReason.INVALID_DEST
        else:
            reason = SortReason.OK if order.chute == self._safe else item.mishap or SortReason.NOT_DIVERTED
        self._drop(item, self._safe, reason)

    def _go_round(self, item: Item) -> None:
        del self._asking[item.tid]
        tunnel_at = self._around.next_carrier(item.tunnel_at + self._scenario.belt.loop_s)
        self._timers.at(tunnel_at, lambda: self.at_tunnel(item, tunnel_at))

    def _drop(self, item: Item, chute: int, reason: SortReason) -> None:
        self._forget(item)
        self.report_place(item, CHUTE, chute, reason)
        self.chutes.drop(chute)
        self._around.finished(item, f"c{chute:02d}", reason)

    def _lose(self, item: Item) -> None:
        if item.tid not in self._asking:
            return
        self._forget(item)
        self.report_place(item, TUNNEL, 1, SortReason.LOST_TRACKING)
        self._around.finished(item, LOST, SortReason.LOST_TRACKING)

    def _forget(self, item: Item) -> None:
        del self._asking[item.tid]
        for timer in (item.run_out, item.divert):
            if timer is not None:
                timer.cancel()

    def _report_chute(self, chute: int) -> None:
        self._post.report(self._chute_state(chute))

    def _chute_state(self, chute: int) -> Locu:
        code = CODE_OF_CONDITION[self.chutes.condition(chute)]
        return Locu(group(self._name, CHUTE), self._location(CHUTE, chute), code, self._utc())

    def _location(self, kind: str, number: int) -> str:
        return str(Location(self._name, kind, number))
