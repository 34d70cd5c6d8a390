"""Drives the streams: commits and acknowledgements in, publishes out.

Everything here runs on the event loop. A publish is in flight until the broker's PUBACK, at most `window` at a time; a row
is deleted only when the warehouse says that it has committed it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from devices.contract.acks import Ack, RejectedEvent
from devices.contract.envelope import MAX_PAYLOAD_BYTES
from devices.contract.topics import DeviceAddress
from gateway.clock import Clock
from gateway.outbox import Outbox, StoredEvent
from gateway.uplink.streams import Key, Stream, Streams

log = structlog.get_logger()
_PAGE = 128
_FORGET_EVERY_S = 0.25
_FORGET_ROWS = 100
_FORGET_PAUSE_S = 0.005
"""So many deletions a transaction, and a pause before the next: a decision's commit waits behind at most one of them."""
_CHECK_EVERY_S = 0.5
_MOST_PER_S, _BURST = 4000.0, 16
"""Publishes a second, and at once: after an outage the backlog must not keep a parcel's answer waiting, neither on the
event loop nor, by way of paho's thread, for the interpreter."""

Publish = Callable[[str, bytes], int | None]
OnRejected = Callable[[str, int, str], None]


class Publisher:
    """`publish` returns a message id or None without a connection; `on_rejected` hears (dev, seq, code)."""

    def __init__(
        self, outbox: Outbox, streams: Streams, clock: Clock, publish: Publish, on_rejected: OnRejected,
        window: int = 64, resend_after_s: float = 5.0, random: Callable[[], float] = lambda: 0.0,
    ) -> None:  # fmt: skip
        self._outbox = outbox
        self._streams = streams
        self._clock = clock
        self._publish = publish
        self._on_rejected = on_rejected
        self._window = window
        self._resend_after = resend_after_s
        self._random = random
        self._flying: dict[int, tuple[Key, int]] = {}
        self._forget: dict[Key, tuple[int, int]] = {}  # rows above the first number, through the second
        self._forgetting = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._online = False
        self._pump_timer: asyncio.TimerHandle | None = None
        self._allowed, self._allowed_at = float(_BURST), clock.mono()
        self._epoch = 0
        self.counters: Counter[str] = Counter()
        outbox.on_committed(self.committed)

    def committed(self, rows: Sequence[StoredEvent]) -> None:
        self._streams.committed(rows)
        self.pump()

    def connected(self, epoch: int) -> None:
        """The broker is there again. paho sends what was in flight again by itself, unless the client is a new one."""
        self._online = True
        if epoch != self._epoch:
            self._epoch = epoch
            self._flying.clear()
            for stream in self._streams:
                stream.reset_flight()
        self.pump()

    def disconnected(self) -> None:
        self._online = False

    def puback(self, mid: int) -> None:
        """The broker has a message. Nothing is deleted by this."""
        flight = self._flying.pop(mid, None)
        if flight is None:
            return
        stream = self._streams.get(flight[0])
        if stream is not None:
            stream.in_flight.discard(flight[1])
        self.pump()

    def acknowledge(self, payload: bytes) -> None:
        """The warehouse's word. Never raises: what cannot be understood is counted."""
        if len(payload) > MAX_PAYLOAD_BYTES:
            self.counters["bad_acks"] += 1
            return
        try:
            ack = Ack.model_validate_json(payload)
        except ValidationError:
            self.counters["bad_acks"] += 1
            return
        stream = self._streams.get((ack.dev, ack.boot))
        if ack.v != 1 or (stream is not None and ack.through_seq > stream.top):
            self.counters["bad_acks"] += 1
            log.warning("acknowledgement refused", dev=ack.dev, boot=ack.boot, through=ack.through_seq)
        elif stream is None:
            self.counters["stale_acks"] += 1
        else:
            self._take(stream, ack)

    def pump(self) -> None:
        """Publish while the window allows, and fetch what is on disk only."""
        now = self._clock.mono()
        self._allowed = min(float(_BURST), self._allowed + (now - self._allowed_at) * _MOST_PER_S)
        self._allowed_at = now
        while self._online and len(self._flying) < self._window:
            stream = self._streams.pick()
            if stream is None:
                break
            if self._allowed < 1:
                self._pump_later(_BURST / 2 / _MOST_PER_S)
                break
            self._allowed -= 1
            if not self._send(stream, stream.take(now)):
                break
        if self._online:
            for stream in self._streams:
                if stream.wants_page:
                    stream.reading = True
                    self._spawn(self._fetch(stream))

    def _pump_later(self, delay_s: float) -> None:
        if self._pump_timer is None:
            self._pump_timer = asyncio.get_running_loop().call_later(delay_s, self._pump_again)

    def _pump_again(self) -> None:
        self._pump_timer = None
        self.pump()

    async def run(self) -> None:
        """Look after resends and deletions until cancelled."""
        elapsed = 0.0
        while True:
            await asyncio.sleep(_FORGET_EVERY_S)
            self.flush_deletions()
            elapsed += _FORGET_EVERY_S
            if elapsed >= _CHECK_EVERY_S:
                elapsed = 0.0
                self.check_overdue()

    def check_overdue(self) -> None:
        """Send again what the warehouse did not acknowledge in time."""
        if not self._online:
            return
        now = self._clock.mono()
        for stream in self._streams:
            if stream.overdue(now, self._resend_after, self._random()):
                self.counters["resends"] += 1
                stream.send_again(now)
        self.pump()

    def flush_deletions(self) -> None:
        """Delete what was acknowledged, a little at a time until nothing is left of it."""
        self._streams.drop_finished()
        if self._forgetting or not self._forget:
            return
        rest, deleted = _FORGET_ROWS, None
        for (dev, boot), (low, high) in list(self._forget.items()):
            through = min(high, low + rest)
            deleted = self._outbox.forget(dev, boot, through)
            rest -= through - low
            if through == high:
                del self._forget[dev, boot]
            else:
                self._forget[dev, boot] = through, high
            if rest <= 0:
                break
        if self._forget and deleted is not None:
            self._forgetting = True
            deleted.add_done_callback(self._forget_on)

    def _forget_on(self, deleted: "asyncio.Future[None]") -> None:
        self._forgetting = False
        if not deleted.cancelled():
            asyncio.get_running_loop().call_later(_FORGET_PAUSE_S, self.flush_deletions)

    def _take(self, stream: Stream, ack: Ack) -> None:
        if ack.rejected:
            self._bury(stream, ack.rejected)
        before = stream.acked
        if stream.acknowledged(ack.through_seq, self._clock.mono()):
            low, _ = self._forget.get(stream.key, (before, 0))
            self._forget[stream.key] = low, ack.through_seq
        wanted = [seq for seq in ack.missing if stream.acked < seq < stream.next and seq not in stream.in_flight]
        if wanted:
            self.counters["missing"] += len(wanted)
            self._spawn(self._fetch_again(stream, wanted))
        self.pump()

    def _bury(self, stream: Stream, rejected: Sequence[RejectedEvent]) -> None:
        """Move rejected rows to the dead letters; a repeated rejection finds nothing and says nothing."""
        fresh = [one for one in rejected if stream.acked < one.seq <= stream.top and one.seq not in stream.buried]
        if not fresh:
            return
        stream.buried.update(one.seq for one in fresh)
        self._outbox.forget(stream.dev, stream.boot, 0, [(one.seq, one.code) for one in fresh])
        for one in fresh:
            stream.again.pop(one.seq, None)
            self._on_rejected(stream.dev, one.seq, one.code)

    def _send(self, stream: Stream, row: StoredEvent) -> bool:
        topic = DeviceAddress.parse(row.dev).topic("evt", row.type)
        mid = self._publish(topic, row.payload)
        if mid is None:
            self._online = False
            stream.in_flight.discard(row.seq)
            stream.rewind()
            return False
        self._flying[mid] = (stream.key, row.seq)
        self.counters["published"] += 1
        return True

    async def _fetch(self, stream: Stream) -> None:
        start, top = stream.next, stream.top
        rows = await self._outbox.read(stream.dev, stream.boot, start - 1, _PAGE)
        stream.paged(rows, start, top)
        self.pump()

    async def _fetch_again(self, stream: Stream, seqs: list[int]) -> None:
        for row in await self._outbox.pick(stream.dev, stream.boot, seqs):
            if row.seq > stream.acked:
                stream.again[row.seq] = row
        self.pump()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
