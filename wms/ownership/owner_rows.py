"""The stock rows of an owner that a report is about: those of a page of articles, at a site or everywhere.

A row is of the site where it lies now. What a pallet brought along from another site counts, with its whole history, for the
site where the pallet stands; so opening, movements and closing of a site always add up.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import read_id
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.stock.tables import location, stock, stock_entry, unit

_holder = unit.alias("holder")


async def need_owner_and_site(conn: AsyncConnection, who: Actor, owner_id: UUID, site: str | None) -> None:
    """Refuses `not_found` for another tenant or none, and `site_missing` where the reader is not of every site."""
    who.need_owner(owner_id)
    if site is None and who.sites is not None:
        raise Refusal("site_missing", field="site")
    if await conn.scalar(sa.select(party.c.id).where(party.c.id == owner_id)) is None:
        raise Refusal("not_found")


@dataclass(frozen=True, slots=True)
class Flow:
    """Columns: `came` and `left` are quantities; `other_id` is the owner at the other end: NULL outside, the same owner where
    goods came from or went to another site."""

    item_id: sa.ColumnElement[UUID]
    lot_id: sa.ColumnElement[UUID | None]
    came: sa.ColumnElement[Decimal]
    left: sa.ColumnElement[Decimal]
    other_id: sa.ColumnElement[UUID | None]
    happened_at: sa.ColumnElement[datetime]
    recorded_at: sa.ColumnElement[datetime]
    reverses_id: sa.ColumnElement[int | None]


def rows_of(owner_id: UUID, site: str | None) -> sa.Select[Any]:
    """Ids and articles of every row the owner ever had there, also the empty ones."""
    query = (
        sa.select(stock.c.id, stock.c.item_id, stock.c.lot_id, stock.c.quantity)
        .outerjoin(_holder, _holder.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(_holder.c.location_id, stock.c.place_id))
        .where(stock.c.owner_id == owner_id)
    )
    return query if site is None else query.where(location.c.site == site)


async def page_of_items(
    conn: AsyncConnection, owner_id: UUID, site: str | None, after: str | None, limit: int
) -> dict[UUID, str]:
    """Up to `limit + 1` articles the owner has or had there, with their numbers, by id."""
    rows = rows_of(owner_id, site).subquery()
    query = (
        sa.select(trade_item.c.id, trade_item.c.sku)
        .where(trade_item.c.id.in_(sa.select(rows.c.item_id)))
        .order_by(trade_item.c.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(trade_item.c.id > read_id(after))
    return {row.id: row.sku for row in await conn.execute(query)}


def flows_of(owner_id: UUID, site: str | None, item_ids: list[UUID]) -> Flow:
    """Journal entries that brought goods to these rows or took them away; moves among them are neither."""
    among = stock.c.item_id == sa.any_(sa.literal(item_ids, ARRAY(sa.Uuid)))
    mine = rows_of(owner_id, site).where(among).cte("mine")
    nothing = sa.literal(0, sa.Numeric)
    entry = stock_entry.c
    came = _side(mine, entry.to_stock_id, entry.from_stock_id, entry.quantity, nothing)
    went = _side(mine, entry.from_stock_id, entry.to_stock_id, nothing, entry.quantity)
    flow = sa.union_all(came, went).subquery("flow").c
    return Flow(*(flow[name] for name in Flow.__slots__))


def _side(
    mine: sa.CTE,
    here: sa.ColumnElement[UUID],
    there: sa.ColumnElement[UUID],
    came: sa.ColumnElement[Decimal],
    left: sa.ColumnElement[Decimal],
) -> sa.Select[Any]:
    other = stock.alias("other")
    entry = stock_entry.c
    return (
        sa.select(
            *(mine.c.item_id, mine.c.lot_id, came.label("came"), left.label("left")),
            *(other.c.owner_id.label("other_id"), entry.happened_at, entry.recorded_at, entry.reverses_id),
        )
        .select_from(mine)
        .join(stock_entry, here == mine.c.id)
        .outerjoin(other, other.c.id == there)
        .where(sa.or_(there.is_(None), there.not_in(sa.select(mine.c.id))))
    )
