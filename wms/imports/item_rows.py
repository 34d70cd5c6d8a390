"""Rows of trade items. A row adds an article or changes the one with its owner and number; an empty cell leaves what is there.

`case_…` and `pallet_…` are the two usual packaging levels; other levels are kept as they are. `aliases` are separated by `|`
and added to those that are known.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.catalog.schemas import (
    Abc,
    BaseQuantity,
    BaseUnit,
    DangerousClass,
    Grams,
    Gtin,
    HsCode,
    Millimetres,
    RemainingDays,
    ShelfLife,
    Sku,
    Temperature,
    Tracking,
    UnNumber,
)
from wms.catalog.tables import item_alias, packaging, trade_item
from wms.imports.owner_codes import Owners
from wms.imports.row_kind import CellProblem, ImportScope, Outcome, parse_with
from wms.kit.db import Tx
from wms.kit.names import Line
from wms.parties.schemas import PartyCode

_LANGUAGES = ("zh", "en", "ru")
_LEVELS = ("case", "pallet")
_MOST_ALIASES, _LONGEST_ALIAS = 50, 120
_DEFAULTS = {"base_unit": "C62", "tracking": "none", "catch_weight": False, "temperature": "ambient", "active": True}


class ItemLine(BaseModel):
    sku: Sku
    owner: PartyCode | None = None
    gtin: Gtin | None = None
    name_zh: Line | None = None
    name_en: Line | None = None
    name_ru: Line | None = None
    base_unit: BaseUnit | None = None
    tracking: Tracking | None = None
    catch_weight: bool | None = None
    shelf_life_days: ShelfLife | None = None
    min_remaining_days: RemainingDays | None = None
    temperature: Temperature | None = None
    dangerous_class: DangerousClass | None = None
    un_number: UnNumber | None = None
    hs_code: HsCode | None = None
    weight_g: Grams | None = None
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = None
    abc: Abc | None = None
    active: bool | None = None
    case_quantity: BaseQuantity | None = None
    case_gtin: Gtin | None = None
    pallet_quantity: BaseQuantity | None = None
    pallet_gtin: Gtin | None = None
    aliases: Annotated[str, Field(max_length=2000)] | None = None


_NOT_FACTS = {"sku", "owner", "aliases", *(f"name_{one}" for one in _LANGUAGES)} | {
    f"{level}_{what}" for level in _LEVELS for what in ("quantity", "gtin")
}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What a row says, by table."""

    sku: str
    owner: str | None
    facts: dict[str, Any]
    names: dict[str, str]
    levels: dict[str, dict[str, Any]]
    aliases: frozenset[str]


@dataclass(slots=True)
class _Known:
    """The articles of a chunk as they are."""

    items: dict[tuple[UUID | None, str], dict[str, Any]]
    levels: dict[tuple[UUID, str], dict[str, Any]]
    aliases: set[tuple[UUID, str]]


@dataclass(slots=True)
class _Work:
    """What has to be written."""

    items: list[dict[str, Any]] = field(default_factory=list)
    changes: list[tuple[UUID, dict[str, Any]]] = field(default_factory=list)
    levels: list[dict[str, Any]] = field(default_factory=list)
    level_changes: list[tuple[UUID, str, dict[str, Any]]] = field(default_factory=list)
    aliases: list[dict[str, Any]] = field(default_factory=list)


