"""CSV manifests: languages, encodings, delimiters, and everything that can be wrong with a row."""

import csv
import io
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wms.inbound.manifest_files import GOOD_ROW, HEADER, csv_of, refusal
from wms.inbound import read_manifest_rows
from wms.inbound.read_manifest import Manifest, ManifestRefused, ManifestRow, read_manifest
from wms.standards import s10

GOOD = ManifestRow(
    2, "LK000000014CN", "MOW", "EXP", 1250, 1, "cotton shirt", "610910", "Ivanov Ivan", "+7 916 123-45-67", None
)
CHINESE = """\
2026年11月20日 绥芬河 清单
运单号,目的地,服务,重量(kg),件数,品名,商品编码,收件人,收件人电话,承运人
LK000000014CN,MOW,EXP,1.25,1,棉布衬衫,610910,伊万诺夫,13800138000,中国邮政
SF1234567890123,SVX,STD,0.3,,手机壳,,王小明,,顺丰
"""
RUSSIAN = """\
"Номер накладной";"Назначение";"Услуга";"Вес, кг";"Кол-во мест";"Наименование товара";"Получатель"
LK000000014CN;mow;exp;1,250;1;Рубашка "Лён";Иванов Иван
"""


def one_error(row: str, header: str = HEADER) -> tuple[str, str, dict[str, Any]]:
    """Column, code and parameters of the only error of the only row."""
    read = read_manifest(csv_of(row, header=header), "m.csv")
    assert read.rows == []
    (error,) = read.errors
    assert error.row_no == 2
    return error.column, error.code, dict(error.params)


def test_a_plain_file_is_read() -> None:
    """The simulator's own header, one row."""
    assert read_manifest(csv_of(GOOD_ROW), "m.csv") == Manifest([GOOD], [], "csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_chinese_file_is_read_in_each_encoding_that_is_in_use(encoding: str) -> None:
    """Excel in China writes GB18030, everybody else UTF-8; a title above the header is usual; kilograms become grams."""
    read = read_manifest(CHINESE.encode(encoding), "清单.csv")
    assert read.errors == []
    assert read.rows == [
        ManifestRow(
            3, "LK000000014CN", "MOW", "EXP", 1250, 1, "棉布衬衫", "610910", "伊万诺夫", "13800138000", "中国邮政"
        ),
        ManifestRow(4, "SF1234567890123", "SVX", "STD", 300, 1, "手机壳", None, "王小明", None, "顺丰"),
    ]


def test_a_russian_file_with_semicolons_and_decimal_commas_is_read() -> None:
    """What Excel writes under Russian settings; a quotation mark inside a bare cell is only a sign."""
    read = read_manifest(RUSSIAN.encode(), "манифест.csv")
    assert read.errors == []
    (row,) = read.rows
    assert (row.destination, row.service, row.weight_g, row.goods) == ("MOW", "EXP", 1250, 'Рубашка "Лён"')


def test_tabs_separate_too_and_unknown_columns_are_ignored() -> None:
    """Partners send more than we need."""
    data = b"internal id\twaybill\tdest\tproduct\tgrams\n77\tLK000000014CN\tMOW\tEXP\t10\n"
    (row,) = read_manifest(data, "m.tsv").rows
    assert (row.waybill_no, row.weight_g, row.pieces, row.goods) == ("LK000000014CN", 10, 1, "")


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (HEADER.encode() + b"\nLK000000014CN,MOW,EXP,1250,1,\xff\xff,,,\n", len(HEADER) + 30),
        (CHINESE.encode("utf-16"), 0),
        (csv_of("LK000000014CN,MOW,EXP,1250,1,x,,Иванов Иван Иванович,").decode().encode("cp1251"), len(HEADER) + 33),
    ],
    ids=["no encoding at all", "utf-16", "windows-1251"],
)
def test_another_encoding_is_refused_with_the_byte_where_it_shows(data: bytes, offset: int) -> None:
    """GB18030 would accept Windows-1251 and make ideographs of names; a wrong name on a parcel is worse than a refusal."""
    assert refusal(data) == ("wrong_encoding", {"offset": offset})


def test_defaults_fill_what_the_file_does_not_say_and_only_that() -> None:
    """A carrier that serves one destination sends no such column."""
    data = csv_of("LK000000014CN,,10", "LK000000028CN,SVX,10", header="waybill_no,destination,weight_g")
    read = read_manifest(data, "m.csv", default_destination="MOW", default_service="EXP")
    assert [(row.destination, row.service) for row in read.rows] == [("MOW", "EXP"), ("SVX", "EXP")]
    missing = read_manifest(data, "m.csv", default_service="EXP")
    assert [(error.row_no, error.column, error.code) for error in missing.errors] == [
        (2, "destination", "missing_destination")
    ]


