"""Rows of parties. `roles` are separated by `|`; an empty cell leaves what is there."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.imports.row_kind import CellProblem, ImportScope, Outcome, parse_with
from wms.kit.db import Tx
from wms.kit.names import Line
from wms.kit.refusal import Refusal
from wms.parties.schemas import Gln, PartyCode, Role
from wms.parties.tables import party

_LANGUAGES = ("zh", "en", "ru")


class PartyLine(BaseModel):
    code: PartyCode
    roles: Annotated[str, Field(max_length=60)] | None = None
    name_zh: Line | None = None
    name_en: Line | None = None
    name_ru: Line | None = None
    gln: Gln | None = None


@dataclass(frozen=True, slots=True)
class PartyRow:
    code: str
    roles: tuple[str, ...]
    names: dict[str, str]
    gln: str | None


class PartyRows:
    name = "parties"
    right = "party.write"
    columns = tuple(PartyLine.model_fields)
    required = frozenset({"code"})

    def parse(self, cells: Mapping[str, str]) -> PartyRow | list[CellProblem]:
        line = parse_with(PartyLine, cells)
        if isinstance(line, list):
            return line
        roles = tuple(sorted({part.strip() for part in (line.roles or "").split("|") if part.strip()}))
        if not set(roles).issubset(get_args(Role)):
            return [CellProblem("roles", "not_one_of", {"expected": ", ".join(get_args(Role))})]
        names = {one: getattr(line, f"name_{one}") for one in _LANGUAGES if getattr(line, f"name_{one}")}
        return PartyRow(line.code, roles, names, line.gln)

    def key(self, row: PartyRow) -> Hashable:
        return row.code

    async def apply(self, tx: Tx, rows: Sequence[PartyRow], scope: ImportScope) -> list[Outcome]:
        if tx.actor.owners is not None:
            raise Refusal("not_allowed", right=self.right)
        query = sa.select(party).where(party.c.code.in_([row.code for row in rows]))
        known = {row.code: row for row in await tx.conn.execute(query)}
        outcomes: list[Outcome] = []
        added: list[dict[str, Any]] = []
        for row in rows:
            there = known.get(row.code)
            if there is not None:
                outcomes.append(await _change(tx, row, there))
            elif not row.names or not row.roles:
                outcomes.append(CellProblem("roles" if row.names else "name_en", "missing_value"))
            else:
                values = {"code": row.code, "roles": list(row.roles), "names": row.names, "gln": row.gln}
                added.append({"id": tx.new_id(), "created_at": tx.now} | values)
                outcomes.append("accepted")
        if added:
            await tx.conn.execute(party.insert(), added)
        return outcomes


async def _change(tx: Tx, row: PartyRow, there: sa.Row[*tuple[Any, ...]]) -> Outcome:
    wanted = {
        "names": there.names | row.names,
        # Who owns goods stays an owner: the rights of his people hang on it.
        "roles": sorted({*row.roles, *({"owner"} & set(there.roles))}) if row.roles else there.roles,
        "gln": row.gln or there.gln,
    }
    changes = {name: value for name, value in wanted.items() if getattr(there, name) != value}
    if not changes:
        return "repeated"
    await tx.conn.execute(party.update().where(party.c.id == there.id).values(changes))
    return "accepted"
