"""Listing trade items, and one with everything that is known of it."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.schemas import ItemRow, ItemView, Packaging
from wms.catalog.tables import item_alias, packaging, trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal


def seen_items(who: Actor) -> sa.ColumnElement[bool]:
    """A tenant sees his own articles and those that several owners keep."""
    if who.owners is None:
        return sa.true()
    return sa.or_(trade_item.c.owner_id.in_(who.owners), trade_item.c.owner_id.is_(None))


async def find_items(
    conn: AsyncConnection,
    who: Actor,
    *,
    owner_id: UUID | None,
    text: str | None,
    active: bool | None,
    after: str | None,
    limit: int,
) -> Page[ItemRow]:
    """By article number. `text` is the beginning of a number or any part of a name."""
    query = sa.select(trade_item).where(seen_items(who)).order_by(trade_item.c.sku, trade_item.c.id).limit(limit + 1)
    if owner_id is not None:
        query = query.where(trade_item.c.owner_id == owner_id)
    if active is not None:
        query = query.where(trade_item.c.active == active)
    if text:
        names = sa.cast(trade_item.c.names, sa.Text)
        query = query.where(
            sa.or_(trade_item.c.sku.startswith(text, autoescape=True), names.icontains(text, autoescape=True))
        )
    if after is not None:
        sku, _, id = after.rpartition("~")
        query = query.where(sa.tuple_(trade_item.c.sku, trade_item.c.id) > sa.tuple_(sku, _cursor_id(id)))
    found = [ItemRow.model_validate(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda row: f"{row.sku}~{row.id}")


async def find_item_view(conn: AsyncConnection, who: Actor, id: UUID) -> ItemView:
    """Refuses `not_found`."""
    row = (await conn.execute(sa.select(trade_item).where(trade_item.c.id == id, seen_items(who)))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    levels = await conn.execute(
        sa.select(packaging).where(packaging.c.item_id == id).order_by(packaging.c.base_quantity, packaging.c.level)
    )
    codes = await conn.scalars(
        sa.select(item_alias.c.code).where(item_alias.c.item_id == id).order_by(item_alias.c.code)
    )
    return ItemView(
        **row._mapping, packaging=[Packaging.model_validate(level) for level in levels], aliases=list(codes)
    )


def _cursor_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("invalid_request", field="after") from None