class ItemRows:
    name = "items"
    right = "item.write"
    columns = tuple(ItemLine.model_fields)
    required = frozenset({"sku"})

    def parse(self, cells: Mapping[str, str]) -> ItemRow | list[CellProblem]:
        line = parse_with(ItemLine, cells)
        if isinstance(line, list):
            return line
        aliases = frozenset(part.strip() for part in (line.aliases or "").split("|") if part.strip())
        if len(aliases) > _MOST_ALIASES or any(len(one) > _LONGEST_ALIAS for one in aliases):
            return [CellProblem("aliases", "too_long", {"limit": _LONGEST_ALIAS})]
        given = line.model_dump(exclude_unset=True)
        levels: dict[str, dict[str, Any]] = {}
        for level in _LEVELS:
            quantity, gtin = given.get(f"{level}_quantity"), given.get(f"{level}_gtin")
            if gtin and not quantity:
                return [CellProblem(f"{level}_quantity", "missing_value")]
            if quantity:
                levels[level] = {"base_quantity": quantity} | ({"gtin": gtin} if gtin else {})
        return ItemRow(
            line.sku,
            line.owner,
            {name: value for name, value in given.items() if name not in _NOT_FACTS},
            {one: given[f"name_{one}"] for one in _LANGUAGES if f"name_{one}" in given},
            levels,
            aliases,
        )

    def key(self, row: ItemRow) -> Hashable:
        return (row.owner, row.sku)

    async def apply(self, tx: Tx, rows: Sequence[ItemRow], scope: ImportScope) -> list[Outcome]:
        owners = await Owners.find(tx, {row.owner for row in rows if row.owner}, scope)
        placed = [(row, owners.of(row.owner)) for row in rows]
        known = await _find(tx, {(owner, row.sku) for row, owner in placed if not isinstance(owner, CellProblem)})
        work = _Work()
        outcomes = [
            owner if isinstance(owner, CellProblem) else _plan(tx, row, owner, known, work) for row, owner in placed
        ]
        await _write(tx, work)
        return outcomes


async def _find(tx: Tx, names: set[tuple[UUID | None, str]]) -> _Known:
    item = trade_item.c
    owners = {owner for owner, _ in names}
    query = sa.select(trade_item).where(
        item.sku.in_(sorted({sku for _, sku in names})), sa.or_(item.owner_id.in_(owners), item.owner_id.is_(None))
    )
    rows = [dict(row) for row in (await tx.conn.execute(query)).mappings()]
    items = {(row["owner_id"], row["sku"]): row for row in rows}
    ids = [row["id"] for name, row in items.items() if name in names]
    levels = (await tx.conn.execute(sa.select(packaging).where(packaging.c.item_id.in_(ids)))).mappings()
    aliases = await tx.conn.execute(sa.select(item_alias).where(item_alias.c.item_id.in_(ids)))
    return _Known(
        items,
        {(row["item_id"], row["level"]): dict(row) for row in levels},
        {(row.item_id, row.code) for row in aliases},
    )


def _plan(tx: Tx, row: ItemRow, owner: UUID | None, known: _Known, work: _Work) -> Outcome:
    there = known.items.get((owner, row.sku))
    if there is None:
        if not row.names:
            return CellProblem("name_en", "missing_value")
        id = tx.new_id()
        columns = {column.name: None for column in trade_item.c} | _DEFAULTS
        own = {"id": id, "owner_id": owner, "sku": row.sku, "names": row.names, "created_at": tx.now}
        work.items.append(columns | row.facts | own)
    else:
        id = there["id"]
    before = len(work.changes) + len(work.levels) + len(work.level_changes) + len(work.aliases)
    if there is not None:
        changes = {name: value for name, value in row.facts.items() if there[name] != value}
        if any(there["names"].get(one) != text for one, text in row.names.items()):
            changes["names"] = there["names"] | row.names
        if changes:
            work.changes.append((id, changes))
    _plan_levels(id, row, known, work)
    work.aliases += [{"item_id": id, "code": code} for code in row.aliases if (id, code) not in known.aliases]
    after = len(work.changes) + len(work.levels) + len(work.level_changes) + len(work.aliases)
    return "accepted" if there is None or after > before else "repeated"


def _plan_levels(id: UUID, row: ItemRow, known: _Known, work: _Work) -> None:
    for level, values in row.levels.items():
        there = known.levels.get((id, level))
        if there is None:
            work.levels.append({"item_id": id, "level": level, "gtin": None} | values)
        elif changes := {name: value for name, value in values.items() if there[name] != value}:
            work.level_changes.append((id, level, changes))


async def _write(tx: Tx, work: _Work) -> None:
    for table, rows in ((trade_item, work.items), (packaging, work.levels), (item_alias, work.aliases)):
        if rows:
            await tx.conn.execute(table.insert(), rows)
    for id, changes in sorted(work.changes, key=lambda one: one[0]):
        await tx.conn.execute(trade_item.update().where(trade_item.c.id == id).values(changes))
    for id, level, changes in work.level_changes:
        mine = sa.and_(packaging.c.item_id == id, packaging.c.level == level)
        await tx.conn.execute(packaging.update().where(mine).values(changes))
