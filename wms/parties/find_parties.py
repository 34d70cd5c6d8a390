"""Finding parties, as far as the reader may know them.

A tenant sees himself. Another owner is not there for him; a supplier, customer, carrier or bank is a code without a name.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal
from wms.parties.schemas import PartyRow
from wms.parties.tables import party


async def find_parties(
    conn: AsyncConnection, who: Actor, *, role: str | None, after: str | None, limit: int
) -> Page[PartyRow]:
    query = sa.select(party).where(_seen_by(who)).order_by(party.c.code).limit(limit + 1)
    if role is not None:
        query = query.where(party.c.roles.contains([role]))
    if after is not None:
        query = query.where(party.c.code > after)
    found = [_shown(who, row) for row in (await conn.execute(query)).mappings()]
    return page_of(found, limit, lambda row: row.code)


async def find_party(conn: AsyncConnection, who: Actor, id: UUID) -> PartyRow:
    """Refuses `not_found`."""
    row = (await conn.execute(sa.select(party).where(party.c.id == id, _seen_by(who)))).mappings().one_or_none()
    if row is None:
        raise Refusal("not_found")
    return _shown(who, row)


async def find_party_ids(conn: AsyncConnection, codes: Iterable[str]) -> dict[str, UUID]:
    """The ids of parties by code, for those that exist."""
    rows = await conn.execute(sa.select(party.c.code, party.c.id).where(party.c.code.in_(sorted(set(codes)))))
    return {row.code: row.id for row in rows}


def _seen_by(who: Actor) -> sa.ColumnElement[bool]:
    if who.owners is None:
        return sa.true()
    return sa.or_(party.c.id.in_(who.owners), sa.not_(party.c.roles.contains(["owner"])))


def _shown(who: Actor, row: sa.RowMapping) -> PartyRow:
    known: dict[str, Any] = dict(row)
    if not who.owns(row["id"]):
        known |= {"names": {}, "gln": None}
    return PartyRow.model_validate(known)
