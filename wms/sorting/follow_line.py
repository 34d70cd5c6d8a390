"""Following a line: events of its machines in, changes of items, parcels, bags and positions out. Pure.

Laws this file keeps:
- every item that was seen ends exactly once, as sorted, exception or lost; a repeated report changes nothing;
- reports of different machines may arrive in any order: a scan before its induction, a weight after its divert;
- an item nobody could identify still becomes a parcel when it lands, so that nothing physical is without a record;
- a held or unidentified parcel is never sorted, wherever it falls;
- a tracking id that comes again long after its item ended is a new item: controllers restart and count anew.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from devices.contract.events import (
    Body,
    ChuteState,
    Decision,
    Induct,
    ItemLost,
    Scan,
    SortConfirmation,
    Weight,
)
from devices.contract.reasons import SORTED_REASONS, SortReason
from wms.sorting.model import Bag, Chute, Item, Line, Parcel, RaisedAlarm
from wms.stock.move import Move

_LONGEST_WAYBILL = 60
_FORGOTTEN_AFTER = timedelta(minutes=10)  # longer than any number of rounds


@dataclass(frozen=True, slots=True)
class Report:
    """One event with its identity and time."""

    event_id: UUID
    happened_at: datetime
    body: Body


class LineBook:
    """Everything a batch of reports touches on one line, loaded before, saved after."""

    def __init__(
        self,
        line: Line,
        chutes: Iterable[Chute],
        items: Iterable[Item],
        parcels: Iterable[Parcel],
        open_bags: Iterable[Bag],
        busy_parcels: dict[UUID, str],
        new_id: Callable[[], UUID],
    ) -> None:
        """`busy_parcels`: parcel -> tid for parcels on the belt now, also those of items outside this batch."""
        self.line = line
        self.chutes = {chute.name: chute for chute in chutes}
        self.items = {item.tid: item for item in items}
        self.parcels = {parcel.id: parcel for parcel in parcels}
        self.by_waybill = {parcel.waybill_no: parcel for parcel in parcels if parcel.waybill_no}
        self.bags = {bag.id: bag for bag in open_bags}
        self.open_bag = {bag.chute: bag for bag in open_bags}
        self.busy_parcels = busy_parcels
        self.new_id = new_id
        self.moves: list[Move] = []
        self.alarms: list[RaisedAlarm] = []
        self.chute_changes: dict[str, tuple[str, datetime]] = {}
        self.left_bags: dict[UUID, tuple[int, int]] = {}  # bag -> parcels and grams taken out again
        self.unsealed: set[str] = set()  # waybill numbers that came out of a closed bag
        self.renamed: list[tuple[str, str]] = []  # tid that was given to another item, name of the old one
        self.changed_items: set[str] = set()
        self.changed_parcels: set[UUID] = set()
        self.changed_bags: set[UUID] = set()

    def take(self, report: Report) -> None:
        """Fold one report into the book."""
        match report.body:
            case Induct():
                self._induct(report, report.body)
            case Scan():
                self._scan(report, report.body)
            case Weight():
                self._weigh(report, report.body)
            case Decision():
                self._decide(report, report.body)
            case SortConfirmation():
                self._confirm(report, report.body)
            case ItemLost():
                self._lose(report, report.body)
            case ChuteState():
                self._change_chute(report, report.body)

    def _item(self, tid: str, at: datetime) -> Item:
        self.changed_items.add(tid)
        return self.items.setdefault(tid, Item(tid, at))

    def _live_item(self, tid: str, at: datetime) -> Item:
        """The item of a report that no ended item can cause; long after an end its tracking id is somebody else's."""
        item = self._item(tid, at)
        if item.finished_at is None or at - item.finished_at < _FORGOTTEN_AFTER:
            return item
        item.tid = f"{tid}~{int(item.finished_at.timestamp())}"
        self.items[item.tid] = item
        self.changed_items.add(item.tid)
        self.renamed.append((tid, item.tid))
        self.items[tid] = Item(tid, at)
        return self.items[tid]

    def _induct(self, report: Report, body: Induct) -> None:
        item = self._live_item(body.tid, report.happened_at)
        if item.inducted_at is not None:
            item.repeats += 1
            return
        item.inducted_at = report.happened_at
        item.induct_place = body.place
        item.first_seen_at = min(item.first_seen_at, report.happened_at)

    def _scan(self, report: Report, body: Scan) -> None:
        if body.tid is None:
            return
        item = self._live_item(body.tid, report.happened_at)
        item.scans += 1
        _add_codes(item, [code.text for code in body.codes])

    def _weigh(self, report: Report, body: Weight) -> None:
        if body.tid is None or body.weight_g is None or body.weight_g <= 0:
            return
        item = self._live_item(body.tid, report.happened_at)
        item.weight_g = body.weight_g
        if item.parcel_id is not None:
            self._measure(self.parcels[item.parcel_id], item)

    def _decide(self, report: Report, body: Decision) -> None:
        item = self._live_item(body.tid, report.happened_at)
        _add_codes(item, [code.text for code in body.codes])
        if item.decided_at is None or body.pass_no + 1 > item.passes:
            item.passes = body.pass_no + 1
            item.decided_at = report.happened_at
            item.decided_chute = body.chute
            item.decision_reason = body.reason
            item.decided_us = body.decided_us
            item.plan_version = body.plan_version
        if item.weight_g is None and body.weight_g is not None and body.weight_g > 0:
            item.weight_g = body.weight_g
        if item.parcel_id is None and item.finished_at is None and body.code is not None:
            self._identify(report, item, body.code)

    def _identify(self, report: Report, item: Item, code: str) -> None:
        """Tie the item to its parcel and bring the parcel onto the belt."""
        parcel = self.by_waybill.get(code)
        if parcel is None:
            return
        other = self.busy_parcels.get(parcel.id)
        if other is not None and other != item.tid and not self._give_up(self.items.get(other), report.happened_at):
            params: dict[str, str | int] = {"waybill_no": code, "tid": item.tid, "other_tid": other}
            self.alarms.append(RaisedAlarm("duplicate_label", params, report.happened_at))
            return
        item.parcel_id = parcel.id
        self._measure(parcel, item)
        self.busy_parcels[parcel.id] = item.tid
        self._leave_bag(parcel)
        self._set_state(parcel, "on_line", None, report.happened_at)
        self._move(parcel, self.line.belt_id, report, "decision")

    def _give_up(self, item: Item | None, now: datetime) -> bool:
        """End an item the line has not spoken of for long: its parcel is in somebody's hands, else it could not be here."""
        if item is None or now - max(item.first_seen_at, item.decided_at or item.first_seen_at) < _FORGOTTEN_AFTER:
            return False
        item.finished_at, item.result, item.reason = now, "lost", SortReason.LOST_TRACKING
        self.changed_items.add(item.tid)
        return True

    def _confirm(self, report: Report, body: SortConfirmation) -> None:
        item = self._item(body.tid, report.happened_at)
        if item.finished_at is not None:
            item.repeats += 1
            return
        chute = self.chutes.get(body.actual)
        if chute is None:
            params: dict[str, str | int] = {"chute": body.actual, "tid": body.tid}
            self.alarms.append(RaisedAlarm("unknown_chute", params, report.happened_at))
            self._end_astray(item, body.actual, SortReason.INVALID_DEST, report)
            return
        parcel = self._parcel_of(item, report)
        reason = _final_reason(item, parcel, chute, body)
        is_sorted = reason in SORTED_REASONS and not chute.exception
        item.finished_at = report.happened_at
        item.actual = body.actual
        item.reason = reason
        item.result = "sorted" if is_sorted else "exception"
        self._set_state(parcel, item.result, None if is_sorted else reason, report.happened_at)
        self.busy_parcels.pop(parcel.id, None)
        if chute.exception:
            self._move(parcel, chute.location_id, report, "sort_conf")
        else:
            self._put_in_bag(parcel, item, chute, report)

    def _lose(self, report: Report, body: ItemLost) -> None:
        item = self._item(body.tid, report.happened_at)
        if item.finished_at is not None:
            item.repeats += 1
            return
        self._end_astray(item, body.last_place, SortReason.LOST_TRACKING, report)

    def _end_astray(self, item: Item, place: str, reason: SortReason, report: Report) -> None:
        """The machine no longer knows where the item is: the ledger says so until a person finds it."""
        item.finished_at = report.happened_at
        item.result = "lost"
        item.reason = reason
        item.actual = place
        parcel = self._parcel_of(item, report)
        self._set_state(parcel, "exception", reason, report.happened_at)
        self.busy_parcels.pop(parcel.id, None)
        self._move(parcel, self.line.lost_id, report, "item_lost")

    def _change_chute(self, report: Report, body: ChuteState) -> None:
        chute = self.chutes.get(body.chute)
        if chute is None or chute.state == body.state:
            return
        chute.state = body.state
        self.chute_changes[chute.name] = (body.state, report.happened_at)
        bag = self.open_bag.get(chute.name)
        if body.state == "full" and bag is not None and bag.parcels:
            self._close_bag(bag, "full", report.happened_at)

    def _parcel_of(self, item: Item, report: Report) -> Parcel:
        """The item's parcel: known by decision, else announced under its single code, else a new one.

        A single unknown code is kept as the new parcel's waybill number.
        """
        if item.parcel_id is not None:
            return self.parcels[item.parcel_id]
        code = item.codes[0] if len(item.codes) == 1 and len(item.codes[0]) <= _LONGEST_WAYBILL else None
        known = self.by_waybill.get(code) if code else None
        if known is not None and known.state == "announced":
            parcel = known  # read, but too late for a decision
        else:  # a number that belongs to a parcel known to be elsewhere says nothing
            parcel = Parcel(self.new_id(), None if known else code, None, "exception", on_ledger=False, new=True)
            self.parcels[parcel.id] = parcel
            if parcel.waybill_no:
                self.by_waybill[parcel.waybill_no] = parcel
        item.parcel_id = parcel.id
        self._measure(parcel, item)
        return parcel

    def _put_in_bag(self, parcel: Parcel, item: Item, chute: Chute, report: Report) -> None:
        bag = self.open_bag.get(chute.name)
        if bag is None:
            bag = Bag(self.new_id(), chute.name, None, opened_at=report.happened_at, new=True)
            self.bags[bag.id] = self.open_bag[chute.name] = bag
            self.moves.append(Move(bag.id, chute.location_id, report.happened_at, "bag_open", report.event_id))
        if item.result == "sorted" and bag.destination is None:
            bag.destination = parcel.destination
        bag.parcels += 1
        bag.weight_g += parcel.measured_weight_g or parcel.declared_weight_g or 0
        parcel.in_bag = bag.id
        self.changed_bags.add(bag.id)
        self._move(parcel, bag.id, report, "sort_conf")
        if bag.parcels >= chute.bag_max_parcels:
            self._close_bag(bag, "count", report.happened_at)
        elif bag.weight_g >= chute.bag_max_weight_g:
            self._close_bag(bag, "weight", report.happened_at)

    def _close_bag(self, bag: Bag, reason: str, at: datetime) -> None:
        bag.closed_at = at
        bag.close_reason = reason
        self.changed_bags.add(bag.id)
        self.open_bag.pop(bag.chute, None)

    def _leave_bag(self, parcel: Parcel) -> None:
        if parcel.state == "bagged" and parcel.waybill_no:
            self.unsealed.add(parcel.waybill_no)
        if parcel.in_bag is None:
            return
        weight_g = parcel.measured_weight_g or parcel.declared_weight_g or 0
        bag = self.bags.get(parcel.in_bag)
        if bag is not None:
            bag.parcels -= 1
            bag.destination = bag.destination if bag.parcels else None
            bag.weight_g -= weight_g
            self.changed_bags.add(bag.id)
        else:
            parcels, grams = self.left_bags.get(parcel.in_bag, (0, 0))
            self.left_bags[parcel.in_bag] = (parcels + 1, grams + weight_g)
        parcel.in_bag = None

    def _measure(self, parcel: Parcel, item: Item) -> None:
        """Note the measured weight, and keep the weight of a bag the parcel already lies in true."""
        if item.weight_g is None or parcel.measured_weight_g == item.weight_g:
            return
        before_g = parcel.measured_weight_g or parcel.declared_weight_g or 0
        parcel.measured_weight_g = item.weight_g
        self.changed_parcels.add(parcel.id)
        if parcel.in_bag is None:
            return
        bag = self.bags.get(parcel.in_bag)
        if bag is not None:
            bag.weight_g += item.weight_g - before_g
            self.changed_bags.add(bag.id)
        else:
            parcels, grams = self.left_bags.get(parcel.in_bag, (0, 0))
            self.left_bags[parcel.in_bag] = (parcels, grams + before_g - item.weight_g)

    def _set_state(self, parcel: Parcel, state: str, reason: str | None, at: datetime) -> None:
        parcel.state, parcel.reason, parcel.state_at = state, reason, at
        self.changed_parcels.add(parcel.id)

    def _move(self, parcel: Parcel, to_place_id: UUID, report: Report, cause: str) -> None:
        self.moves.append(Move(parcel.id, to_place_id, report.happened_at, cause, report.event_id))


def _add_codes(item: Item, codes: list[str]) -> None:
    item.codes.extend(code for code in dict.fromkeys(codes) if code not in item.codes)


def _final_reason(item: Item, parcel: Parcel, chute: Chute, body: SortConfirmation) -> SortReason:
    """The controller's reason when something went wrong there, else the decision's, else that nobody decided in time.

    What looks sorted is not: a parcel held while it fell, or one whose label another parcel bears.
    """
    reason: SortReason
    if body.reason is not SortReason.OK:
        reason = body.reason
    elif item.decision_reason is None:
        reason = SortReason.LATE_DECISION
    elif item.decided_chute is not None and item.decided_chute != body.actual:
        reason = SortReason.NOT_DIVERTED
    else:
        reason = SortReason(item.decision_reason)
    if reason in SORTED_REASONS and not chute.exception:
        if parcel.hold:
            return SortReason.CUSTOMS_HOLD
        if parcel.waybill_no is None:
            return SortReason.MULTI_READ
    return reason
