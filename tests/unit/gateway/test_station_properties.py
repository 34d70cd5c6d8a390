"""The station under any order of facts: what must hold whatever the wires do."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from devices.contract.events import Code, SortConfirmation
from devices.contract.reasons import SortReason
from devices.drivers.outputs import DestinationRequest
from gateway.station.core import Station
from gateway.station.items import Answer, Reply, StationRules
from tests.unit.gateway.tables import ENTRIES, FixedTable, plan
from tests.unit.gateway.test_station import is_chute

TIDS = st.sampled_from(["t1", "t2", "t3"])
CODES = st.lists(st.sampled_from([*ENTRIES, "UNKNOWN"]), max_size=3)
DESTINATIONS = {"c01", "c02", "c03", "c09"}
RULES = StationRules(safe_chute="c48")


class AnyOrder(RuleBasedStateMachine):
    """Three items, every fact at any time, chutes going on and off, links coming and going."""

    def __init__(self) -> None:
        super().__init__()
        self.station = Station(RULES, FixedTable(plan(max_passes=2)), is_chute)
        self.station.connected()
        self.now = 0.0
        self.occasions = 0
        self.last_occasion: dict[str, bytes] = {}
        self.open: dict[str, float] = {}  # tid → when its pass was opened
        self.answers: dict[tuple[str, bytes], Answer] = {}

    def take(self, replies: list[Reply]) -> None:
        for reply in replies:
            answer = reply.answer
            key = (answer.tid, answer.occasion)
            assert self.answers.setdefault(key, answer) == answer, "two different answers for one pass"
            if reply.repeat:
                continue
            asked_at = self.open.pop(answer.tid)
            assert self.now <= asked_at + RULES.decision_deadline_s + 0.5, "answered long after the deadline"
            self.judge(answer)

    def judge(self, answer: Answer) -> None:
        wanted = {code.text for code in answer.codes} & ENTRIES.keys()
        if answer.chute in DESTINATIONS:
            assert len(wanted) == 1, "a destination chute without exactly one known parcel"
            assert not ENTRIES[next(iter(wanted))].h, "a held parcel in a destination chute"
            assert self.station.available(answer.chute), "into a chute that takes nothing"
        if answer.chute is None:
            assert answer.reason is SortReason.RECIRCULATE

    @rule(tid=TIDS, again=st.booleans())
    def ask(self, tid: str, again: bool) -> None:
        if not again or tid not in self.last_occasion:
            self.occasions += 1
            self.last_occasion[tid] = f"{tid} {self.occasions}".encode()
        before = tid in self.open
        replies = self.station.asked(DestinationRequest(tid, "x", self.last_occasion[tid], 1), self.now)
        if not before and not any(reply.repeat for reply in replies):
            self.open[tid] = self.now
        self.take(replies)

    @rule(tid=TIDS, texts=CODES)
    def scan(self, tid: str, texts: list[str]) -> None:
        codes = [Code(text=text) for text in texts]
        replies, _ = self.station.scanned(tid, "good" if codes else "no_read", codes, self.now)
        self.take(replies)

    @rule(tid=TIDS, weight_g=st.integers(0, 40_000))
    def weigh(self, tid: str, weight_g: int) -> None:
        self.station.weighed(tid, weight_g, self.now)

    @rule(step=st.sampled_from([0.01, 0.4, 0.5]))
    def wait(self, step: float) -> None:
        self.now += step
        due = self.station.due()
        self.take(self.station.tick(self.now))
        assert due is None or due > self.now or (self.station.due() or self.now + 1) > self.now

    @rule(chute=st.sampled_from(sorted(DESTINATIONS)), state=st.sampled_from(["open", "full", "jam", "disabled"]))
    def chute(self, chute: str, state: str) -> None:
        self.station.chute_is(chute, state)  # type: ignore[arg-type]  # drawn from the literal's values

    @rule(tid=TIDS)
    def confirm(self, tid: str) -> None:
        if tid not in self.open:
            self.station.confirmed(
                SortConfirmation(tid=tid, requested=None, actual="c01", reason=SortReason.OK), self.now
            )
            self.answers = {key: answer for key, answer in self.answers.items() if key[0] != tid}

    @rule()
    def reconnect(self) -> None:
        self.station.connected()

    @invariant()
    def open_passes_are_answered_in_time(self) -> None:
        due = self.station.due()
        for asked_at in self.open.values():
            assert due is not None
            assert due <= asked_at + RULES.decision_deadline_s


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestAnyOrder = AnyOrder.TestCase
