"""Laws of the outbox that need no second process: order, identity, group commit, repetition, damage."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from devices.contract.envelope import Envelope
from devices.contract.events import Alarm, Induct
from gateway.outbox import Draft, Outbox, Statement, StoredEvent
from gateway.outbox.digests import Digests
from gateway.outbox.opening import FILE, AlreadyRunning
from gateway.outbox.reading import tails
from gateway.outbox.schema import connect
from gateway.outbox.writer import GROUP, Job, Writer
from tests.unit.gateway.clocks import FakeClock

pytestmark = pytest.mark.anyio
SORTER = "sfh-s/hall/s1/sorter"
SCALE = "sfh-s/hall/s1/scale1"


def inducted(number: int, dev: str = SORTER) -> Draft:
    return Draft(dev, "induct", Induct(tid=f"t{number}", place="in-1"))


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    box = Outbox.open(tmp_path, FakeClock(), "gw1")
    yield box
    await box.close()


async def test_seq_counts_from_one_without_a_hole_in_each_stream(outbox: Outbox) -> None:
    for number in range(1, 101):
        await outbox.append([inducted(number), inducted(number, SCALE)])
    for dev in (SORTER, SCALE):
        rows = await outbox.read(dev, outbox.boot, 0, 1000)
        assert [row.seq for row in rows] == list(range(1, 101))
        assert [Envelope.model_validate_json(row.payload).data["tid"] for row in rows] == [
            f"t{n}" for n in range(1, 101)
        ]


async def test_an_appended_row_is_on_disk_when_its_future_is_done(outbox: Outbox, tmp_path: Path) -> None:
    """Another process would read it: the future stands for the commit, not for the queue."""
    await outbox.append([inducted(1)])
    other = sqlite3.connect(tmp_path / FILE)
    assert other.execute("SELECT dev, seq FROM event").fetchall() == [(SORTER, 1)]
    other.close()


async def test_listeners_hear_of_rows_only_after_their_commit_and_in_order(outbox: Outbox, tmp_path: Path) -> None:
    heard: list[int] = []

    def listen(rows: Sequence[StoredEvent]) -> None:
        other = sqlite3.connect(tmp_path / FILE)
        on_disk = other.execute("SELECT max(seq) FROM event").fetchone()[0]
        other.close()
        assert on_disk >= rows[-1].seq
        heard.extend(row.seq for row in rows)

    outbox.on_committed(listen)
    await asyncio.gather(*(outbox.append([inducted(number)]) for number in range(200)))
    assert heard == list(range(1, 201))


@pytest.mark.parametrize(("age_s", "source"), [(0.9, "gw"), (-60.0, "gw"), (600.0, "dev")])
async def test_the_envelope_says_who_saw_it_and_when(outbox: Outbox, age_s: float, source: str) -> None:
    """A report told ten minutes late keeps its own time; a controller whose clock is ahead is not believed."""
    wall = FakeClock().wall()
    said_at = wall - timedelta(seconds=age_s)
    await outbox.append([Draft(SORTER, "induct", Induct(tid="t1", place="in-1"), said_at, "00017", 12.5)])
    (row,) = await outbox.read(SORTER, outbox.boot, 0, 1)
    envelope = Envelope.model_validate_json(row.payload)
    assert (envelope.gw, envelope.src_seq, envelope.mono_us, envelope.ts_src) == ("gw1", "00017", 12_500_000, source)
    assert envelope.ts == (said_at if source == "dev" else wall)


async def test_boots_of_restarts_sort_by_time(tmp_path: Path) -> None:
    boots = []
    for _ in range(12):
        box = Outbox.open(tmp_path, FakeClock(), "gw1")
        boots.append(box.boot)
        await box.close()
    assert boots == sorted(boots)
    assert len(set(boots)) == 12


async def test_a_telegram_taken_before_the_restart_is_known_after_it(tmp_path: Path) -> None:
    """A controller repeats what it has no receipt for; the receipt may have died with the old process."""
    first = Outbox.open(tmp_path, FakeClock(), "gw1")
    await first.append([inducted(1)], identity=b"###00160 telegram")
    await first.close()
    second = Outbox.open(tmp_path, FakeClock(), "gw1")
    assert second.seen(b"###00160 telegram")
    assert not second.seen(b"###00160 another")
    await second.close()


async def test_only_the_newest_digests_are_kept_in_memory() -> None:
    digests = Digests([])
    for number in range(Digests.CAP + 10):
        digests.add(number.to_bytes(16))
    assert (9).to_bytes(16) not in digests
    assert (10).to_bytes(16) in digests


async def test_forgetting_deletes_up_to_the_seq_and_buries_the_rejected(outbox: Outbox, tmp_path: Path) -> None:
    for number in range(5):
        await outbox.append([inducted(number)])
    outbox.forget(SORTER, outbox.boot, 3, [(2, "bad_body")])
    await outbox.barrier()
    assert [row.seq for row in await outbox.read(SORTER, outbox.boot, 0, 9)] == [4, 5]
    dead = await outbox.query(lambda db: db.execute("SELECT seq, code FROM dead_letter").fetchall())
    assert dead == [(2, "bad_body")]
    assert outbox.dead_letters == 1


async def test_the_rows_of_an_earlier_boot_are_found_again(tmp_path: Path) -> None:
    first = Outbox.open(tmp_path, FakeClock(), "gw1")
    for number in range(3):
        await first.append([inducted(number)])
    first.forget(SORTER, first.boot, 1)
    await first.close()
    second = Outbox.open(tmp_path, FakeClock(), "gw1")
    await second.append([inducted(9)])
    assert [(t.dev, t.boot, t.first, t.last) for t in await second.tails()] == [
        (SORTER, first.boot, 2, 3),
        (SORTER, second.boot, 1, 1),
    ]
    assert (await second.measure())[0] == 3
    await second.close()


@pytest.mark.parametrize("damage", ["header", "middle"])
async def test_a_damaged_file_is_set_aside_and_the_line_goes_on(tmp_path: Path, damage: str) -> None:
    first = Outbox.open(tmp_path, FakeClock(), "gw1")
    for number in range(300):
        await first.append([inducted(number)])
    await first.close()
    file = tmp_path / FILE
    content = bytearray(file.read_bytes())
    start = 0 if damage == "header" else len(content) // 2
    content[start : start + 4096] = b"\xff" * 4096
    file.write_bytes(bytes(content))
    second = Outbox.open(tmp_path, FakeClock(), "gw1")
    assert second.damaged is not None
    assert second.damaged.read_bytes() == bytes(content)
    assert second.boot > first.boot, "boots must sort although the counter in the file was lost"
    await second.append([Draft(SORTER, "alarm", Alarm(code="outbox_corrupt"))])
    assert second.last_seq(SORTER) == 1
    await second.close()


async def test_two_gateways_cannot_share_a_folder(outbox: Outbox, tmp_path: Path) -> None:
    with pytest.raises(AlreadyRunning):
        Outbox.open(tmp_path, FakeClock(), "gw2")


async def test_a_commit_feeds_the_histogram_of_durable_latency(tmp_path: Path) -> None:
    clock = FakeClock()
    box = Outbox.open(tmp_path, clock, "gw1")
    stored = box.append([Draft(SORTER, "induct", Induct(tid="t1", place="in-1"), read_at=clock.mono())])
    clock.advance(0.004)
    await stored
    assert box.durable.percentiles_ms(0.5) == [4.0]
    await box.close()


async def test_maintenance_moves_the_wal_into_the_file(outbox: Outbox, tmp_path: Path) -> None:
    for number in range(50):
        await outbox.append([inducted(number)])
    before = (tmp_path / FILE).stat().st_size
    await outbox.maintain()
    assert (tmp_path / FILE).stat().st_size > before
    assert len(await outbox.read(SORTER, outbox.boot, 0, 100)) == 50


class GatedConnection(sqlite3.Connection):
    """Holds every commit until the test opens the gate, or fails it."""

    gate: threading.Event
    failures: int

    def execute(self, sql: str, *args: object) -> sqlite3.Cursor:  # type: ignore[override]  # narrower on purpose
        if sql == "COMMIT":
            self.gate.wait(5)
            if self.failures:
                self.failures -= 1
                raise sqlite3.OperationalError("database or disk is full")
        return super().execute(sql, *args)  # type: ignore[arg-type]  # the values of our statements fit


def gated(path: Path, failures: int = 0) -> GatedConnection:
    connect(str(path)).executescript("CREATE TABLE t (n INTEGER PRIMARY KEY)")
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=GatedConnection)
    connection.gate = threading.Event()
    connection.failures = failures
    return connection


def insert(number: int) -> Job:
    return Job([Statement("INSERT INTO t VALUES (?)", (number,))])


def test_what_arrives_during_a_commit_is_committed_together(tmp_path: Path) -> None:
    """Group commit: alone at once, under load in groups, and never more than GROUP jobs a transaction."""
    connection = gated(tmp_path / "x.sqlite3")
    groups: list[int] = []
    writer = Writer(connection, lambda jobs: groups.append(len(jobs)), lambda error: None)
    writer.put(insert(0))
    writer.start()
    while not connection.in_transaction:
        pass  # the first job went alone into its transaction, without waiting for others
    for number in range(1, GROUP + 11):
        writer.put(insert(number))
    connection.gate.set()
    writer.close()
    assert groups == [1, GROUP, 10]


def test_while_the_disk_refuses_the_same_rows_are_tried_again_and_none_is_skipped(tmp_path: Path) -> None:
    connection = gated(tmp_path / "x.sqlite3", failures=2)
    connection.gate.set()
    done: list[Job] = []
    writer = Writer(connection, done.extend, lambda error: None, retry_s=0.0)
    jobs = [insert(number) for number in range(5)]
    for job in jobs:
        writer.put(job)
    writer.start()
    writer.close()
    assert done == jobs
    assert writer.stalled is None
    assert connection.execute("SELECT n FROM t").fetchall() == [(0,), (1,), (2,), (3,), (4,)]


def test_an_error_that_no_retry_cures_ends_the_writer_aloud(tmp_path: Path) -> None:
    connection = gated(tmp_path / "x.sqlite3")
    connection.gate.set()
    errors: list[BaseException] = []
    writer = Writer(connection, lambda jobs: None, errors.append)
    writer.put(insert(1))
    writer.put(insert(1))
    writer.start()
    writer.close()
    assert isinstance(errors[0], sqlite3.IntegrityError)
    assert not writer.alive


class Hurried:
    """A reader's connection, with somebody who deletes everything between its statements."""

    def __init__(self, reader: sqlite3.Connection, writer: sqlite3.Connection) -> None:
        self._reader, self._writer = reader, writer

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        if "max(seq)" in sql:
            self._writer.execute("DELETE FROM event")
        return self._reader.execute(sql, values)


async def test_streams_are_measured_as_they_are_at_one_instant(outbox: Outbox, tmp_path: Path) -> None:
    """An acknowledgement that empties a stream while it is measured once ended a gateway."""
    for number in range(3):
        await outbox.append([inducted(number)])
    writer, reader = connect(str(tmp_path / FILE)), connect(str(tmp_path / FILE))
    found = tails(Hurried(reader, writer))  # type: ignore[arg-type]
    assert [(tail.first, tail.last) for tail in found] == [(1, 3)]
    assert tails(reader) == []
    reader.close()
    writer.close()
