"""Kinds of rows that a file may hold. A slice makes its own kind; who starts the processes registers it.

`parse` is pure: cells of text in, a row or what is wrong with its cells out. `apply` writes many rows in one transaction, set
by set, and says of each what became of it; it may refuse, and then the rows are tried in halves until the bad one is alone.
Applying a row that is in force already changes nothing and says `repeated`: so an import can be run again.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from wms.kit.db import Tx


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with one cell. `code` is a word of the group `row`, or of `refusal`."""

    column: str
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportScope:
    """What the upload says for all rows that do not say it themselves."""

    site: str | None = None
    owner_id: UUID | None = None


Outcome = Literal["accepted", "repeated"] | CellProblem
Row = TypeVar("Row")


class RowKind(Protocol[Row]):
    """`right` is needed beside `import.run`. `columns` in the order of a template; `required` ones must be in the header."""

    @property
    def name(self) -> str: ...
    @property
    def right(self) -> str: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def required(self) -> frozenset[str]: ...

    def parse(self, cells: Mapping[str, str]) -> Row | list[CellProblem]: ...

    def key(self, row: Row) -> Hashable:
        """By what a second row of the same thing is known within one file."""

    async def apply(self, tx: Tx, rows: Sequence[Row], scope: ImportScope) -> list[Outcome]: ...


RowKinds = Mapping[str, RowKind[Any]]
Model = TypeVar("Model", bound=BaseModel)

# pydantic's names of errors, by what a person has to mend
_CODES = {
    "missing": "missing_value",
    "literal_error": "not_one_of",
    "enum": "not_one_of",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "bool_parsing": "not_one_of",
}
_NUMBER_WORDS = ("decimal", "int", "float", "greater", "less", "finite")


def parse_with(model: type[Model], cells: Mapping[str, str]) -> Model | list[CellProblem]:
    """Judge cells by a model whose fields are the columns; an empty cell says nothing."""
    given = {name: text for name, text in cells.items() if text and name in model.model_fields}
    try:
        return model.model_validate(given)
    except ValidationError as error:
        problems: dict[str, CellProblem] = {}
        for one in error.errors(include_url=False):
            column = str(one["loc"][0]) if one["loc"] else ""
            problems.setdefault(column, _problem(column, one["type"], dict(one.get("ctx") or {})))
        return list(problems.values())


def _problem(column: str, kind: str, context: dict[str, Any]) -> CellProblem:
    if kind in _CODES:
        if _CODES[kind] == "too_long":
            return CellProblem(column, "too_long", {"limit": context.get("max_length", 0)})
        if _CODES[kind] == "not_one_of":
            return CellProblem(column, "not_one_of", {"expected": str(context.get("expected", "true, false"))[:200]})
        return CellProblem(column, "missing_value")
    if kind.startswith("date"):
        return CellProblem(column, "bad_date")
    if kind.startswith(_NUMBER_WORDS):
        return CellProblem(column, "bad_amount")
    return CellProblem(column, "bad_value")
