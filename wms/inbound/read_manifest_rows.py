"""The rows of a manifest: what a good one looks like, and everything that can be wrong with one.

Every reader (CSV, XLSX, CEB505) turns its file into cells of text under canonical column names; the rules are here, once.
A row with any error is not a row of the manifest. Errors are codes and parameters: screens translate them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from wms.imports.file_refused import MAX_FILE_BYTES, MAX_ROWS, FileRefused, RowError
from wms.standards import s10
from wms.standards.waybill import is_plausible, normalise

__all__ = ["MAX_FILE_BYTES", "MAX_ROWS", "Manifest", "ManifestRefused", "ManifestRow", "RowError", "RowReader"]

ManifestRefused = FileRefused  # a manifest is refused as any file of rows is
MAX_WEIGHT_G = 1_000_000  # one tonne; what is heavier travels as cargo, not as a parcel
MAX_PIECES = 9_999
MAX_GOODS = 200
MAX_CARRIER = 40
MAX_NAME = 100
# Beyond this many errors a row keeps its first one only: a file of another kind would fill the memory with complaints.
_ERRORS_IN_FULL = 20_000

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}")
_HS_CODE = re.compile(r"[0-9]{6}|[0-9]{8}|[0-9]{10}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,38}[0-9]")
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")
_FORMULA_START = ("=", "+", "-", "@")
# Control characters, line and paragraph separators, and the marks that turn the direction of text around.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_GRAMS_PER_KG = 1000


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """One announced parcel. `row_no` counts as the file's program does: a table's first data row is 2."""

    row_no: int
    waybill_no: str
    destination: str
    service: str
    weight_g: int
    pieces: int
    goods: str
    hs_code: str | None
    consignee_name: str | None
    consignee_phone: str | None
    carrier: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A file that could be read: its good rows, and the errors of the others."""

    rows: list[ManifestRow]
    errors: list[RowError]
    format: str