@pytest.mark.parametrize(
    ("cells", "column", "code", "params"),
    [
        ({0: ""}, "waybill_no", "missing_waybill_no", {}),
        ({0: "LK000000015CN"}, "waybill_no", "bad_check_digit", {"expected": 4}),
        ({0: "JK000000014CN"}, "waybill_no", "reserved_prefix", {"prefix": "JK"}),
        ({0: "=HYPERLINK(1)"}, "waybill_no", "bad_waybill_no", {}),
        ({0: "X" * 33}, "waybill_no", "bad_waybill_no", {}),
        ({1: ""}, "destination", "missing_destination", {}),
        ({1: "莫斯科"}, "destination", "bad_destination", {}),
        ({2: ""}, "service", "missing_service", {}),
        ({2: "X" * 17}, "service", "bad_service", {}),
        ({3: ""}, "weight_g", "missing_weight", {}),
        ({3: "0"}, "weight_g", "weight_out_of_range", {"limit_g": 1_000_000}),
        ({3: "1000001"}, "weight_g", "weight_out_of_range", {"limit_g": 1_000_000}),
        ({3: "-5"}, "weight_g", "bad_number", {}),
        ({3: "1e3"}, "weight_g", "bad_number", {}),
        ({3: "１２５"}, "weight_g", "bad_number", {}),
        ({3: "nan"}, "weight_g", "bad_number", {}),
        ({3: "12.5"}, "weight_g", "finer_than_a_gram", {}),
        ({4: "0"}, "pieces", "pieces_out_of_range", {"limit": 9_999}),
        ({4: "10000"}, "pieces", "pieces_out_of_range", {"limit": 9_999}),
        ({4: "1.5"}, "pieces", "bad_number", {}),
        ({5: "x" * 201}, "goods", "too_long", {"limit": 200}),
        ({5: "=cmd|' /C calc'!A0"}, "goods", "formula_like", {}),
        ({5: "@SUM(A1)"}, "goods", "formula_like", {}),
        ({5: "shirt\x00"}, "goods", "control_character", {}),
        ({5: "a\nb"}, "goods", "control_character", {}),
        ({5: "evil\u202etxt"}, "goods", "control_character", {}),
        ({6: "61091"}, "hs_code", "bad_hs_code", {}),
        ({7: "-2+3+cmd"}, "consignee_name", "formula_like", {}),
        ({8: "+cmd|calc"}, "consignee_phone", "bad_phone", {}),
    ],
)
def test_what_can_be_wrong_with_a_cell(cells: dict[int, str], column: str, code: str, params: dict[str, Any]) -> None:
    """One wrong cell, one error that names it; the row is not announced."""
    row = next(csv.reader([GOOD_ROW]))
    for place, text in cells.items():
        row[place] = text
    out = io.StringIO()
    csv.writer(out).writerow(row)
    assert one_error(out.getvalue()) == (column, code, params)


@pytest.mark.parametrize(
    ("kilograms", "grams"), [("1", 1000), ("0.001", 1), ("1.2500000", 1250), ("999.999", 999_999), ("0.29", 290)]
)
def test_kilograms_become_grams_exactly(kilograms: str, grams: int) -> None:
    """0.29 * 1000 is 290 here, whatever floats say."""
    (row,) = read_manifest(
        csv_of(f"LK000000014CN,MOW,EXP,{kilograms}", header="waybill,dest,service,weight_kg"), "m"
    ).rows
    assert row.weight_g == grams


def test_half_a_gram_is_an_error_and_not_a_rounding() -> None:
    """Weights are compared with scales later; nobody rounds in silence."""
    header = "waybill,dest,service,weight_kg"
    assert one_error("LK000000014CN,MOW,EXP,1.2505", header) == ("weight_kg", "finer_than_a_gram", {})
    assert one_error("LK000000014CN,MOW,EXP,", header) == ("weight_kg", "missing_weight", {})


def test_a_second_waybill_is_the_error_of_the_later_row() -> None:
    """Case and blanks do not make a number new, and a refused first row still counts as the first."""
    read = read_manifest(
        csv_of(GOOD_ROW, GOOD_ROW.replace("LK", " lk"), "SF1234567890123,MOW,EXP,x", "SF1234567890123,MOW,EXP,5"),
        "m.csv",
    )
    assert [row.row_no for row in read.rows] == [2]
    assert [(error.row_no, error.code, dict(error.params)) for error in read.errors] == [
        (3, "duplicate_waybill", {"first_row": 2}),
        (4, "bad_number", {}),
        (5, "duplicate_waybill", {"first_row": 4}),
    ]


def test_every_wrong_cell_of_a_row_is_named() -> None:
    """A clerk corrects a row once, not once for each error."""
    read = read_manifest(csv_of("LK000000015CN,,EXP,0,1,=x,1,,"), "m.csv")
    assert [error.column for error in read.errors] == ["waybill_no", "destination", "weight_g", "goods", "hs_code"]


