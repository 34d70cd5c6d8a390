"""A unit by a code that is on it, or was: an old label answers with the unit, and says what its label is now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.inside.tables import unit_code
from wms.kit.actor import Actor
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.look_up_code import units_of_owners
from wms.stock.tables import location, unit


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """`old_code` and `until` when it was found by a label that was taken off."""

    id: UUID
    kind: str
    place_id: UUID
    location_id: UUID
    site: str
    location: str
    sscc: str | None
    label: str | None
    weight_g: int | None
    old_code: str | None = None
    until: datetime | None = None

    @property
    def code(self) -> str:
        return self.sscc or self.label or ""


def plain_code(code: str) -> str:
    """An SSCC without its application identifier 00, as scanners send it; any other code as it is."""
    return code[2:] if len(code) == 20 and code.isdigit() and code.startswith("00") else code


async def look_for_unit(conn: AsyncConnection, who: Actor, code: str, site: str | None = None) -> FoundUnit:
    """Refuses `not_found`, also for a tenant of whom not everything in it is, and `ambiguous_code`."""
    code = plain_code(code)
    rows = (await conn.execute(_query(who, site).where(sa.or_(unit.c.sscc == code, unit.c.label == code)))).all()
    found = [FoundUnit(**row._mapping) for row in rows]
    if not found:
        past = _query(who, site, unit_code.c.code.label("old_code"), unit_code.c.valid_to.label("until"))
        past = past.join(unit_code, unit_code.c.unit_id == unit.c.id).where(unit_code.c.code == code)
        rows = (await conn.execute(past.order_by(unit_code.c.valid_to.desc()).limit(1))).all()
        found = [FoundUnit(**row._mapping) for row in rows]
    if found and who.owners is not None:
        own = await units_of_owners(conn, [one.id for one in found], who.owners)
        found = [one for one in found if one.id in own]
    if not found:
        raise Refusal("not_found")
    if len(found) > 1:
        raise Refusal("ambiguous_code", code=code, candidates=sorted({one.site for one in found}), field="site")
    return found[0]


async def need_unit(tx: Tx, site: str, code: str, *, field: str = "unit") -> FoundUnit:
    """The unit at this site that work is done with. Refuses `unknown_place` and, for an old label, `unit_relabelled`."""
    if tx.actor.owners is not None:
        raise Refusal("not_found")
    try:
        found = await look_for_unit(tx.conn, tx.actor, code, site)
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise Refusal("unknown_place", place=code, site=site, field=field) from None
        raise
    if found.old_code is not None:
        raise Refusal("unit_relabelled", unit=code, now=found.code, field=field)
    return found


async def need_place(tx: Tx, site: str, code: str, *, field: str) -> UUID:
    """A location in use, by its name, or a unit. Refuses `unknown_place`, `location_disabled` and as `need_unit` does."""
    query = sa.select(location.c.id, location.c.enabled).where(location.c.site == site, location.c.name == code)
    row = (await tx.conn.execute(query.where(~location.c.virtual))).one_or_none()
    if row is None:
        return (await need_unit(tx, site, code, field=field)).id
    if not row.enabled:
        raise Refusal("location_disabled", location=code, field=field)
    id: UUID = row.id
    return id


def _query(who: Actor, site: str | None, *more: sa.ColumnElement[Any]) -> sa.Select[*tuple[Any, ...]]:
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            *(unit.c.id, unit.c.kind, unit.c.place_id, unit.c.location_id, unit.c.sscc, unit.c.label),
            *(unit.c.weight_g, location.c.site, location.c.name.label("location"), *more),
        )
        .join(location, location.c.id == unit.c.location_id)
        .where(~location.c.virtual, unit.c.kind != "parcel")
        .order_by(unit.c.id)
    )
    if site is not None:
        query = query.where(location.c.site == site)
    if who.sites is not None:
        query = query.where(location.c.site.in_(who.sites))
    return query.limit(50) if not more else query
