"""Reading facts: those a person may see, in the order of the feed, with the entries of a posting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.facts import fact
from wms.stock.read_entries import read_entries
from wms.webhooks.tables import feed

_ENTRIES_TOLD = 100


class Fact(BaseModel):
    """`seq` orders all facts; `subject` is what it is about."""

    seq: int
    id: int
    type: str
    subject: str
    site: str | None
    owner_id: UUID | None
    timestamp: datetime
    data: dict[str, Any]


def visible(sites: Sequence[str] | None, owners: Sequence[UUID] | None, kinds: Sequence[str]) -> list[Any]:
    """Conditions on `fact`. Who is bound to sites or owners sees no fact of no site or owner."""
    conditions: list[Any] = []
    if sites is not None:
        conditions.append(fact.c.site.in_(sites))
    if owners is not None:
        conditions.append(fact.c.owner_id.in_(owners))
    if kinds:
        conditions.append(sa.or_(*(fact.c.kind.startswith(kind, autoescape=True) for kind in kinds)))
    return conditions


async def read_facts(conn: AsyncConnection, conditions: Sequence[Any], *, after: int, limit: int) -> list[Fact]:
    """Facts behind `after` in the feed."""
    query = (
        sa.select(feed.c.seq, fact)
        .join(fact, fact.c.id == feed.c.fact_id)
        .where(feed.c.seq > after, *conditions)
        .order_by(feed.c.seq)
        .limit(limit)
    )
    return [fact_of(row) for row in await conn.execute(query)]


def fact_of(row: Any) -> Fact:
    return Fact(
        seq=row.seq,
        id=row.id,
        type=row.kind,
        subject=row.subject,
        site=row.site,
        owner_id=row.owner_id,
        timestamp=row.recorded_at,
        data=row.data,
    )


async def with_entries(conn: AsyncConnection, told: Fact) -> Fact:
    """A posting told with the first hundred of its entries of this owner; the rest are at /postings/{id}."""
    if told.type != "stock.posted":
        return told
    entries = await read_entries(conn, posting_id=UUID(told.subject), limit=_ENTRIES_TOLD, owner_id=told.owner_id)
    return told.model_copy(update={"data": told.data | {"lines": [one.model_dump(mode="json") for one in entries]}})
