"""Manifests as CSV."""

from collections.abc import Iterator

from wms.imports.read_csv import MOST_COLUMNS, decode, find_delimiter, table_rows
from wms.inbound.read_manifest_headers import SEARCHED_ROWS, column_of, no_header, read_header, weight_column
from wms.inbound.read_manifest_rows import RowError, RowReader


def read_csv(data: bytes, reader: RowReader) -> None:
    """Read every row of `data` into `reader`; ManifestRefused when it is not a table we know."""
    text = decode(data)
    delimiter = find_delimiter(text, lambda cell: column_of(cell) is not None)
    rows = table_rows(text, delimiter)
    names = _read_header(rows, reader)
    for row_no, cells in rows:
        extra = len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :])
        found = [RowError(row_no, "", "extra_cells", {"expected": len(names)})] if extra else ()
        values = dict(zip(names, cells, strict=False))
        if delimiter == ";" and "weight_kg" in values:
            # Where the semicolon separates cells, the comma is the decimal sign (Russian and German settings).
            values["weight_kg"] = values["weight_kg"].replace(",", ".", 1)
        reader.read(row_no, values, found)


def _read_header(rows: Iterator[tuple[int, list[str]]], reader: RowReader) -> list[str]:
    """Take rows up to and including the header; its column names, empty for unknown ones."""
    for row_no, cells in rows:
        columns = read_header(cells) if len(cells) <= MOST_COLUMNS else None
        if columns is not None:
            reader.weight_column = weight_column(columns)
            return [column or "" for column in columns]
        if row_no >= SEARCHED_ROWS:
            break
    raise no_header()
