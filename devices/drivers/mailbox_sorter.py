"""A sorter whose PLC keeps a mailbox in Modbus registers: the block is read in a rhythm, what is new is taken, then ticked off.

The PLC shows an event until its counter is written back, and that write is the event's `receipt`: it goes out when the event
is on disk. An event that stays although it was taken is reported again after `answer_within_s`; its identity is the same, so
it is recorded once and its receipt repeated. A question is ticked off by its answer, in one write.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from devices.contract.events import Alarm, ChuteState, Induct, ItemLost, SortConfirmation
from devices.contract.reasons import SortReason
from devices.drivers.asking import Asker, Question, earliest
from devices.drivers.modbus_client import ModbusClient
from devices.drivers.numbered_chutes import NumberedChutes
from devices.drivers.outputs import DestinationRequest, Noise, Output, Report
from devices.protocols.modbus_tcp import READ_HOLDING, Refused, Values
from devices.protocols.sorter_mailbox import (
    ANSWER_AT,
    EVENT_SIZE,
    Answer,
    Event,
    next_counter,
    read_shown,
    write_answer,
)

REASONS = {
    0: SortReason.OK,
    1: SortReason.CHUTE_FULL,
    2: SortReason.CHUTE_JAM,
    3: SortReason.LATE_DECISION,
    4: SortReason.NOT_DIVERTED,
}
_STATES: dict[int, Literal["open", "full", "jam", "disabled"]] = {0: "open", 1: "full", 2: "jam", 3: "disabled"}


@dataclass(frozen=True, slots=True)
class MailboxProfile:
    chutes: NumberedChutes
    unit: int = 1
    base: int = 0
    poll_every_s: float = 0.02
    answer_within_s: float = 1.0


class MailboxSorter:
    def __init__(self, profile: MailboxProfile, epoch: Callable[[], int] = lambda: 0) -> None:
        self._profile = profile
        self._epoch = epoch
        self._client = ModbusClient(profile.unit)
        self._asker = Asker(profile.answer_within_s)
        self._ask_at: float | None = None
        self._told: tuple[int, int] | None = None
        self._told_at = 0.0
        self._answers = 0

    def connected(self, now: float) -> list[Output]:
        self._client.reset()
        self._told = None
        return [*self._asker.reset(opened=True), *self._poll(now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        answers, out = self._client.feed(data)
        for answer in answers:
            if self._asker.asked is None:
                out.append(Noise(0, "unexpected_answer"))
                continue
            out += [*self._asker.answered(now), *self._block(answer, now)]
            self._ask_at = now + self._profile.poll_every_s
        return out

    def due(self) -> float | None:
        return earliest(self._asker.due(), self._ask_at)

    def tick(self, now: float) -> list[Output]:
        out, lost = self._asker.tick(now)
        if lost is not None:
            self._ask_at = now
        if self._ask_at is not None and now >= self._ask_at:
            out += self._poll(now)
        return out

    def disconnected(self) -> list[Output]:
        self._ask_at = None
        return self._asker.reset(opened=False)

    def has_chute(self, name: str) -> bool:
        """Whether a chute of this sorter is called so."""
        return self._profile.chutes.has_chute(name)

    def answer(self, request: DestinationRequest, chute: str | None) -> bytes:
        """One write: the question is taken, and here is where its item goes. ValueError for an unknown chute."""
        self._answers = next_counter(self._answers)
        number = self._profile.chutes.number(chute)
        return self._write(Answer(request.seq, self._answers, int(request.tid), number, self._epoch()))

    def _poll(self, now: float) -> list[Output]:
        self._ask_at = None
        wire = self._client.read(READ_HOLDING, self._profile.base, EVENT_SIZE)
        return self._asker.ask(Question("block", wire), now)

    def _block(self, answer: Values | Refused, now: float) -> list[Output]:
        shown = f"refused_{answer.code}" if isinstance(answer, Refused) else read_shown(answer.values)
        if isinstance(shown, str):
            return [Noise(0, shown)]
        if self._told is None:
            self._answers = shown.answer_taken  # our numbers go on where the process before this one stopped
        event = shown.event
        if event is None:
            self._told = self._told or (shown.start, 0)
            return []
        mark = (event.start, event.counter)
        if mark == self._told and now - self._told_at < self._profile.answer_within_s:
            return []
        self._told, self._told_at = mark, now
        return [self._output(event)]

    def _output(self, event: Event) -> Output:
        tid, place = str(event.tid), f"p{event.place}"
        chute = self._profile.chutes.name(event.place)
        match event.type:
            case "wanted":
                occasion = f"{tid}|{place}|{event.start}|{event.counter}".encode()
                return DestinationRequest(tid, place, occasion, event.counter)
            case "induct":
                return self._report(event, "induct", Induct(tid=tid, place=place))
            case "lost":
                return self._report(event, "item_lost", ItemLost(tid=tid, last_place=place))
            case "sorted" if chute is not None and event.code in REASONS:
                reason = REASONS[event.code]
                return self._report(
                    event, "sort_conf", SortConfirmation(tid=tid, requested=None, actual=chute, reason=reason)
                )
            case "chute" if chute is not None and event.code in _STATES:
                return self._report(event, "chute_state", ChuteState(chute=chute, state=_STATES[event.code]))
        what = {"why": "unknown_place" if chute is None else "unknown_error", "telegram": str(event)[:120]}
        return self._report(event, "alarm", Alarm(code="telegram_not_understood", params=dict(what)))

    def _report(
        self, event: Event, type: str, body: Induct | ItemLost | SortConfirmation | ChuteState | Alarm
    ) -> Report:
        return Report(
            type, body, None, str(event.counter), repr(event).encode(), self._client.write(*self._taken(event))
        )

    def _taken(self, event: Event) -> tuple[int, tuple[int, ...]]:
        return self._profile.base + ANSWER_AT, (event.counter,)

    def _write(self, answer: Answer) -> bytes:
        return self._client.write(self._profile.base + ANSWER_AT, write_answer(answer))