class RowReader:
    """Judges rows one after the other; it remembers the waybill numbers, because a second one is an error."""

    def __init__(self, default_destination: str | None, default_service: str | None) -> None:
        self.rows: list[ManifestRow] = []
        self.errors: list[RowError] = []
        self.weight_column = "weight_kg"  # the file's own: weight_g or weight_kg
        self._defaults = {"destination": default_destination, "service": default_service}
        self._seen: dict[str, int] = {}
        self._rows_read = 0
        self._row_no = 0
        self._row_has_error = False

    def read(self, row_no: int, cells: Mapping[str, str], found: Sequence[RowError] = ()) -> None:
        """Judge one row; `found` are errors its reader saw already (a formula, a field of the wrong type).

        A cell that `found` blames is not judged again.
        """
        self._rows_read += 1
        if self._rows_read > MAX_ROWS:
            raise ManifestRefused("too_many_rows", limit=MAX_ROWS)
        self._row_no, self._row_has_error = row_no, False
        for error in found:
            self._complain(error.column, error.code, **error.params)
        blamed = {error.column for error in found}
        row = ManifestRow(
            row_no,
            self._waybill(cells, blamed),
            self._code("destination", cells, blamed),
            self._code("service", cells, blamed),
            self._weight_g(cells, blamed),
            self._pieces(cells, blamed),
            self._text("goods", cells, blamed, MAX_GOODS),
            self._pattern("hs_code", cells, blamed, _HS_CODE, "bad_hs_code") or None,
            self._text("consignee_name", cells, blamed, MAX_NAME) or None,
            self._pattern("consignee_phone", cells, blamed, _PHONE, "bad_phone") or None,
            self._text("carrier", cells, blamed, MAX_CARRIER) or None,
        )
        if not self._row_has_error:
            self.rows.append(row)

    def _complain(self, column: str, code: str, **params: Any) -> None:
        if not self._row_has_error or len(self.errors) < _ERRORS_IN_FULL:
            self.errors.append(RowError(self._row_no, column, code, params))
        self._row_has_error = True

    def _waybill(self, cells: Mapping[str, str], blamed: set[str]) -> str:
        text = normalise(cells.get("waybill_no", ""))
        if "waybill_no" in blamed:
            return text
        if not text:
            self._complain("waybill_no", "missing_waybill_no")
        elif not is_plausible(text):
            self._complain("waybill_no", "bad_waybill_no")
        else:
            self._judge_waybill(text)
        return text

    def _judge_waybill(self, text: str) -> None:
        first = self._seen.setdefault(text, self._row_no)
        if first != self._row_no:
            self._complain("waybill_no", "duplicate_waybill", first_row=first)
        item = s10.parse(text)
        if isinstance(item, s10.S10):
            if item.service_indicator[0] in s10.NOT_ASSIGNABLE:
                self._complain("waybill_no", "reserved_prefix", prefix=item.service_indicator)
        elif item.code == "bad_check_digit":
            self._complain("waybill_no", "bad_check_digit", expected=item.expected)

    def _code(self, column: str, cells: Mapping[str, str], blamed: set[str]) -> str:
        """A short code in capitals, or the default that came with the file."""
        if column in blamed:
            return ""
        text = cells.get(column, "").strip().upper() or (self._defaults[column] or "")
        if not text:
            self._complain(column, f"missing_{column}")
        elif not _CODE.fullmatch(text):
            self._complain(column, f"bad_{column}")
        return text

    def _weight_g(self, cells: Mapping[str, str], blamed: set[str]) -> int:
        """Whole grams, exactly: a fraction of a gram is an error, not a rounding."""
        column = self.weight_column
        factor = 1 if column == "weight_g" else _GRAMS_PER_KG
        if column in blamed:
            return 0
        text = cells.get(column, "").strip()
        if factor == 1 and text.isascii() and text.isdigit() and len(text) < 8:
            grams = int(text)
        elif not text:
            self._complain(column, "missing_weight")
            return 0
        else:
            exact = _decimal(text)
            if exact is None:
                self._complain(column, "bad_number")
                return 0
            exact *= factor
            if exact != exact.to_integral_value():
                self._complain(column, "finer_than_a_gram")
                return 0
            grams = int(exact)
        if not 1 <= grams <= MAX_WEIGHT_G:
            self._complain(column, "weight_out_of_range", limit_g=MAX_WEIGHT_G)
        return grams

    def _pieces(self, cells: Mapping[str, str], blamed: set[str]) -> int:
        """One when nothing is said, as on most parcels."""
        text = cells.get("pieces", "").strip()
        if not text or "pieces" in blamed:
            return 1
        exact = _decimal(text)
        if exact is None or exact != exact.to_integral_value():
            self._complain("pieces", "bad_number")
            return 1
        if not 1 <= exact <= MAX_PIECES:
            self._complain("pieces", "pieces_out_of_range", limit=MAX_PIECES)
        return int(exact)

    def _text(self, column: str, cells: Mapping[str, str], blamed: set[str], longest: int) -> str:
        """Free text that is harmless in a table program, in a log and on a screen."""
        text = cells.get(column, "").strip(" \u3000\u00a0")
        if not text or column in blamed:
            return text
        if len(text) > longest:
            self._complain(column, "too_long", limit=longest)
        if _UNPRINTABLE.search(text):
            self._complain(column, "control_character")
        elif text.startswith(_FORMULA_START):
            self._complain(column, "formula_like")
        return text

    def _pattern(
        self, column: str, cells: Mapping[str, str], blamed: set[str], pattern: re.Pattern[str], code: str
    ) -> str:
        text = cells.get(column, "").strip()
        if text and column not in blamed and not pattern.fullmatch(text):
            self._complain(column, code)
        return text


def _decimal(text: str) -> Decimal | None:
    """A plain non-negative decimal with a point; no exponent, no blanks, no thousands separator."""
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
