"""The shell around a station: machines' outputs in, rows to the outbox, answers to the controller.

Order of a decision: the pass is answered in memory, the `decision` event and the answer row are committed, then RES_ goes
out. A crash between any two of these leaves the controller either without an answer (it has a safe chute of its own) or
with the answer that is on disk.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from devices.contract.events import ChuteState, Decision, Induct, ItemLost, Scan, SortConfirmation, Weight
from devices.contract.reasons import SortReason
from devices.drivers.outputs import (
    DestinationRequest,
    Output,
    Passing,
    Report,
    SorterDriver,
    Weigher,
    WeighRequest,
)
from gateway.clock import Clock
from gateway.device import Device
from gateway.latency import Latency
from gateway.outbox import Draft, Outbox, Statement
from gateway.recorder import Recorder, after, draft
from gateway.station import answers
from gateway.station.core import Station
from gateway.station.items import Reply, as_restored

log = structlog.get_logger()


@dataclass(slots=True)
class LineCounters:
    decisions: int = 0
    late_decisions: int = 0
    answers_undelivered: int = 0


class Line:
    """One station with its machines. `scales` maps a place name to the scale that stands there."""

    def __init__(self, path: str, station: Station, recorder: Recorder, clock: Clock) -> None:
        self.path = path
        self.station = station
        self.counters = LineCounters()
        self.decided = Latency()
        self._recorder = recorder
        self._clock = clock
        self._sorter: Device | None = None
        self._scales: Mapping[str, Device] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._unsent: dict[str, Reply] = {}

    def assemble(self, sorter: Device, scales: Mapping[str, Device]) -> None:
        """Tell the line its machines, once, before any of them speaks."""
        self._sorter = sorter
        self._scales = scales

    async def restore(self, outbox: Outbox) -> None:
        """Bring back what the process before this one had answered and closed."""
        wall_ms, now = int(self._clock.wall().timestamp() * 1000), self._clock.mono()
        since = wall_ms - int(self.station.rules.item_memory_s * 1000)
        for answer, at_ms in await outbox.query(lambda db: answers.recall(db, self.path, since)):
            self.station.restore(as_restored(answer, now, max(0.0, (wall_ms - at_ms) / 1000)), now)
        for chute in await outbox.query(lambda db: answers.recall_closed(db, self.path)):
            self.station.close_chute(chute)

    def set_chute(self, chute: str, closed: bool) -> Statement | None:
        """Close or reopen a chute by command; the statement makes it last. None when there is no such chute."""
        if not self.station.has_chute(chute):
            return None
        if closed:
            self.station.close_chute(chute)
        else:
            self.station.reopen_chute(chute)
        return answers.closing(self.path, chute, closed)

    def device_changed(self, device: Device) -> None:
        """A new link of the controller: answers it never heard are given again while they still matter."""
        if device is self._sorter and device.state == "READY":
            self.station.connected()
            asyncio.get_running_loop().call_soon(self._flush_unsent)

    def handle(self, device: Device, outputs: list[Output], at: float) -> None:
        """Take a machine's outputs in order. Never waits."""
        for output in outputs:
            if isinstance(output, DestinationRequest):
                self._answer(self.station.asked(output, at), [])
            elif isinstance(output, Report | Passing | WeighRequest) and not self._recorder.is_repeat(device, output):
                self._take(device, output, at)
        self._arm()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _take(self, device: Device, output: Report | Passing | WeighRequest, at: float) -> None:
        if isinstance(output, WeighRequest):
            self._recorder.take(device, output, [])
            self._weigh(output, at)
        elif isinstance(output, Passing):
            self._recorder.take(device, output, [])
        else:
            self._report(device, output, at)

    def _report(self, device: Device, output: Report, at: float) -> None:
        event = draft(device, output, at)
        match output.body:
            case Scan() as scan:
                self._scan(device, scan, event, at)
                return
            case Weight(tid=str(tid), weight_g=weight_g):
                self.station.weighed(tid, weight_g, at)
            case Induct(tid=tid):
                self.station.inducted(tid, at)
            case ItemLost(tid=tid):
                self.station.lost(tid)
                self._recorder.take(device, output, [event], [answers.forget(self.path, tid)])
                return
            case SortConfirmation() as confirmation:
                self._confirm(device, output, confirmation, at)
                return
            case ChuteState(chute=chute, state=state) if not self.station.chute_is(chute, state):
                self._recorder.take(device, output, [])  # repeated at every connect; nothing changed
                return
        self._recorder.take(device, output, [event])

    def _scan(self, device: Device, scan: Scan, event: Draft, at: float) -> None:
        if scan.tid is None:
            self._recorder.store([event])
            return
        replies, conflict = self.station.scanned(scan.tid, scan.outcome, scan.codes, at)
        self._answer(replies, [event])
        if conflict:
            self._recorder.alarm("conflicting_scan", {"tid": scan.tid}, device.address)

    def _confirm(self, device: Device, output: Report, confirmation: SortConfirmation, at: float) -> None:
        if confirmation.reason is SortReason.LATE_DECISION:
            self.counters.late_decisions += 1
        full = self.station.confirmed(confirmation, at)
        event = Draft(device.address, "sort_conf", full, output.at, output.src_seq, at)
        self._recorder.take(device, output, [event], [answers.forget(self.path, full.tid)])

    def _weigh(self, output: WeighRequest, at: float) -> None:
        scale = self._scales.get(output.place)
        if scale is not None and isinstance(scale.driver, Weigher):
            scale.deliver(scale.driver.weigh(output.tid, at), at)

    def _answer(self, replies: list[Reply], events: list[Draft]) -> None:
        """Store the decisions together with the events they rest on, then tell the controller."""
        fresh = [reply for reply in replies if not reply.repeat]
        if not events and not replies:
            return
        at_ms = int(self._clock.wall().timestamp() * 1000)
        rows = [answers.remember(self.path, reply.answer, at_ms) for reply in fresh]
        stored = self._recorder.store(events + [self._decision(reply) for reply in fresh], rows)
        if replies:
            after(stored, lambda: self._tell_all(replies))

    def _decision(self, reply: Reply) -> Draft:
        assert self._sorter is not None
        answer, now = reply.answer, self._clock.mono()
        self.counters.decisions += 1
        body = Decision(
            tid=answer.tid,
            pass_no=answer.pass_no,
            codes=list(answer.codes),
            code=answer.code,
            weight_g=answer.weight_g,
            chute=answer.chute,
            reason=answer.reason,
            plan_version=answer.plan_version,
            decided_us=max(0, int((now - answer.known_at) * 1e6)),
        )
        return Draft(self._sorter.address, "decision", body, read_at=answer.known_at)

    def _tell_all(self, replies: list[Reply]) -> None:
        for reply in replies:
            self._tell(reply)

    def _tell(self, reply: Reply) -> None:
        assert self._sorter is not None
        driver = self._sorter.driver
        assert isinstance(driver, SorterDriver)
        if self._sorter.send(driver.answer(reply.request, reply.answer.chute)):
            self._unsent.pop(reply.answer.tid, None)
            if not reply.repeat:
                self.decided.add(self._clock.mono() - reply.answer.known_at)
            return
        self.counters.answers_undelivered += 1
        self._unsent[reply.answer.tid] = reply

    def _flush_unsent(self) -> None:
        """Give again what could not be given, while its deadline stands; the rest the controller has decided itself."""
        waiting, self._unsent = self._unsent, {}
        earliest = self._clock.mono() - self.station.rules.decision_deadline_s
        for reply in waiting.values():
            if reply.answer.asked_at >= earliest:
                self._tell(reply)

    def _arm(self) -> None:
        due = self.station.due()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            delay = max(0.0, due - self._clock.mono())
            self._timer = asyncio.get_running_loop().call_later(delay, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._answer(self.station.tick(self._clock.mono()), [])
        self._arm()
