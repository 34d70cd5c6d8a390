"""Shipments from files: every kind of bad input is a sentence with row and column, and nothing is half read."""

import io
import json
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.data.build import build
from routing.data.faults import DataFaults
from routing.data.network import read_folder
from routing.data.shipments import COLUMNS, ShipmentRow, read_shipments

NETWORK = read_folder()
HEADER = ",".join(COLUMNS)
GOOD = "A,XIY,MOW,2026-09-01 08:00,2026-10-10 18:00,1200.5,6.2"


def read(*rows: str) -> tuple[ShipmentRow, ...]:
    return read_shipments("\n".join((HEADER, *rows)).encode(), "goods.csv", NETWORK)


def faults_of(*rows: str) -> set[tuple[str, int, str]]:
    with pytest.raises(DataFaults) as caught:
        read(*rows)
    return {(fault.code, fault.row, fault.column) for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("B,NOWHERE,MOW,2026-09-01,2026-10-10,1,1", "unknown_hub", "origin"),
        ("B,XIY,MOW,2026-10-10,2026-09-01,1,1", "due_before_ready", "due"),
        ("B,XIY,MOW,2026-09-01,2026-10-10,-1,1", "negative", "weight_kg"),
        ("B,XIY,MOW,2026-09-01,2026-10-10,0,1", "out_of_range", "weight_kg"),
        ("B,XIY,MOW,2026-09-01,2026-10-10,nan,1", "not_a_number", "weight_kg"),
        ("B,XIY,MOW,2026-09-01,2026-10-10,1,1.00001", "too_precise", "volume_m3"),
        ("B,XIY,XIY,2026-09-01,2026-10-10,1,1", "same_hub", "destination"),
        ("B,XIY,MOW,soon,2026-10-10,1,1", "not_a_time", "ready"),
        ("B,XIY,MOW,0001-01-01,2026-10-10,1,1", "not_a_time", "ready"),
        (",XIY,MOW,2026-09-01,2026-10-10,1,1", "missing", "shipment"),
        ("A,XIY,MOW,2026-09-01,2026-10-10,1,1", "name_repeated", "shipment"),
    ],
)
def test_a_wrong_row_is_named(row: str, code: str, column: str):
    """The row is the one a table program shows; the good row above does not save the file."""
    assert (code, 3, column) in faults_of(GOOD, row)


def test_a_shipment_larger_than_any_unit_is_told_with_its_row():
    """It would otherwise silently be left to others for ever."""
    rows = read(GOOD, "B,XIY,MOW,2026-09-01,2026-10-10,9000000,4")
    with pytest.raises(DataFaults) as caught:
        build(NETWORK, rows, file="goods.csv")
    (fault,) = caught.value.faults
    assert (fault.code, fault.row, fault.column) == ("too_large_for_any_unit", 3, "weight_kg")


def test_a_file_of_a_million_rows_is_refused_soon_and_by_row():
    """Ten times what can be planned must not cost minutes before it is refused."""
    data = (HEADER + "\n" + (GOOD + "\n") * 1_000_000).encode()
    began = time.process_time()
    with pytest.raises(DataFaults) as caught:
        read_shipments(data[: 60 * 1024 * 1024], "goods.csv", NETWORK)
    assert caught.value.faults[0].code == "too_many_rows"
    assert caught.value.faults[0].row == 100_002
    assert time.process_time() - began < 5


def test_times_without_a_zone_are_local_to_their_hub():
    """Ready in Xi'an is Chinese time, due in Moscow is Moscow time."""
    (row,) = read(GOOD)
    assert row.ready_at.isoformat() == "2026-09-01T00:00:00+00:00"
    assert row.due_at.isoformat() == "2026-10-10T15:00:00+00:00"


def test_json_says_the_same_as_csv():
    """The same shipments planned from either file must give the same plan."""
    cells = dict(zip(COLUMNS, GOOD.split(","), strict=True)) | {"weight_kg": 1200.5}
    assert len(read_shipments(json.dumps({"shipments": [cells]}).encode(), "g.json", NETWORK)) == 1
    with pytest.raises(DataFaults, match="no object"):
        read_shipments(b"[1]", "g.json", NETWORK)


def test_an_archive_that_is_no_workbook_is_refused():
    """A zip bomb, or any zip, under the name of a workbook."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * (201 * 1024 * 1024))
    with pytest.raises(DataFaults, match="more than"):
        read_shipments(held.getvalue(), "g.xlsx", NETWORK)
    with pytest.raises(DataFaults, match="damaged"):
        read_shipments(b"PK\x03\x04 and nothing", "g.xlsx", NETWORK)


@given(st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda text: (HEADER + "\n" + text).encode())))
def test_any_bytes_are_read_or_refused(data: bytes):
    """A file is a stranger's: the answer is rows or a sentence, never a crash."""
    try:
        read_shipments(data, "any", NETWORK)
    except DataFaults:
        return
