"""Manifests as CSV: UTF-8 (with or without BOM) or GB18030; comma, semicolon or tab.

The encoding is decided strictly. GB18030 accepts nearly any bytes, a Russian Windows-1251 file included, and would turn
names into rare ideographs; a text that consists mostly of those is refused.
"""

import csv
import io
import itertools
from collections.abc import Iterator

from wms.inbound.read_manifest_headers import SEARCHED_ROWS, column_of, no_header, read_header, weight_column
from wms.inbound.read_manifest_rows import ManifestRefused, RowError, RowReader

_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t"
_SAMPLE = 20_000
_MOST_COLUMNS = 200


def read_csv(data: bytes, reader: RowReader) -> None:
    """Read every row of `data` into `reader`; ManifestRefused when it is not a table we know."""
    text = decode(data)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter)
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
        columns = read_header(cells) if len(cells) <= _MOST_COLUMNS else None
        if columns is not None:
            reader.weight_column = weight_column(columns)
            return [column or "" for column in columns]
        if row_no >= SEARCHED_ROWS:
            break
    raise no_header()


def decode(data: bytes) -> str:
    """The text of a file, or ManifestRefused `wrong_encoding` with the offset of the first byte that fits nothing."""
    if data.startswith(_UTF16_MARKS):
        raise ManifestRefused("wrong_encoding", offset=0)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        offset = failure.start
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as failure:
        raise ManifestRefused("wrong_encoding", offset=failure.start) from None
    if not _reads_like_chinese(text):
        raise ManifestRefused("wrong_encoding", offset=offset)
    return text


def _reads_like_chinese(text: str) -> bool:
    """Whether at least half of what is not ASCII is common in Chinese files.

    Common: level 1 of GB 2312 (3755 ideographs ordered by sound), punctuation, full-width letters, Greek and Cyrillic.
    Other encodings read as GB18030 land in level 2, in extensions and in private use.
    """
    sample = list(itertools.islice((sign for sign in text if sign > "\x7f"), _SAMPLE))
    common = 0
    for sign in sample:
        code = sign.encode("gb18030")
        if len(code) == 2 and code[1] >= 0xA1 and (0xB0 <= code[0] <= 0xD7 or 0xA1 <= code[0] <= 0xA9):
            common += 1
    return 2 * common >= len(sample)


def _delimiter(text: str) -> str:
    """The sign that splits one of the first lines into most columns that we know."""
    lines = list(itertools.islice(io.StringIO(text), SEARCHED_ROWS))

    def known(delimiter: str) -> int:
        return max(sum(column_of(cell.strip(' "')) is not None for cell in line.split(delimiter)) for line in lines)

    if not lines:
        raise ManifestRefused("empty_file")
    return max(_DELIMITERS, key=known)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with the number under which a table program shows them."""
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    row_no = 0
    try:
        for cells in table:
            row_no += 1
            if any(cells) and any(cell.strip() for cell in cells):
                yield row_no, cells
    except csv.Error:
        # An unclosed quotation mark would swallow the rest of the file into one cell; better no row than wrong ones.
        raise ManifestRefused("malformed_csv", line=table.line_num) from None
