"""Laws of publishing: order within a stream, priority only between streams, resends that end."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.outbox import StoredEvent, StreamTail
from gateway.uplink.streams import FAIR_SHARE, PROBE, READY_CAP, UNACKED_CAP, Stream, Streams

BOOT = "00000002-b"
OLD = "00000001-a"
SORTER, SCANNER = "s/a/l/sorter", "s/a/l/scanner1"


def row(seq: int, dev: str = SORTER, boot: str = BOOT, type: str = "decision") -> StoredEvent:
    return StoredEvent(dev, boot, seq, type, b"{}")


def drain(streams: Streams, limit: int = 1000) -> list[StoredEvent]:
    out: list[StoredEvent] = []
    while len(out) < limit and (stream := streams.pick()) is not None:
        out.append(stream.take(0.0))
    return out


def make(*rows: StoredEvent) -> Streams:
    streams = Streams(BOOT)
    streams.committed(rows)
    return streams


def stream_of(streams: Streams, dev: str = SORTER, boot: str = BOOT) -> Stream:
    stream = streams.get((dev, boot))
    assert stream is not None
    return stream


def test_decisions_overtake_other_streams_but_never_their_own() -> None:
    scans = [row(seq, SCANNER, type="scan") for seq in (1, 2)]
    mixed = [row(1, type="alarm"), row(2, type="decision")]
    streams = make(*scans, *mixed)
    assert [(r.dev, r.seq) for r in drain(streams, 3)] == [(SCANNER, 1), (SORTER, 1), (SORTER, 2)]


def test_a_backlog_of_an_older_boot_gets_its_share_beside_a_busy_line() -> None:
    streams = Streams(BOOT, [StreamTail(SORTER, OLD, 1, 200, 0)])
    stream_of(streams, boot=OLD).paged([row(seq, boot=OLD) for seq in range(1, 101)], 1, 200)
    streams.committed([row(seq) for seq in range(1, 101)])
    first = drain(streams, 80)
    assert sum(r.boot == OLD for r in first) == 80 // FAIR_SHARE


def test_an_acknowledgement_lets_the_window_move_and_never_goes_back() -> None:
    streams = make(*(row(seq) for seq in range(1, 6)))
    drain(streams)
    stream = stream_of(streams)
    assert stream.acknowledged(3, 1.0)
    assert not stream.acknowledged(2, 1.0), "old news"
    assert not stream.acknowledged(6, 1.0), "never stored here"
    assert stream.acked == 3


def test_what_is_not_acknowledged_is_sent_again_from_the_first_missing_row() -> None:
    streams = make(*(row(seq) for seq in range(1, 6)))
    drain(streams)
    stream = stream_of(streams)
    stream.in_flight.clear()
    stream.acknowledged(2, 1.0)
    assert not stream.overdue(5.9, 5.0, 0.0)
    assert stream.overdue(6.1, 5.0, 0.0)
    stream.send_again(6.1)
    assert stream.next == 3
    assert stream.wants_page
    assert not stream.overdue(11.2, 5.0, 0.0), "patience doubles"


def test_an_absent_warehouse_is_only_probed() -> None:
    """The whole window is repeated once; after that a few rows, or the broker's queue would fill with copies."""
    streams = make(*(row(seq) for seq in range(1, 101)))
    stream = stream_of(streams)
    for attempt, expected in enumerate([100, 100, PROBE, PROBE]):
        assert len(drain(streams)) == expected, attempt
        stream.send_again(float(attempt))
        stream.paged([row(seq) for seq in range(1, 101)], 1, 100)
    stream.acknowledged(4, 9.0)
    assert stream.next == 5, "it answers again: everything else once more"
    stream.paged([row(seq) for seq in range(5, 101)], 5, 100)
    assert len(drain(streams)) == 96


def test_only_a_bounded_number_of_rows_is_out_without_an_acknowledgement() -> None:
    stream = Stream(SORTER, BOOT, True)
    for seq in range(1, 2001):
        stream.committed(row(seq))
    taken = 0
    while stream.has_row or stream.wants_page:
        if stream.wants_page:
            stream.paged([row(seq) for seq in range(stream.next, stream.next + 128)], stream.next, 2000)
        stream.take(0.0)
        taken += 1
    assert taken == UNACKED_CAP
    assert len(stream.ready) <= READY_CAP


def test_rows_asked_for_by_name_go_first() -> None:
    streams = make(*(row(seq) for seq in range(1, 6)))
    drain(streams, 4)
    stream = stream_of(streams)
    stream.again[2] = row(2)
    assert [r.seq for r in drain(streams)] == [2, 5]


def test_a_buried_row_is_stepped_over() -> None:
    stream = Stream(SORTER, OLD, False, acked=0, next=1, top=5)
    stream.paged([row(seq, boot=OLD) for seq in (1, 2, 4, 5)], 1, 5)
    assert [stream.take(0.0).seq for _ in range(4)] == [1, 2, 4, 5]
    rest = Stream(SORTER, OLD, False, acked=0, next=5, top=5)
    rest.paged([], 5, 5)
    assert not rest.wants_page


def test_a_row_committed_while_the_disk_was_read_is_not_lost() -> None:
    stream = Stream(SORTER, BOOT, True, acked=0, next=1, top=1)
    stream.reading = True
    stream.committed(row(2))
    stream.paged([], 1, 1)
    assert stream.wants_page
    assert stream.next == 2


def test_a_page_that_no_longer_fits_is_thrown_away() -> None:
    stream = Stream(SORTER, BOOT, True, acked=0, next=1, top=9)
    stream.reading = True
    stream.acknowledged(4, 0.0)
    stream.paged([row(seq) for seq in range(1, 10)], 1, 9)
    assert not stream.ready
    assert stream.wants_page


def test_finished_streams_of_older_boots_are_dropped() -> None:
    streams = Streams(BOOT, [StreamTail(SORTER, OLD, 3, 4, 0)])
    stream_of(streams, boot=OLD).acknowledged(4, 0.0)
    streams.committed([row(1)])
    streams.drop_finished()
    assert [stream.key for stream in streams] == [(SORTER, BOOT)]


@given(st.lists(st.sampled_from(["commit", "take", "ack", "again", "page"]), max_size=120), st.randoms())
def test_rows_go_out_in_order_and_each_at_least_once(steps: list[str], random: object) -> None:
    """Whatever is acknowledged, resent or paged when: between two rewinds seq only rises, and nothing is skipped."""
    disk: list[StoredEvent] = []
    streams = Streams(BOOT)
    stream_sent: list[int] = []
    for step in [*steps, *["page", "take"] * 200]:
        stream = streams.get((SORTER, BOOT))
        if step == "commit":
            disk.append(row(len(disk) + 1))
            streams.committed(disk[-1:])
        elif stream is None:
            continue
        elif step == "take" and streams.pick() is stream:
            seq = stream.take(0.0).seq
            previous = stream_sent[-1] if stream_sent else 0
            assert seq <= max(previous, stream.acked) + 1, "skipped a row"
            stream_sent.append(seq)
        elif step == "ack" and stream_sent:
            stream.acknowledged(stream_sent[-1], 0.0)
        elif step == "again":
            stream.send_again(0.0)
        elif step == "page" and stream.wants_page:
            stream.reading = True
            stream.paged(disk[stream.next - 1 : stream.next + 7], stream.next, stream.top)
    if steps.count("again") < 2:
        assert set(stream_sent) == set(range(1, len(disk) + 1))
