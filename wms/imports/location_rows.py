"""Rows of locations. A row adds a location or changes the one of its site and name; an empty cell leaves what is there.

`customs_statuses` and `dangerous_classes` are separated by `|`.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, Field, ValidationError

from wms.imports.row_kind import CellProblem, ImportScope, Outcome, parse_with
from wms.kit.db import Tx
from wms.kit.names import Code
from wms.sites.tables import site
from wms.stock.location_schemas import Kind, LocationChange
from wms.stock.tables import location, place

_BIG = 10**15
_LISTS = ("customs_statuses", "dangerous_classes")
_Part = Annotated[Code, Field(max_length=10)]
_Size = Annotated[int, Field(ge=0, le=_BIG)]
_Count = Annotated[int, Field(ge=0, le=1_000_000)]
_Metre = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]


class LocationLine(BaseModel):
    name: Annotated[Code, Field(max_length=60)]
    site: Annotated[Code, Field(max_length=8)] | None = None
    kind: Kind | None = None
    zone: Annotated[Code, Field(max_length=20)] | None = None
    aisle: _Part | None = None
    bay: _Part | None = None
    level: _Part | None = None
    position: _Part | None = None
    path_order: Annotated[int, Field(ge=0, le=2_000_000_000)] | None = None
    x_mm: _Metre | None = None
    y_mm: _Metre | None = None
    abc: Literal["A", "B", "C"] | None = None
    enabled: bool | None = None
    temperature: Literal["ambient", "chilled", "frozen"] | None = None
    max_weight_g: _Size | None = None
    max_volume_mm3: _Size | None = None
    max_units: _Count | None = None
    max_height_mm: _Count | None = None
    mixing: Literal["one_item", "one_lot", "one_owner"] | None = None
    customs_statuses: Annotated[str, Field(max_length=120)] | None = None
    dangerous_classes: Annotated[str, Field(max_length=120)] | None = None


@dataclass(frozen=True, slots=True)
class LocationRow:
    site: str | None
    name: str
    facts: dict[str, Any]


class LocationRows:
    name = "locations"
    right = "location.write"
    columns = tuple(LocationLine.model_fields)
    required = frozenset({"name"})

    def parse(self, cells: Mapping[str, str]) -> LocationRow | list[CellProblem]:
        line = parse_with(LocationLine, cells)
        if isinstance(line, list):
            return line
        facts = line.model_dump(exclude_unset=True, exclude={"name", "site"})
        for name in _LISTS:
            if name in facts:
                facts[name] = [part.strip() for part in facts[name].split("|") if part.strip()]
                try:
                    LocationChange.model_validate({name: facts[name]})
                except ValidationError:
                    return [CellProblem(name, "bad_value")]
        return LocationRow(line.site, line.name, facts)

    def key(self, row: LocationRow) -> Hashable:
        return (row.site, row.name)

    async def apply(self, tx: Tx, rows: Sequence[LocationRow], scope: ImportScope) -> list[Outcome]:
        codes = {row.site or scope.site for row in rows}
        sites = set(await tx.conn.scalars(sa.select(site.c.code).where(site.c.code.in_(codes - {None}))))
        sites = {code for code in sites if tx.actor.may(self.right, code)}
        mine = sa.and_(location.c.site.in_(sites), location.c.name.in_([row.name for row in rows]))
        found = (await tx.conn.execute(sa.select(location).where(mine))).mappings()
        known = {(row["site"], row["name"]): row for row in found}
        outcomes: list[Outcome] = []
        added: list[dict[str, Any]] = []
        for row in rows:
            at = row.site or scope.site
            there = known.get((at or "", row.name))
            if at not in sites:
                outcomes.append(
                    CellProblem("site", "unknown_site" if at else "missing_value", {"site": at} if at else {})
                )
            elif there is None:
                added.append(_new(tx, at, row))
                outcomes.append("accepted")
            else:
                outcomes.append(await _change(tx, row, there))
        if added:
            await tx.conn.execute(place.insert(), [{"id": one["id"], "kind": "location"} for one in added])
            await tx.conn.execute(location.insert(), added)
        return outcomes


def _new(tx: Tx, at: str | None, row: LocationRow) -> dict[str, Any]:
    columns = dict.fromkeys(LocationLine.model_fields)
    own = {"id": tx.new_id(), "site": at, "name": row.name, "virtual": False}
    return columns | {"kind": "storage", "enabled": True} | row.facts | own


async def _change(tx: Tx, row: LocationRow, there: sa.RowMapping) -> Outcome:
    if there["virtual"] or there["kind"] in ("line", "chute", "lost"):
        return CellProblem("name", "code_exists", {"code": row.name})
    changes = {name: value for name, value in row.facts.items() if there[name] != value}
    if not changes:
        return "repeated"
    await tx.conn.execute(location.update().where(location.c.id == there["id"]).values(changes))
    return "accepted"
