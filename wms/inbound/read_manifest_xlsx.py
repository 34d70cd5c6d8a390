"""Manifests as XLSX: the first sheet, values only."""

from wms.imports.read_xlsx import guard, read_cells, sheet_rows, shown
from wms.inbound.read_manifest_headers import SEARCHED_ROWS, no_header, read_header, weight_column
from wms.inbound.read_manifest_rows import RowReader


def read_xlsx(data: bytes, reader: RowReader) -> None:
    """Read every row of the first sheet into `reader`; ManifestRefused when the file is dangerous or no workbook."""
    guard(data)
    columns: list[str | None] | None = None
    for row_no, row in sheet_rows(data):
        if columns is None:
            columns = read_header([shown(cell) for cell in row])
            if columns is None and row_no >= SEARCHED_ROWS:
                raise no_header()
            reader.weight_column = weight_column(columns or [])
            continue
        cells, found = read_cells(row_no, columns, row)
        reader.read(row_no, cells, found)
    if columns is None:
        raise no_header()
