"""Tables as CSV or XLSX, row by row from the database to the reader, so that a million rows cost no memory.

Headers are the columns of the imports, so that what was exported can be imported. A text that a table program would take for a
formula gets a leading quote; the import takes it off again.
"""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
import sqlalchemy as sa

from wms.kit.db import Database

Cells = Sequence[Any]
_BATCH = 1_000
_PIECE_BYTES = 64 * 1024
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
_UNWRITABLE = dict.fromkeys((*range(9), 11, 12, *range(14, 32)))


@dataclass(frozen=True, slots=True)
class Export:
    """`columns` is the header; `cells_of` makes the cells of a row of `query`."""

    name: str
    columns: Sequence[str]
    query: sa.Select[*tuple[Any, ...]]
    cells_of: Callable[[sa.RowMapping], Cells]


def safe(value: Any) -> str:
    """A cell as text, harmless in a table program."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).translate(_UNWRITABLE)
    return f"'{text}" if text.startswith(_FORMULA_START) and not isinstance(value, int | float) else text


async def export_csv(db: Database, export: Export) -> AsyncIterator[bytes]:
    """UTF-8 with a byte order mark: without it Excel takes Chinese for something else."""
    yield b"\xef\xbb\xbf" + _lines([export.columns])
    async for rows in _batches(db, export):
        yield _lines(rows)


async def export_xlsx(db: Database, export: Export) -> AsyncIterator[bytes]:
    """A workbook is whole before its first byte can go: it is written to a temporary file in a thread."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(export.name[:31])
    sheet.append(list(export.columns))
    async for rows in _batches(db, export):
        await asyncio.to_thread(_append, sheet, rows)
    with tempfile.TemporaryFile() as file:
        await asyncio.to_thread(book.save, file)
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, _PIECE_BYTES):
            yield piece


async def _batches(db: Database, export: Export) -> AsyncIterator[list[list[str]]]:
    async with db.read() as conn:
        result = await conn.stream(export.query.execution_options(yield_per=_BATCH))
        async for rows in result.mappings().partitions(_BATCH):
            yield [[safe(cell) for cell in export.cells_of(row)] for row in rows]


def _append(sheet: Any, rows: list[list[str]]) -> None:
    for row in rows:
        sheet.append(row)


def _lines(rows: Sequence[Cells]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
