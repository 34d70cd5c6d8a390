"""XLSX manifests: what Excel does to numbers, and files that are weapons."""

import datetime
import io
import time
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.wms.inbound.manifest_files import HEADER, as_excel_writes, refusal, with_part, xlsx_of
from wms.inbound.read_manifest import ManifestRefused, read_manifest

COLUMNS = HEADER.split(",")
GOOD = ["LK000000014CN", "MOW", "EXP", 1250, 1, "cotton shirt", 610910, "Ivanov Ivan", "+79161234567"]
WORKBOOK = as_excel_writes(xlsx_of([COLUMNS, GOOD]))
SHEET = "xl/worksheets/sheet1.xml"


def test_a_workbook_is_read() -> None:
    """Numbers in cells are numbers; a title above the header and an empty row do not shift the numbering."""
    read = read_manifest(xlsx_of([["清单"], [], COLUMNS, GOOD, [], ["SF1234567890123", "SVX", "STD", 300.0]]), "m.xlsx")
    assert read.errors == []
    assert [(row.row_no, row.waybill_no, row.weight_g, row.hs_code) for row in read.rows] == [
        (4, "LK000000014CN", 1250, "610910"),
        (6, "SF1234567890123", 300, None),
    ]
    assert read.format == "xlsx"


@pytest.mark.parametrize(
    ("kilograms", "grams"), [(1.25, 1250), (0.29, 290), (3, 3000), (0.1 + 0.2, 300), (1.2505, None)]
)
def test_kilograms_are_exact_although_excel_keeps_doubles(kilograms: float, grams: int | None) -> None:
    """Fifteen digits are what Excel shows and the clerk saw; what is finer than a gram there is an error."""
    read = read_manifest(
        xlsx_of([["运单号", "目的地", "服务", "重量(kg)"], ["LK000000014CN", "MOW", "EXP", kilograms]]), "m"
    )
    assert [row.weight_g for row in read.rows] == ([grams] if grams else [])
    assert [error.code for error in read.errors] == ([] if grams else ["finer_than_a_gram"])


@pytest.mark.parametrize(
    ("place", "value", "column", "code"),
    [
        (3, "=1000+250", "weight_g", "formula_cell"),
        (0, '=HYPERLINK("http://x")', "waybill_no", "formula_cell"),
        (0, 123456789012345678, "waybill_no", "digits_lost"),
        (3, True, "weight_g", "bad_cell_type"),
        (5, datetime.datetime(2026, 11, 20), "goods", "bad_cell_type"),  # noqa: DTZ001 - Excel knows no zones
    ],
)
def test_cells_that_are_not_what_they_show(place: int, value: object, column: str, code: str) -> None:
    """A formula is never evaluated, and of an 18-digit number Excel has kept only 15."""
    row = list(GOOD)
    row[place] = value  # type: ignore[call-overload] # any cell value
    read = read_manifest(xlsx_of([COLUMNS, row]), "m.xlsx")
    assert read.rows == []
    assert [(error.column, error.code) for error in read.errors] == [(column, code)]


def test_a_stored_result_of_a_formula_is_not_trusted() -> None:
    """A workbook can claim any result for a formula; the formula itself is the error."""
    forged = with_part(
        xlsx_of([COLUMNS, [*GOOD[:3], "=1+1"]]),
        SHEET,
        lambda xml: xml.replace(b"<v />", b"<v>7</v>").replace(b"<v/>", b"<v>7</v>"),
    )
    assert [error.code for error in read_manifest(forged, "m.xlsx").errors] == ["formula_cell"]


def test_a_text_that_begins_like_a_formula_is_an_error_too() -> None:
    """It would be one as soon as somebody exports the list and opens it."""
    workbook = with_part(WORKBOOK, "xl/sharedStrings.xml", lambda xml: xml.replace(b"cotton shirt", b"=1+1"))
    assert [error.code for error in read_manifest(workbook, "m.xlsx").errors] == ["formula_like"]


