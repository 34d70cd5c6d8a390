"""Tables as XLSX: the first sheet, values only.

The file is judged before openpyxl sees it: number of parts, declared sizes, compression ratio, encryption, and any
document type declaration (entities). zipfile reads no more than the declared size of a part, so the declaration binds.
Formulas are never evaluated and their stored results never trusted: a formula is an error of its row.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl

from wms.imports.file_refused import MAX_ROWS, SEARCHED_ROWS, FileRefused, RowError

_MOST_PARTS = 1_000
_MOST_BYTES = 200 * 1024 * 1024
_SMALL_PART_BYTES = 1024 * 1024
_HIGHEST_RATIO = 200  # a table of equal rows reaches about 60
_MOST_COLUMNS = 64
_CHUNK_BYTES = 1024 * 1024
_DECLARATION = re.compile("|".join(("<!DOCTYPE", "<!ENTITY")).encode(), re.IGNORECASE)
_LONGEST_EXACT_DIGITS = 15  # Excel keeps numbers as doubles: of an 18-digit waybill the last three are noise


def guard(data: bytes) -> None:
    """Refuse what would cost more than a workbook may, before anything is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > _MOST_PARTS:
                raise FileRefused("zip_bomb", reason="entries", limit=_MOST_PARTS)
            if sum(part.file_size for part in parts) > _MOST_BYTES:
                raise FileRefused("zip_bomb", reason="size", limit=_MOST_BYTES)
            for part in parts:
                _guard_part(archive, part)
    except FileRefused:
        raise
    except Exception:  # zipfile raises what it likes on damaged archives: BadZipFile, zlib.error, struct.error, …
        raise FileRefused("malformed_xlsx") from None


def _guard_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    if part.flag_bits & 0x1:
        raise FileRefused("encrypted_file")
    if part.file_size > max(_SMALL_PART_BYTES, _HIGHEST_RATIO * part.compress_size):
        raise FileRefused("zip_bomb", reason="ratio", limit=_HIGHEST_RATIO)
    if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    tail = b""
    with archive.open(part) as content:
        while chunk := content.read(_CHUNK_BYTES):
            # expat also reads UTF-16, in which the same letters stand with NULs between them.
            if _DECLARATION.search((tail + chunk).replace(b"\0", b"")):
                raise FileRefused("entities_forbidden")
            tail = chunk[-32:]


def sheet_rows(data: bytes) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The rows of the first sheet that have a value, numbered as Excel numbers them."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            # Limits of our own: the sheet says itself how large it is, and a lie would be filled up with empty cells.
            rows = sheet.iter_rows(min_row=1, max_row=MAX_ROWS + SEARCHED_ROWS, max_col=_MOST_COLUMNS)
            for row_no, row in enumerate(rows, start=1):
                if any(cell.value not in (None, "") for cell in row):
                    yield row_no, row
        finally:
            book.close()
    except (FileRefused, GeneratorExit):
        raise
    except Exception:  # openpyxl promises no exception types for files that are not what they claim
        raise FileRefused("malformed_xlsx") from None


def read_cells(
    row_no: int, columns: list[str | None], row: tuple[Any, ...], *, dates: bool = False
) -> tuple[dict[str, str], list[RowError]]:
    cells: dict[str, str] = {}
    found: list[RowError] = []
    for column, cell in zip(columns, row, strict=False):
        if column is None or cell.value is None:
            continue
        if cell.data_type == "f":
            found.append(RowError(row_no, column, "formula_cell"))
        elif dates and isinstance(cell.value, bool | date):
            cells[column] = _as_iso(cell.value)
        elif cell.data_type == "e" or isinstance(cell.value, bool | date | datetime | time | timedelta):
            found.append(RowError(row_no, column, "bad_cell_type"))
        elif isinstance(cell.value, int | float) and abs(cell.value) >= 10**_LONGEST_EXACT_DIGITS:
            found.append(RowError(row_no, column, "digits_lost", {"limit": _LONGEST_EXACT_DIGITS}))
        else:
            cells[column] = shown(cell)
    return cells, found


def _as_iso(value: bool | date) -> str:
    if isinstance(value, datetime):
        value = value.date()
    return str(value).lower() if isinstance(value, bool) else value.isoformat()


def shown(cell: Any) -> str:
    """A cell as text, numbers as Excel shows them: 15 significant digits, no `.0`."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float):
        return format(value, ".15g")
    return str(value)