def test_empty_lines_are_skipped_and_rows_keep_their_number() -> None:
    """The number is the one the clerk sees in the table program."""
    read = read_manifest(csv_of("", ",,,,", GOOD_ROW, "LK000000028CN,MOW"), "m.csv")
    assert [row.row_no for row in read.rows] == [4]
    assert {error.row_no for error in read.errors} == {5}


def test_more_cells_than_columns_is_an_error() -> None:
    """A comma that nobody quoted has moved everything behind it."""
    assert one_error(GOOD_ROW + ",extra")[1:] == ("extra_cells", {"expected": 9})


@pytest.mark.parametrize(
    ("data", "code", "params"),
    [
        (b"", "empty_file", {}),
        (b" \n \n", "empty_file", {}),
        (HEADER.encode() + b"\n", "no_rows", {}),
        (b"a,b\n1,2\n", "missing_columns", {"columns": ["waybill_no", "weight_g"]}),
        (b"waybill,dest\n1,2\n", "missing_columns", {"columns": ["weight_g"]}),
        ("运单号,重量\n1,2\n".encode(), "weight_without_unit", {"header": "重量"}),
        (b"waybill,waybill_no,weight_g\n1,2,3\n", "duplicate_column", {"column": "waybill_no"}),
        (b"waybill,weight_kg,weight_g\n1,2,3\n", "duplicate_column", {"column": "weight_kg"}),
        (csv_of('LK000000014CN,MOW,EXP,1250,1,"never closed'), "malformed_csv", {"line": 2}),
        (b"\xd0\xcf\x11\xe0old excel", "unsupported_format", {"filename": "file"}),
        (b"%PDF-1.7", "unsupported_format", {"filename": "file"}),
    ],
)
def test_files_that_are_refused_as_a_whole(data: bytes, code: str, params: dict[str, Any]) -> None:
    """When it is unclear what the rows mean, none of them is used. A weight without unit may be wrong by a thousand."""
    assert refusal(data) == (code, params)


def test_a_huge_cell_is_refused_and_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes are bounded: of a cell, of the file, of the number of rows."""
    assert refusal(csv_of("x" * 200_000))[0] == "malformed_csv"
    monkeypatch.setattr(read_manifest_rows, "MAX_ROWS", 3)
    assert refusal(csv_of(*(f"AB{n:04d},MOW,EXP,5" for n in range(4)))) == ("too_many_rows", {"limit": 3})
    assert len(read_manifest(csv_of(*(f"AB{n:04d},MOW,EXP,5" for n in range(3))), "m").rows) == 3
    assert refusal(b"x" * (50 * 1024 * 1024 + 1)) == ("file_too_large", {"limit": 50 * 1024 * 1024})


def test_a_hundred_thousand_rows_cost_a_bounded_multiple_of_splitting_them() -> None:
    """A day of the whole crossing in one file. Measured against csv alone in the same run: the machine is shared."""
    rows = [
        f"{s10.make('LK', n, 'CN')},MOW,EXP,{100 + n % 5000},1,棉布 {n},610910,Иванов,+79161234567"
        for n in range(100_000)
    ]
    data = csv_of(*rows)
    begun = time.process_time()
    assert sum(1 for _ in csv.reader(io.StringIO(data.decode()))) == 100_001
    yardstick_s = time.process_time() - begun
    begun = time.process_time()
    read = read_manifest(data, "m.csv")
    took_s = time.process_time() - begun
    assert (len(read.rows), read.errors) == (100_000, [])
    assert took_s < 60 * yardstick_s


@settings(max_examples=300)
@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: HEADER.encode() + b"\n" + tail))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Nothing that is uploaded raises anything else."""
    try:
        read = read_manifest(data, "m.csv")
    except ManifestRefused:
        return
    assert {row.row_no for row in read.rows}.isdisjoint(error.row_no for error in read.errors)


@given(st.lists(st.lists(st.text(max_size=30), min_size=9, max_size=9), max_size=8))
def test_any_table_gives_rows_that_keep_the_promise(table: list[list[str]]) -> None:
    """Whatever the cells are, an accepted row is within the limits that the database and the screens rely on."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER.split(","))
    writer.writerows(table)
    try:
        read = read_manifest(out.getvalue().encode("utf-8", "ignore"), "m.csv")
    except ManifestRefused:
        return
    for row in read.rows:
        assert 4 <= len(row.waybill_no) <= 32
        assert 1 <= row.weight_g <= 1_000_000
        assert 1 <= row.pieces <= 9_999
        assert not row.goods.startswith(("=", "+", "-", "@"))
        assert "\x00" not in row.goods + (row.consignee_name or "")