def bomb(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bomb({"xl/sharedStrings.xml": bytes(64 * 1024 * 1024)}), "ratio"),
        (bomb({f"{n}": b"" for n in range(1001)}), "entries"),
    ],
)
def test_a_zip_bomb_is_refused_before_it_is_unpacked(data: bytes, reason: str) -> None:
    """Size, ratio and number of parts are read from the directory; nothing is inflated."""
    begun = time.process_time()
    code, params = refusal(data)
    assert (code, params["reason"]) == ("zip_bomb", reason)
    assert time.process_time() - begun < 0.5


def test_many_parts_that_are_each_harmless_do_not_add_up_to_a_bomb() -> None:
    """The sum of the declared sizes is bounded as well."""
    noise = bytes(range(256)) * 4096  # a megabyte
    code, params = refusal(bomb({f"{n}.bin": noise for n in range(201)}))
    assert (code, params["reason"]) == ("zip_bomb", "size")


def test_a_part_that_lies_about_its_size_is_read_no_further_than_it_claims() -> None:
    """The directory says 100 bytes, the stream holds 64 MB: zipfile stops at 100."""
    data = bytearray(bomb({"xl/workbook.xml": bytes(64 * 1024 * 1024)}))
    size = (64 * 1024 * 1024).to_bytes(4, "little")
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = (100).to_bytes(4, "little")
    begun = time.process_time()
    assert refusal(bytes(data))[0] in ("malformed_xlsx", "zip_bomb")
    assert time.process_time() - begun < 0.5


LAUGHS = (
    b'<!DOCTYPE lolz [<!ENTITY a "lol">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]>"
)
EXTERNAL = b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("declaration", [LAUGHS, EXTERNAL], ids=["billion laughs", "external entity"])
@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_every_part(declaration: bytes, part: str, encoding: str) -> None:
    """Neither expanded nor fetched, in UTF-16 either."""

    def armed(xml: bytes) -> bytes:
        text = xml.decode().partition("?>")[2] if xml.startswith(b"<?xml") else xml.decode()
        return f'<?xml version="1.0" encoding="{encoding}"?>{declaration.decode()}{text}'.encode(encoding)

    assert refusal(with_part(WORKBOOK, part, armed)) == ("entities_forbidden", {})


def test_a_sheet_that_claims_a_million_columns_costs_nothing() -> None:
    """`dimension` is the sheet's own word, and a cell in column XFD would stretch every row."""
    huge = with_part(
        WORKBOOK,
        SHEET,
        lambda xml: xml.replace(b'ref="A1:I2"', b'ref="A1:XFD1048576"').replace(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        ),
    )
    assert huge != WORKBOOK
    begun = time.process_time()
    assert len(read_manifest(huge, "m.xlsx").rows) == 1
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("data", [b"PK\x03\x04", bomb({"hello.txt": b"world"}), WORKBOOK[:-200], WORKBOOK[:2000]])
def test_an_archive_that_is_no_workbook_is_refused(data: bytes) -> None:
    """A renamed zip, half an upload."""
    assert refusal(data)[0] == "malformed_xlsx"


def test_an_encrypted_part_is_refused() -> None:
    """The flag alone is enough; nobody is asked for a password."""
    data = bytearray(WORKBOOK)
    central = data.find(b"PK\x01\x02")
    data[central + 8] |= 1
    assert refusal(bytes(data))[0] == "encrypted_file"


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    """Bytes of a good workbook changed, or its sheet's XML: a verdict every time."""
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(WORKBOOK) - 9))
        damaged = WORKBOOK[:place] + data.draw(st.binary(min_size=1, max_size=8)) + WORKBOOK[place + 8 :]
    else:
        place = data.draw(st.integers(0, 900))
        piece = data.draw(
            st.binary(max_size=8) | st.sampled_from([b'"', b"<", b't="e"', b'r="A0"', b'r="ZZZZ9"', b's="9"'])
        )
        damaged = with_part(WORKBOOK, SHEET, lambda xml: xml[:place] + piece + xml[place + len(piece) :])
    try:
        read_manifest(damaged, "m.xlsx")
    except ManifestRefused:
        return
