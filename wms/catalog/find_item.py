"""Which article a scanned code means, how much of it, and of which lot.

A code that several articles answer to is never guessed at: the refusal lists them, and the person chooses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.rules import BASE_LEVEL, CodeReading, Level, read_code, to_base
from wms.catalog.tables import item_alias, packaging, trade_item
from wms.kit.refusal import Refusal

_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class FoundItem:
    """`base_quantity` is what one scan stands for: one case of 12 is 12, a GS1 count of 5 such cases 60."""

    item_id: UUID
    owner_id: UUID | None
    sku: str
    names: dict[str, str]
    base_unit: str
    tracking: str
    catch_weight: bool
    active: bool
    level: str
    base_quantity: Decimal
    count: int | None = None
    lot_no: str | None = None
    serial_no: str | None = None
    produced_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None
    weight_g: int | None = None
    sscc: str | None = None
    elements: dict[str, str] = field(default_factory=dict)


async def find_item(
    conn: AsyncConnection, owner: UUID | None, code: str, *, owners: frozenset[UUID] | None = None
) -> FoundItem:
    """The one article behind an article number, GTIN of any level, alias, element string or Digital Link.

    `owner` narrows to his articles and those that several owners keep; `owners` is what the reader may see at all.
    Refuses `unknown_code`, and `ambiguous_code` with the candidates as `items`.
    """
    found = await find_candidates(conn, owner, code, owners=owners)
    if not found:
        raise Refusal("unknown_code", code=code[:120])
    if len(found) > 1:
        candidates = [f"{one.sku} ({one.level})" for one in found]
        raise Refusal("ambiguous_code", code=code[:120], candidates=candidates, items=[_told(one) for one in found])
    return found[0]


async def find_candidates(
    conn: AsyncConnection, owner: UUID | None, code: str, *, owners: frozenset[UUID] | None = None
) -> list[FoundItem]:
    """Every article a code may mean, once for each level. Articles out of use answer only when no other does."""
    if len(code) > _LONGEST or "\x00" in code:
        return []
    year = await conn.scalar(sa.select(sa.cast(sa.extract("year", sa.func.now()), sa.Integer))) or 0
    readings = read_code(code, year)
    if not readings:
        return []
    rows = (await conn.execute(_matches(readings, owner, owners))).all()
    found: dict[tuple[UUID, str], FoundItem] = {}
    for reading in readings:
        for row in rows:
            if _answers(row, reading):
                found.setdefault((row.id, row.level), _found(row, reading))
    in_use = [one for one in found.values() if one.active]
    return in_use or list(found.values())


def _matches(
    readings: Sequence[CodeReading], owner: UUID | None, owners: frozenset[UUID] | None
) -> sa.Select[*tuple[Any, ...]]:
    """Articles and levels with the number or GTIN of any reading, in one statement. `asked` is the code that led there."""
    texts = sorted({one.text for one in readings if one.text is not None})
    gtins = sorted({one.gtin for one in readings if one.gtin is not None})
    item = trade_item.c
    base, one = sa.literal(BASE_LEVEL), sa.cast(1, sa.Numeric(18, 6))
    hits = sa.union(
        sa.select(item.id, base.label("level"), one.label("per"), item.sku.label("asked")).where(item.sku.in_(texts)),
        sa.select(item.id, base, one, item.gtin).where(item.gtin.in_(gtins)),
        sa.select(packaging.c.item_id, packaging.c.level, packaging.c.base_quantity, packaging.c.gtin).where(
            packaging.c.gtin.in_(gtins)
        ),
        sa.select(item_alias.c.item_id, base, one, item_alias.c.code).where(item_alias.c.code.in_(texts)),
    ).subquery()
    query = (
        sa.select(trade_item, hits.c.level, hits.c.per, hits.c.asked)
        .join(hits, hits.c.id == item.id)
        .order_by(item.sku, item.id, hits.c.per)
    )
    if owner is not None:
        query = query.where(sa.or_(item.owner_id == owner, item.owner_id.is_(None)))
    if owners is not None:
        query = query.where(sa.or_(item.owner_id.in_(owners), item.owner_id.is_(None)))
    return query


def _answers(row: sa.Row[*tuple[Any, ...]], reading: CodeReading) -> bool:
    return row.asked in (reading.gtin, reading.text)


def _found(row: sa.Row[*tuple[Any, ...]], reading: CodeReading) -> FoundItem:
    return FoundItem(
        item_id=row.id,
        owner_id=row.owner_id,
        sku=row.sku,
        names=row.names,
        base_unit=row.base_unit,
        tracking=row.tracking,
        catch_weight=row.catch_weight,
        active=row.active,
        level=row.level,
        base_quantity=to_base(Decimal(reading.count or 1), Level(row.level, row.per)),
        count=reading.count,
        lot_no=reading.lot_no,
        serial_no=reading.serial_no,
        produced_on=reading.produced_on,
        best_before_on=reading.best_before_on,
        expires_on=reading.expires_on,
        weight_g=reading.weight_g,
        sscc=reading.sscc,
        elements=reading.elements,
    )


def _told(one: FoundItem) -> dict[str, Any]:
    return {
        "item_id": str(one.item_id),
        "owner_id": str(one.owner_id) if one.owner_id else None,
        "sku": one.sku,
        "names": one.names,
        "level": one.level,
    }
