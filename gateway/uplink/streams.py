"""Which row is published next: pure bookkeeping of streams.

A stream is (dev, boot); within it rows go out in seq order, always. Between streams, those of this boot whose next row is
urgent (decision, sort_conf, induct …) go first, then the others of this boot, then what older boots left behind; every
FAIR_SHARE-th turn the order is reversed, so that a backlog drains even beside a busy line.

Per stream:   acked <= ... <= next - 1 <= top        rows <= acked are the warehouse's; next is published next; top is on disk
`ready` holds rows from `next` on; it is filled by commits while the stream keeps up and from disk when it does not. What is
published and not acknowledged within the patience is published again from `acked + 1`: the whole window the first time,
then only its first PROBE rows, with a doubling patience, so that an absent warehouse does not fill the broker's queue.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway.outbox import StoredEvent, StreamTail

URGENT = frozenset({"induct", "decision", "sort_conf", "item_lost", "chute_state"})
FAIR_SHARE = 8
READY_CAP = 256
UNACKED_CAP = 512
PROBE = 16
_PATIENCE_CAP_S = 60.0

Key = tuple[str, str]


@dataclass(slots=True)
class Stream:
    dev: str
    boot: str
    live: bool
    acked: int = 0
    next: int = 1
    top: int = 0
    ready: "deque[StoredEvent]" = field(default_factory=deque)
    again: "OrderedDict[int, StoredEvent]" = field(default_factory=OrderedDict)  # asked for by name
    in_flight: set[int] = field(default_factory=set)
    buried: set[int] = field(default_factory=set)  # dead letters above acked, so that a repeated rejection is silent
    resends: int = 0
    quiet_since: float = 0.0  # last progress, or the first publish after everything was acknowledged
    reading: bool = False

    @property
    def key(self) -> Key:
        return self.dev, self.boot

    @property
    def limit(self) -> int:
        """The highest seq that may be published now."""
        return self.acked + (PROBE if self.resends > 1 else UNACKED_CAP)

    @property
    def has_row(self) -> bool:
        return bool(self.again) or (bool(self.ready) and self.next <= self.limit)

    @property
    def wants_page(self) -> bool:
        return not self.ready and not self.reading and self.next <= self.top and self.next <= self.limit

    def patience(self, base_s: float, jitter: float) -> float:
        """Seconds without progress before the next resend; `jitter` in 0..1 adds up to a fifth."""
        return min(_PATIENCE_CAP_S, base_s * 2.0 ** min(self.resends, 10)) * (1 + jitter / 5)

    def committed(self, row: StoredEvent) -> None:
        """A row reached the disk. It is kept here only when it continues what is ready."""
        self.top = row.seq
        expected = self.ready[-1].seq + 1 if self.ready else self.next
        if row.seq == expected and len(self.ready) < READY_CAP and not self.reading:
            self.ready.append(row)

    def paged(self, rows: Sequence[StoredEvent], start: int, top: int) -> None:
        """Rows read from disk when `next` was `start` and `top` was `top`. Gaps in them (dead letters) are stepped over."""
        self.reading = False
        if self.next != start:
            return  # the position moved while the disk was read; the next page will fit
        self.ready.extend(rows)
        if not rows:
            self.next = top + 1

    def take(self, now: float) -> StoredEvent:
        """The next row to publish."""
        if self.again:
            _, row = self.again.popitem(last=False)
        else:
            row = self.ready.popleft()
            if self.next <= self.acked + 1:
                self.quiet_since = now
            self.next = row.seq + 1
        self.in_flight.add(row.seq)
        return row

    def acknowledged(self, through: int, now: float) -> bool:
        """The warehouse has everything <= through. False when that cannot be (never stored here) or is old news."""
        if through > self.top or through <= self.acked:
            return False
        self.acked = through
        self.quiet_since = now
        while self.ready and self.ready[0].seq <= through:
            self.ready.popleft()
        for seq in [seq for seq in self.again if seq <= through]:
            del self.again[seq]
        self.buried = {seq for seq in self.buried if seq > through}
        if self.next <= through:
            self.next = through + 1
            self.ready.clear()
        if self.resends > 1:
            self.rewind()  # it answers again: the rest of the old window may have been lost with the probe's siblings
        self.resends = 0
        return True

    def overdue(self, now: float, base_s: float, jitter: float) -> bool:
        """Whether published rows wait for their acknowledgement longer than the patience."""
        waiting = self.next > self.acked + 1 and not self.in_flight
        return waiting and now - self.quiet_since > self.patience(base_s, jitter)

    def send_again(self, now: float) -> None:
        """Go back to the first row that is not acknowledged."""
        self.resends += 1
        self.quiet_since = now
        self.rewind()

    def reset_flight(self) -> None:
        """The messages in flight died with their client."""
        if self.in_flight:
            self.in_flight.clear()
            self.rewind()

    def rewind(self) -> None:
        """Publish from the first row that is not acknowledged, whatever was published before."""
        self.next = self.acked + 1
        self.ready.clear()


class Streams:
    """All streams of the outbox."""

    def __init__(self, boot: str, tails: Iterable[StreamTail] = ()) -> None:
        self._boot = boot
        self._streams: OrderedDict[Key, Stream] = OrderedDict()
        self._turn = 0
        for tail in tails:
            stream = Stream(tail.dev, tail.boot, tail.boot == boot, tail.first - 1, tail.first, tail.last)
            self._streams[stream.key] = stream

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._streams.values())

    def get(self, key: Key) -> Stream | None:
        return self._streams.get(key)

    def committed(self, rows: Iterable[StoredEvent]) -> None:
        for row in rows:
            stream = self._streams.get((row.dev, row.boot))
            if stream is None:
                stream = self._streams[row.dev, row.boot] = Stream(row.dev, row.boot, row.boot == self._boot)
            stream.committed(row)

    def pick(self) -> Stream | None:
        """The stream whose turn it is, or None when no stream has a row."""
        ready = [stream for stream in self._streams.values() if stream.has_row]
        if not ready:
            return None
        self._turn += 1
        lowest = self._turn % FAIR_SHARE == 0
        ranks = [_rank(stream) for stream in ready]
        best = max(ranks) if lowest else min(ranks)
        chosen = ready[ranks.index(best)]
        self._streams.move_to_end(chosen.key)  # within a rank they take turns
        return chosen

    def drop_finished(self) -> None:
        """Forget streams of older boots that are acknowledged completely."""
        for key in [stream.key for stream in self._streams.values() if not stream.live and stream.acked >= stream.top]:
            del self._streams[key]


def _rank(stream: Stream) -> int:
    if not stream.live:
        return 2
    row = next(iter(stream.again.values())) if stream.again else stream.ready[0]
    return 0 if row.type in URGENT else 1
