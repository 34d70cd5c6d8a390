"""What may be wrong with a file as a whole, and with one cell of it. Codes and parameters; screens translate them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_ROWS = 200_000
SEARCHED_ROWS = 10  # a title, a date and an empty line may stand above the header


class FileRefused(Exception):
    """The file as a whole cannot be read; nothing of it is used."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one cell of one row. `row_no` counts as the file's program does: a table's first data row is 2."""

    row_no: int
    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
