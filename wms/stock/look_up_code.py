"""What a code is: an article, a handling unit or a location. For the handheld's one scan field.

Everything that the code may mean is told; the person chooses. Parcels and bags of the sorting line are found elsewhere.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.find_item import FoundItem, find_candidates
from wms.kit.actor import Actor
from wms.kit.refusal import Refusal
from wms.standards.digital_link import read_bracketed
from wms.standards.gs1 import ElementString, check_key, read_elements, split_aim
from wms.stock.find_locations import seen_locations
from wms.stock.tables import location, stock, unit
from wms.stock.wire import PositiveQuantity


class ItemMeaning(BaseModel):
    """`base_quantity` is what one scan stands for: one case of 12 is 12."""

    kind: Literal["item"] = "item"
    id: UUID
    owner_id: UUID | None
    sku: str
    names: dict[str, str]
    base_unit: str
    tracking: str
    catch_weight: bool
    active: bool
    level: str
    base_quantity: PositiveQuantity
    count: int | None
    lot_no: str | None
    serial_no: str | None
    produced_on: date | None
    best_before_on: date | None
    expires_on: date | None
    weight_g: int | None


class UnitMeaning(BaseModel):
    kind: Literal["unit"] = "unit"
    id: UUID
    unit_kind: str
    sscc: str | None
    label: str | None
    site: str | None
    location: str | None


class LocationMeaning(BaseModel):
    kind: Literal["location"] = "location"
    id: UUID
    site: str
    name: str
    location_kind: str
    enabled: bool


Meaning = Annotated[ItemMeaning | UnitMeaning | LocationMeaning, Field(discriminator="kind")]


class CodeMeanings(BaseModel):
    """More than one: ask the person."""

    code: str
    meanings: list[Meaning]


async def look_up_code(
    conn: AsyncConnection, who: Actor, code: str, *, site: str | None = None, owner: UUID | None = None
) -> CodeMeanings:
    """Everything a code may mean to this reader. Refuses `unknown_code`."""
    code = code.strip(" \t\r\n")
    if "\x00" in code:
        raise Refusal("unknown_code", code=code.replace("\x00", "")[:120])
    meanings: list[Meaning] = []
    if who.may("location.read"):
        meanings += await _locations(conn, who, code, site)
        meanings += await _units(conn, who, code, site)
    if who.may("item.read"):
        meanings += [_item(one) for one in await find_candidates(conn, owner, code, owners=who.owners)]
    if not meanings:
        raise Refusal("unknown_code", code=code[:120])
    return CodeMeanings(code=code, meanings=meanings)


async def _locations(conn: AsyncConnection, who: Actor, code: str, site: str | None) -> list[LocationMeaning]:
    query = sa.select(location).where(seen_locations(who), location.c.name == split_aim(code)[1])
    if site is not None:
        query = query.where(location.c.site == site)
    rows = await conn.execute(query.order_by(location.c.site).limit(50))
    return [
        LocationMeaning(id=row.id, site=row.site, name=row.name, location_kind=row.kind, enabled=row.enabled)
        for row in rows
    ]


async def _units(conn: AsyncConnection, who: Actor, code: str, site: str | None) -> list[UnitMeaning]:
    body = split_aim(code)[1]
    query = (
        sa.select(unit, location.c.site, location.c.name.label("location_name"))
        .outerjoin(location, location.c.id == unit.c.location_id)
        .where(sa.or_(unit.c.label == body, unit.c.sscc == _sscc(code, body)))
        .order_by(unit.c.id)
        .limit(50)
    )
    if who.sites is not None:
        query = query.where(location.c.site.in_(who.sites))
    if site is not None:
        query = query.where(location.c.site == site)
    rows = (await conn.execute(query)).all()
    if who.owners is not None:
        own = await units_of_owners(conn, [row.id for row in rows], who.owners)
        rows = [row for row in rows if row.id in own]
    return [
        UnitMeaning(
            id=row.id, unit_kind=row.kind, sscc=row.sscc, label=row.label, site=row.site, location=row.location_name
        )
        for row in rows
    ]


async def units_of_owners(conn: AsyncConnection, ids: Sequence[UUID], owners: frozenset[UUID]) -> set[UUID]:
    """Those of the units in which everything, however deep, is these owners', and there is something."""
    root = sa.select(unit.c.id, unit.c.id.label("root")).where(unit.c.id.in_(ids)).cte("inside", recursive=True)
    inside = root.union_all(sa.select(unit.c.id, root.c.root).join(root, unit.c.place_id == root.c.id))
    query = (
        sa.select(inside.c.root)
        .join(stock, sa.and_(stock.c.place_id == inside.c.id, stock.c.quantity > 0))
        .group_by(inside.c.root)
        .having(sa.func.bool_and(stock.c.owner_id.in_(owners)))
    )
    return set(await conn.scalars(query))


def _sscc(code: str, body: str) -> str | None:
    """The SSCC in a code: 18 plain digits, or AI 00 among others, also as printed: (00)…"""
    if check_key(body, "sscc") is None:
        return body
    found = read_bracketed(body) if body.startswith("(") else read_elements(code)
    return found.get("00") if isinstance(found, ElementString) else None


def _item(one: FoundItem) -> ItemMeaning:
    return ItemMeaning(
        id=one.item_id,
        **{name: getattr(one, name) for name in ItemMeaning.model_fields if name not in ("kind", "id")},
    )
