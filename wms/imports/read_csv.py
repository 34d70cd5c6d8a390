"""Tables as CSV: UTF-8 (with or without BOM) or GB18030; comma, semicolon or tab.

The encoding is decided strictly. GB18030 accepts nearly any bytes, a Russian Windows-1251 file included, and would turn
names into rare ideographs; a text that consists mostly of those is refused.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterator

from wms.imports.file_refused import SEARCHED_ROWS, FileRefused

MOST_COLUMNS = 200
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t"
_SAMPLE = 20_000


def decode(data: bytes) -> str:
    """The text of a file, or FileRefused `wrong_encoding` with the offset of the first byte that fits nothing."""
    if data.startswith(_UTF16_MARKS):
        raise FileRefused("wrong_encoding", offset=0)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        offset = failure.start
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as failure:
        raise FileRefused("wrong_encoding", offset=failure.start) from None
    if not _reads_like_chinese(text):
        raise FileRefused("wrong_encoding", offset=offset)
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


def find_delimiter(text: str, is_known: Callable[[str], bool]) -> str:
    """The sign that splits one of the first lines into most columns that are known."""
    lines = list(itertools.islice(io.StringIO(text), SEARCHED_ROWS))

    def known(delimiter: str) -> int:
        return max(sum(is_known(cell.strip(' "')) for cell in line.split(delimiter)) for line in lines)

    if not lines:
        raise FileRefused("empty_file")
    return max(_DELIMITERS, key=known)


def table_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
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
        raise FileRefused("malformed_csv", line=table.line_num) from None
