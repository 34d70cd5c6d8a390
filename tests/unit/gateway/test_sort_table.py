"""The sort table takes only what is newer and good, and has it again after a restart without a broker."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.contract.sort_table import DirectoryBucket, Entry, bucket_of
from gateway.sort_table import PLAN, Refused, SortTable, SortTables
from tests.unit.gateway.clocks import FakeClock
from tests.unit.gateway.tables import LINE, plan

pytestmark = pytest.mark.anyio
CODE = "RX842588876CN"


def bucket(version: int, destination: str = "MOW", line: str = LINE, number: int | None = None) -> bytes:
    entries = {CODE: Entry(d=destination, s="STD", w=900, h=False)}
    number = bucket_of(CODE) if number is None else number
    return DirectoryBucket(line=line, bucket=number, version=version, entries=entries).model_dump_json().encode()


def plan_bytes(version: int) -> bytes:
    return plan(version).model_dump_json().encode()


def refusal(table: SortTable, number: int, payload: bytes) -> str:
    with pytest.raises(Refused) as caught:
        table.take(number, payload)
    return caught.value.code


@pytest.fixture
def table() -> SortTable:
    return SortTable(LINE, FakeClock().wall)


def test_a_parcel_is_found_by_its_barcode(table: SortTable) -> None:
    table.take(bucket_of(CODE), bucket(1))
    assert table.lookup(CODE) == Entry(d="MOW", s="STD", w=900, h=False)
    assert table.lookup("OTHER") is None
    assert table.entries == 1


def test_a_newer_bucket_replaces_the_old_one_whole(table: SortTable) -> None:
    table.take(bucket_of(CODE), bucket(1))
    empty = DirectoryBucket(line=LINE, bucket=bucket_of(CODE), version=2, entries={})
    table.take(bucket_of(CODE), empty.model_dump_json().encode())
    assert table.lookup(CODE) is None


@pytest.mark.parametrize("version", [1, 2])
def test_an_older_or_equal_version_is_refused(table: SortTable, version: int) -> None:
    table.take(bucket_of(CODE), bucket(2, "MOW"))
    assert refusal(table, bucket_of(CODE), bucket(version, "IKT")) == "older"
    assert table.lookup(CODE) == Entry(d="MOW", s="STD", w=900)
    table.take(PLAN, plan_bytes(2))
    assert refusal(table, PLAN, plan_bytes(version)) == "older"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b'{"v": 2}', "malformed"),
        (b" " * 70_000, "too_large"),
        (bucket(9, line="sfh-s/hall/s2"), "foreign_line"),
        (bucket(9, number=(bucket_of(CODE) + 1) % 256), "wrong_bucket"),
    ],
)
def test_a_bad_part_is_refused_and_the_good_one_stays(table: SortTable, payload: bytes, code: str) -> None:
    table.take(bucket_of(CODE), bucket(1))
    assert refusal(table, bucket_of(CODE), payload) == code
    assert table.lookup(CODE) is not None


def test_a_plan_waits_until_it_is_valid() -> None:
    clock = FakeClock()
    table = SortTable(LINE, clock.wall)
    table.take(PLAN, plan_bytes(1))
    later = plan(2, valid_from=clock.wall() + timedelta(seconds=60))
    table.take(PLAN, later.model_dump_json().encode())
    current = table.plan()
    assert current is not None
    assert current.version == 1
    clock.advance(60)
    current = table.plan()
    assert current is not None
    assert current.version == 2


class TestOnDisk:
    @pytest.fixture
    async def tables(self, tmp_path: Path) -> AsyncIterator[SortTables]:
        tables = SortTables(tmp_path, [LINE], FakeClock().wall)
        yield tables
        await tables.close()

    async def test_a_restart_without_a_broker_still_sorts(self, tables: SortTables, tmp_path: Path) -> None:
        tables.receive(LINE, PLAN, plan_bytes(3))
        tables.receive(LINE, bucket_of(CODE), bucket(1))
        tables.receive(LINE, bucket_of(CODE), bucket(2, "IKT"))
        await tables.close()
        again = SortTables(tmp_path, [LINE], FakeClock().wall)
        table = again.tables[LINE]
        assert table.plan() == plan(3)
        assert table.lookup(CODE) == Entry(d="IKT", s="STD", w=900)
        await again.close()

    async def test_nothing_that_is_refused_is_stored(self, tables: SortTables, tmp_path: Path) -> None:
        for payload in (b"{", b"", bucket(1, line="sfh-s/hall/s9")):
            tables.receive(LINE, bucket_of(CODE), payload)
        tables.receive("sfh-s/hall/s9", PLAN, plan_bytes(1))
        assert dict(tables.refused) == {"malformed": 1, "empty": 1, "foreign_line": 2}
        await tables.close()
        db = sqlite3.connect(tmp_path / "sort_table.sqlite3")
        assert db.execute("SELECT count(*) FROM part").fetchone() == (0,)
        db.close()

    async def test_the_same_part_again_is_no_refusal(self, tables: SortTables) -> None:
        """After a reconnect the broker sends every retained part again; counting that as refused would cry wolf."""
        for _ in range(3):
            tables.receive(LINE, PLAN, plan_bytes(3))
        assert not tables.refused

    async def test_a_damaged_file_is_begun_anew(self, tmp_path: Path) -> None:
        (tmp_path / "sort_table.sqlite3").write_bytes(b"no database at all" * 500)
        tables = SortTables(tmp_path, [LINE], lambda: datetime.now(UTC))
        tables.receive(LINE, PLAN, plan_bytes(1))
        assert tables.tables[LINE].plan() == plan(1)
        await tables.close()
