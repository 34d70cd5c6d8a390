"""A CSV or XLSX file as rows of text under the columns of a kind. Pure; raises nothing but FileRefused.

A header names columns as the API does (`weight_g`), case and separators aside; unknown columns are passed over. What an export
of ours has quoted against formulas (`'=…`) is read without the quote.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from wms.imports.file_refused import MAX_FILE_BYTES, MAX_ROWS, SEARCHED_ROWS, FileRefused, RowError
from wms.imports.read_csv import MOST_COLUMNS, decode, find_delimiter, table_rows
from wms.imports.read_xlsx import guard, read_cells, sheet_rows, shown

Cells = TypeVar("Cells")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_FOREIGN = (b"\xd0\xcf\x11\xe0", b"%PDF-")
_NOISE = re.compile(r"[\s_\-./\\(),:*#\u3000]+")
_QUOTED = re.compile(r"'[=+\-@\t\r]")


@dataclass(frozen=True, slots=True)
class TableRow:
    """`errors` are what the reader saw already: a formula, a cell too many."""

    row_no: int
    cells: dict[str, str]
    errors: tuple[RowError, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    format: str
    rows: list[TableRow]


def check_file(data: bytes, filename: str) -> None:
    """Refuse at the door what cannot be a table."""
    if not data.strip():
        raise FileRefused("empty_file")
    if len(data) > MAX_FILE_BYTES:
        raise FileRefused("file_too_large", limit=MAX_FILE_BYTES)
    if data.startswith(_FOREIGN):
        raise FileRefused("unsupported_format", filename=filename[-100:])


def read_table(data: bytes, filename: str, columns: Sequence[str], required: frozenset[str]) -> Table:
    """All rows below the header."""
    check_file(data, filename)
    header = _Header(columns, required)
    is_book = data.startswith(_ZIP)
    rows: list[TableRow] = []
    for row in _book_rows(data, header) if is_book else _text_rows(data, header):
        if len(rows) == MAX_ROWS:
            raise FileRefused("too_many_rows", limit=MAX_ROWS)
        rows.append(row)
    if not rows:
        raise FileRefused("no_rows")
    return Table("xlsx" if is_book else "csv", rows)


def folded(name: str) -> str:
    return _NOISE.sub("", name.casefold())


class _Header:
    """Finds the header among the first rows."""

    def __init__(self, columns: Sequence[str], required: frozenset[str]) -> None:
        self._known = {folded(name): name for name in columns}
        self._required = required

    def is_known(self, cell: str) -> bool:
        return folded(cell) in self._known

    def read(self, cells: Sequence[str]) -> list[str | None] | None:
        """The columns of a header row; None when this row is none."""
        names = [self._known.get(folded(cell)) for cell in cells]
        known = [name for name in names if name is not None]
        if not known or not self._required.intersection(known or [""]):
            return None
        for name in known:
            if known.count(name) > 1:
                raise FileRefused("duplicate_column", column=name)
        if missing := sorted(self._required.difference(known)):
            raise FileRefused("missing_columns", columns=missing)
        return names

    def absent(self) -> FileRefused:
        return FileRefused("missing_columns", columns=sorted(self._required))


def _text_rows(data: bytes, header: _Header) -> Iterator[TableRow]:
    text = decode(data)
    rows = table_rows(text, find_delimiter(text, header.is_known))
    names = _find_header(((row_no, cells) for row_no, cells in rows), header, lambda cells: cells)
    for row_no, cells in rows:
        extra = len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :])
        errors = (RowError(row_no, "", "extra_cells", {"expected": len(names)}),) if extra else ()
        found = {name: _plain(cell) for name, cell in zip(names, cells, strict=False) if name is not None}
        yield TableRow(row_no, found, errors)


def _book_rows(data: bytes, header: _Header) -> Iterator[TableRow]:
    guard(data)
    rows = sheet_rows(data)
    names = _find_header(rows, header, lambda row: [shown(cell) for cell in row])
    for row_no, row in rows:
        cells, errors = read_cells(row_no, names, row, dates=True)
        yield TableRow(row_no, {name: _plain(text) for name, text in cells.items()}, tuple(errors))


def _find_header(
    rows: Iterator[tuple[int, Cells]], header: _Header, text_of: Callable[[Cells], Sequence[str]]
) -> list[str | None]:
    for row_no, row in rows:
        cells = text_of(row)
        names = header.read(cells) if len(cells) <= MOST_COLUMNS else None
        if names is not None:
            return names
        if row_no >= SEARCHED_ROWS:
            break
    raise header.absent()


def _plain(text: str) -> str:
    text = text.strip()
    return text[1:] if _QUOTED.match(text) else text
