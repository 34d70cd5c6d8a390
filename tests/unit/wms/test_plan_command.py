"""`kouan plan`: the plan of a file in three forms, and every refusal in the reader's language."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from wms.__main__ import main

HEADER = "shipment,origin,destination,ready,due,weight_kg,volume_m3,needs,outsource_cost\n"
ROWS = (
    "=S1,XIY,DUI,2026-09-01,2026-10-20,4000,19,,\n"
    "S2,XIY,DUI,2026-09-02,2026-10-20,5000,22,bonded,\n"
    "S3,HRB,MOW,2026-09-02,2026-09-03,5000,22,,900\n"
)


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    file = tmp_path / "goods.csv"
    file.write_text(HEADER + ROWS, encoding="utf-8")
    return file


def plan(*arguments: object) -> int:
    return main(["plan", *map(str, arguments), "--seconds", "0.3"])


def test_the_plan_is_written_with_its_gap_and_reasons(goods: Path, capsys: pytest.CaptureFixture[str]):
    """Cost without a proven gap, or a shipment without an answer, is no plan."""
    assert plan(goods) == 0
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document["summary"]["gap_kind"] == "lagrangian"
    assert 0 <= document["summary"]["gap"] < 1
    assert [line["shipment"] for line in document["shipments"]] == ["=S1", "S2", "S3"]
    assert document["shipments"][2]["legs"] == []
    assert "S3: the earliest arrival is" in told.err.replace("\n", " ")
    assert all(line["fill"] <= 1 for line in document["departures"])


def test_csv_and_xlsx_say_the_same_and_run_no_formula(goods: Path, tmp_path: Path):
    """A shipment named `=…` would otherwise be run by the planner's table program."""
    assert plan(goods, "--out", tmp_path / "p.csv") == 0
    assert plan(goods, "--out", tmp_path / "p.xlsx") == 0
    rows = list(csv.reader(io.StringIO((tmp_path / "p.csv").read_text(encoding="utf-8-sig"))))
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    assert book.sheetnames == ["shipments", "departures", "summary"]
    sheet = [[str(cell or "") for cell in row] for row in book["shipments"].iter_rows(values_only=True)]
    assert [row[0] for row in sheet] == [row[0] for row in rows]
    assert rows[1][0] == "'=S1"


@pytest.mark.parametrize(
    ("locale", "words"),
    [("en_US.UTF-8", "row 3, column origin: Hub"), ("zh_CN.UTF-8", "第 3 行"), ("ru_RU.UTF-8", "строка 3")],
)
def test_a_refused_file_names_row_and_column_in_the_readers_language(
    goods: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, locale: str, words: str
):
    """Nothing is planned, and the planner knows which cell to mend."""
    monkeypatch.setenv("LC_ALL", locale)
    goods.write_text(HEADER + ROWS.replace("S2,XIY", "S2,NOWHERE"), encoding="utf-8")
    assert plan(goods) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


def test_what_cannot_be_read_or_written_is_said(goods: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """A missing file, a missing network and an unknown form end with a sentence, not with a trace."""
    assert plan(tmp_path / "none.csv") == 2
    assert plan(goods, "--network", tmp_path) == 2
    assert plan(goods, "--out", tmp_path / "p.pdf") == 2
    assert plan(goods, "--explain", "S9") == 2
    assert "Traceback" not in capsys.readouterr().err
