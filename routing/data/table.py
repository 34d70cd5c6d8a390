"""Rows of a CSV or XLSX file as text under the column names of its first row.

Sizes are capped before anything is unpacked: bytes, rows, and what an archive claims to hold.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

import openpyxl

from routing.data.faults import stop_at

MAX_BYTES = 64 * 1024 * 1024
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 60
Rows = list[tuple[int, dict[str, str]]]


def read_rows(data: bytes, file: str, required: Sequence[str]) -> Rows:
    """Row numbers and cells; empty rows are passed over. Raises DataFaults."""
    if len(data) > MAX_BYTES:
        raise stop_at("file_too_large", file, limit=MAX_BYTES)
    lines = _book(data, file) if data.startswith(b"PK\x03\x04") else _text(data, file)
    header = next(lines, None)
    names = [cell.strip().lower() for cell in header[1]] if header else []
    if missing := [name for name in required if name not in names]:
        raise stop_at("missing_columns", file, row=1, columns=", ".join(missing))
    rows: Rows = []
    for number, cells in lines:
        if not any(cells):
            continue
        if len(rows) == MAX_ROWS:
            raise stop_at("too_many_rows", file, row=number, limit=MAX_ROWS)
        rows.append((number, {name: cell for name, cell in zip(names, cells, strict=False) if name}))
    return rows


def _text(data: bytes, file: str) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data, file)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1):
            yield number, [cell.strip() for cell in cells[:MAX_COLUMNS]]
    except csv.Error:
        raise stop_at("file_unreadable", file) from None


def _decoded(data: bytes, file: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise stop_at("wrong_encoding", file)


def _book(data: bytes, file: str) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise stop_at("file_too_large", file, limit=MAX_UNPACKED_BYTES)
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        rows = book.worksheets[0].iter_rows(max_row=MAX_ROWS + 2, max_col=MAX_COLUMNS, values_only=True)
        for number, row in enumerate(rows, 1):
            yield number, [_shown(value) for value in row]
    except (GeneratorExit, ValueError) as error:
        if isinstance(error, GeneratorExit) or hasattr(error, "faults"):
            raise
        raise stop_at("file_unreadable", file) from None
    except Exception:  # openpyxl and zipfile promise no exception types for files that are not what they claim
        raise stop_at("file_unreadable", file) from None


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        midnight = value.time() == time(0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, time):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, ".15g") if isinstance(value, float) else str(value).strip()
