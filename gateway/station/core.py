"""The station's memory and rules, pure: facts with their time in, answers out.

An item is known by its tid from induction to confirmation. Each destination request that is no repetition opens a *pass*;
a pass is answered exactly once, by the first of: a scan (also an explicit no-read), or the deadline. The answer of a pass
never changes: a repeated request gets the same answer object again. What a scanner says after the answer cannot change
where the item goes; it is kept for `scan_join_s` in case it belongs to the next pass whose request is still on the wire.

Memory is bounded by time and by count; an item with an open pass is never forgotten.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from devices.contract.events import Code, SortConfirmation
from devices.contract.reasons import SortReason
from devices.contract.sort_table import Choice, SortPlan, decide
from devices.drivers.outputs import DestinationRequest
from gateway.station.items import (
    Answer,
    ChuteCondition,
    Item,
    Question,
    Reading,
    Reply,
    ScanOutcome,
    StationRules,
    Table,
)


@dataclass(slots=True)
class StationCounters:
    deadlines_missed: int = 0  # passes answered by the deadline because no scan came
    repeated_requests: int = 0
    double_scans: int = 0
    conflicting_scans: int = 0
    forgotten: int = 0


@dataclass(slots=True)
class Station:
    rules: StationRules
    table: Table
    has_chute: Callable[[str], bool]
    counters: StationCounters = field(default_factory=StationCounters)
    _items: "OrderedDict[str, Item]" = field(default_factory=OrderedDict)
    _deadlines: "deque[tuple[float, str, int]]" = field(default_factory=deque)
    _chutes: dict[str, ChuteCondition] = field(default_factory=dict)
    _closed: set[str] = field(default_factory=set)
    _epoch: int = 0

    def connected(self) -> None:
        """The controller has a new link; what it asks next may be a repetition."""
        self._epoch += 1

    def inducted(self, tid: str, at: float) -> None:
        self._touch(tid, at)

    def weighed(self, tid: str, weight_g: int | None, at: float) -> None:
        """A weight joins only an item that is still open; a late one changes no answer."""
        if weight_g is not None:
            self._touch(tid, at).weight_g = weight_g

    def asked(self, request: DestinationRequest, at: float) -> list[Reply]:
        """A destination request: opens a pass, or repeats the question of the current one."""
        item = self._touch(request.tid, at)
        if item.question is not None:
            self.counters.repeated_requests += 1
            item.question.request = request
            return []
        if item.answer is not None and self._is_repetition(item.answer, request, at):
            self.counters.repeated_requests += 1
            return [Reply(request, item.answer, repeat=True)]
        pass_no = 0 if item.answer is None else min(item.answer.pass_no + 1, 999)
        item.question = Question(request, at, pass_no)
        if item.scan is not None and at - item.scan.at > self.rules.scan_join_s:
            item.scan = None  # read in an earlier round
        if item.scan is not None:
            return [self._answer(item, item.question, at)]
        self._deadlines.append((at + self.rules.decision_deadline_s, request.tid, pass_no))
        return []

    def scanned(self, tid: str, outcome: ScanOutcome, codes: Iterable[Code], at: float) -> tuple[list[Reply], bool]:
        """A scan: answers the open pass. The flag says that it contradicts the answer just given."""
        item = self._touch(tid, at)
        codes = tuple(codes)
        if item.question is None:
            conflict = self._second_scan(item, codes, at)
            item.scan = self._merged(item.scan, Reading(outcome, codes, at))
            return [], conflict
        item.scan = self._merged(item.scan, Reading(outcome, codes, at))
        return [self._answer(item, item.question, at)], False

    def tick(self, at: float) -> list[Reply]:
        """Answer every pass whose deadline has come without a scan."""
        replies: list[Reply] = []
        while self._deadlines and self._deadlines[0][0] <= at:
            _, tid, pass_no = self._deadlines.popleft()
            item = self._items.get(tid)
            if item is not None and item.question is not None and item.question.pass_no == pass_no:
                self.counters.deadlines_missed += 1
                replies.append(self._answer(item, item.question, at))
        return replies

    def due(self) -> float | None:
        """When `tick` is needed next; may be early, never late."""
        return self._deadlines[0][0] if self._deadlines else None

    def confirmed(self, confirmation: SortConfirmation, at: float) -> SortConfirmation:
        """Complete a confirmation with what was requested, and forget the item when it has left the line.

        Where the controller reports no fault of its own, the reason is the decision's: an item that went as told into the
        no-read chute went there because of NO_READ.
        """
        item = self._items.get(confirmation.tid)
        answer = None if item is None else item.answer
        if answer is not None:
            reason = confirmation.reason
            if reason is SortReason.OK and answer.chute == confirmation.actual:
                reason = answer.reason
            confirmation = confirmation.model_copy(update={"requested": answer.chute, "reason": reason})
        if self.has_chute(confirmation.actual):
            self._items.pop(confirmation.tid, None)
        return confirmation

    def lost(self, tid: str) -> None:
        self._items.pop(tid, None)

    def chute_is(self, chute: str, condition: ChuteCondition) -> bool:
        """Note what the controller says of a chute; False when it was known already."""
        changed = self._chutes.get(chute) != condition
        self._chutes[chute] = condition
        return changed

    def close_chute(self, chute: str) -> None:
        """Closed by command, whatever the controller says."""
        self._closed.add(chute)

    def reopen_chute(self, chute: str) -> None:
        self._closed.discard(chute)

    def available(self, chute: str) -> bool:
        """A chute nobody has spoken of is taken as open: the controller still guards it."""
        return self.has_chute(chute) and chute not in self._closed and self._chutes.get(chute, "open") == "open"

    def restore(self, answer: Answer, at: float) -> None:
        """Remember an answer of the process before this one."""
        self._touch(answer.tid, at).answer = answer

    def __len__(self) -> int:
        return len(self._items)

    def _is_repetition(self, answer: Answer, request: DestinationRequest, at: float) -> bool:
        if request.occasion == answer.occasion:
            return True
        return answer.epoch != self._epoch and at - answer.asked_at <= self.rules.repeat_window_s

    def _second_scan(self, item: Item, codes: tuple[Code, ...], at: float) -> bool:
        """Count a business double of the pass just answered; True when the two readings differ."""
        answer = item.answer
        if answer is None or at - answer.known_at > self.rules.scan_join_s:
            return False
        self.counters.double_scans += 1
        before, now = {code.text for code in answer.codes}, {code.text for code in codes}
        if before and now and before != now:
            self.counters.conflicting_scans += 1
            return True
        return False

    def _merged(self, old: Reading | None, new: Reading) -> Reading:
        """Two readings of one passage are one reading with the codes of both; a code beats a no-read."""
        if old is None or new.at - old.at > self.rules.scan_join_s:
            return new
        codes = tuple(dict.fromkeys((*old.codes, *new.codes)))[:32]
        multiple = "multiple" in (old.outcome, new.outcome)
        return Reading("multiple" if multiple else "good" if codes else "no_read", codes, new.at)

    def _answer(self, item: Item, question: Question, at: float) -> Reply:
        scan, plan = item.scan, self.table.plan()
        codes = scan.codes if scan is not None else ()
        choice = self._choose(plan, scan, item.weight_g, question.pass_no)
        answer = Answer(
            item.tid, question.pass_no, question.request.occasion, choice.chute, choice.reason, choice.code, codes,
            item.weight_g, 0 if plan is None else plan.version, question.asked_at, at, self._epoch,
        )  # fmt: skip
        item.answer, item.question, item.scan = answer, None, None
        return Reply(question.request, answer, repeat=False)

    def _choose(self, plan: SortPlan | None, scan: Reading | None, weight_g: int | None, pass_no: int) -> Choice:
        codes = [code.text for code in scan.codes] if scan is not None else []
        if plan is None:
            reason = SortReason.NO_DEST if codes else SortReason.NO_READ
            return Choice(chute=self.rules.safe_chute, reason=reason, code=None)
        if scan is not None and scan.outcome == "multiple":
            choice = Choice(chute=plan.roles.no_read, reason=SortReason.MULTI_READ, code=None)
        else:
            choice = decide(plan, self.table.lookup, self.available, codes, weight_g, pass_no)
        if choice.chute is not None and not self.has_chute(choice.chute):
            return Choice(chute=self.rules.safe_chute, reason=SortReason.INVALID_DEST, code=choice.code)
        return choice

    def _touch(self, tid: str, at: float) -> Item:
        item = self._items.pop(tid, None) or Item(tid, at)
        item.touched = at
        self._items[tid] = item
        self._forget_old(at)
        return item

    def _forget_old(self, at: float) -> None:
        """Drop from the oldest end; stop at an open pass, whose answer is due within seconds anyway."""
        while self._items:
            tid, oldest = next(iter(self._items.items()))
            too_many = len(self._items) > self.rules.max_items
            if oldest.question is not None or not (too_many or at - oldest.touched > self.rules.item_memory_s):
                return
            self._items.pop(tid)
            self.counters.forgotten += 1
