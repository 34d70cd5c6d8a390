"""The controller's letters to its host: numbering, keeping, sending again.

A report (UPD_, LOCU, ERR_) is kept until its ACK_ and sent again, the identical bytes, after a timeout and after every
reconnect, in the order it was written. A request (REQ_) is not kept here: it is worthless once its item has passed, so the
sorter decides which are still open. Without `acknowledge` nothing is kept, as in OSIP as published.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from devices.protocols.osip import (
    UNKNOWN_TYPE,
    Body,
    Err,
    Header,
    Locu,
    Req,
    Synq,
    Telegram,
    encode,
    next_seq,
    type_of,
)
from firmware_sim.faults import Dice
from firmware_sim.scenario import Controller
from firmware_sim.schedule import Timer, Timers

MEMORY = 30_000
"""Reports the controller can keep; below the 32,767 numbers of SEQ, so that an ACK_ always means one report."""
_RESENT_AT_ONCE = 64
_ECHO_S = 0.05

Send = Callable[[bytes], None]


@dataclass(slots=True)
class _Kept:
    wire: bytes
    body: Body
    sent_at: float


class Correspondence:
    """`real_second`: simulated seconds in a real one, because the network does not run faster with the belts."""

    def __init__(
        self, controller: Controller, dice: Dice, timers: Timers, utc: Callable[[], datetime], real_second: float = 1.0
    ) -> None:
        self._controller = controller
        self._dice = dice
        self._timers = timers
        self._utc = utc
        self._real_second = real_second
        self._timeout_s = controller.ack_timeout_s * real_second
        self._send: Send | None = None
        self._seq = 0
        self._written = 0
        self._kept: dict[tuple[int, str], _Kept] = {}
        self._alarm: Timer | None = None
        self.resent = 0

    @property
    def unacknowledged(self) -> int:
        """Reports still kept."""
        return len(self._kept)

    @property
    def is_full(self) -> bool:
        """Whether the line has to stop because nothing more can be remembered."""
        return len(self._kept) >= MEMORY

    def connect(self, send: Send, snapshot: Iterable[Locu], open_requests: Iterable[bytes]) -> None:
        """Greet a host: time, the state of every location, everything unacknowledged, the open requests.

        The backlog may speak of a location, too. It follows the snapshot, so such a location is left out there and told
        once more at the end if the backlog does not end with its present state: an old "full" must not outlive an "open".
        """
        self._send = send
        backlog = list(self._kept.values())
        told_last = {kept.body.location: kept.body.error for kept in backlog if isinstance(kept.body, Locu)}
        present = list(snapshot)
        self._deliver(self._number(Synq(self._utc()))[1])
        for body in present:
            if body.location not in told_last:
                self.report(body)
        for kept in backlog:
            self._again(kept)
        for body in present:
            if told_last.get(body.location, body.error) != body.error:
                self.report(body)
        for wire in open_requests:
            self._deliver(wire)
        self._watch()

    def disconnect(self) -> None:
        """Nobody listens: keep writing, send nothing."""
        self._send = None

    def report(self, body: Body) -> None:
        """Write a report and keep it until it is acknowledged."""
        seq, wire = self._number(body)
        if self._controller.acknowledge:
            self._kept[seq, type_of(body)] = _Kept(wire, body, self._timers.now())
            self._watch()
        self._deliver_maybe_twice(wire)

    def request(self, body: Req) -> bytes:
        """Write a request; its bytes, for asking again after a reconnect."""
        _, wire = self._number(body)
        self._deliver_maybe_twice(wire)
        return wire

    def complain(self, group: str) -> None:
        """The host sent an unknown type. One complaint at a time: noise must not fill the memory."""
        if not any(isinstance(kept.body, Err) for kept in self._kept.values()):
            self.report(Err(group, UNKNOWN_TYPE, self._utc()))

    def answer(self, telegram: Telegram, body: Body) -> None:
        """Answer a telegram of the host with its SEQ plus one, as OSIP wants it for SYNC."""
        header = Header(self._controller.name, self._controller.host, next_seq(telegram.header.seq))
        self._deliver(encode(Telegram(header, body)))

    def acknowledged(self, seq: int, type: str) -> bool:
        """The host has stored a report; False when it was none or is forgotten already."""
        return self._kept.pop((seq, type), None) is not None

    def _number(self, body: Body) -> tuple[int, bytes]:
        """The next free number and the bytes. A number comes free with its ACK_; one that never came is skipped."""
        self._seq = next_seq(self._seq)
        while (self._seq, type_of(body)) in self._kept:
            self._seq = next_seq(self._seq)
        self._written += 1
        return self._seq, encode(Telegram(Header(self._controller.name, self._controller.host, self._seq), body))

    def _deliver(self, wire: bytes) -> None:
        if self._send is not None:
            self._send(wire)

    def _deliver_maybe_twice(self, wire: bytes) -> None:
        self._deliver(wire)
        if self._dice.retransmits(self._written):
            self._timers.after(_ECHO_S * self._real_second, lambda: self._deliver(wire))

    def _again(self, kept: _Kept) -> None:
        kept.sent_at = self._timers.now()
        self.resent += 1
        self._deliver(kept.wire)

    def _watch(self) -> None:
        if self._alarm is None and self._kept and self._send is not None:
            oldest = next(iter(self._kept.values()))
            self._alarm = self._timers.at(oldest.sent_at + self._timeout_s, self._overdue)

    def _overdue(self) -> None:
        self._alarm = None
        if self._send is None:
            return
        limit = self._timers.now() - self._timeout_s
        for kept in list(islice(self._kept.values(), _RESENT_AT_ONCE)):
            if kept.sent_at <= limit:
                self._again(kept)
        self._watch()
