"""What each owner has, by article or by bin: sums of the same rows that everyone works with, so the reports add up."""

from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.stock.tables import location, stock, unit
from wms.stock.wire import Quantity

By = Literal["item", "location"]
_holder = unit.alias("holder")
ROOT = sa.func.coalesce(_holder.c.location_id, stock.c.place_id)


class OwnerStock(BaseModel):
    """Of one owner and article; by location also of one bin, with what stands in it on pallets and in boxes."""

    owner_id: UUID
    owner: str
    item_id: UUID
    sku: str
    location_id: UUID | None = None
    site: str | None = None
    location: str | None = None
    quantity: Quantity
    reserved: Quantity
    held: Quantity
    weight_g: int
    rows: int


async def report_stock(
    conn: AsyncConnection,
    who: Actor,
    *,
    by: By,
    site: str | None = None,
    owner_id: UUID | None = None,
    location_name: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> Page[OwnerStock]:
    """By owner and article (and bin), in the order of their ids."""
    keys: list[Any] = [stock.c.owner_id, stock.c.item_id] + ([location.c.id] if by == "location" else [])
    names: list[Any] = [party.c.code.label("owner"), trade_item.c.sku]
    if by == "location":
        names += [location.c.id.label("location_id"), location.c.site, location.c.name.label("location")]
    query = (
        sa.select(
            *(stock.c.owner_id, stock.c.item_id, *names),
            *(sa.func.sum(column).label(column.name) for column in (stock.c.quantity, stock.c.reserved, stock.c.held)),
            sa.func.sum(stock.c.weight_g).label("weight_g"),
            sa.func.count().label("rows"),
        )
        .join(party, party.c.id == stock.c.owner_id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .outerjoin(_holder, _holder.c.id == stock.c.place_id)
        .join(location, location.c.id == ROOT)
        .where(stock.c.quantity > 0, ~location.c.virtual)
        .group_by(*keys, *names)
        .order_by(*keys)
        .limit(limit + 1)
    )
    given = ((location.c.site, site), (stock.c.owner_id, owner_id), (location.c.name, location_name))
    for column, value in given:
        query = query.where(column == value) if value is not None else query
    query = query.where(*_scope(who))
    if after is not None:
        query = query.where(sa.tuple_(*keys) > sa.tuple_(*_cursor(after, len(keys))))
    found = [OwnerStock.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, _cursor_of)


def _scope(who: Actor) -> list[sa.ColumnElement[bool]]:
    limits: list[sa.ColumnElement[bool]] = []
    if who.sites is not None:
        limits.append(location.c.site.in_(who.sites))
    if who.owners is not None:
        limits.append(stock.c.owner_id.in_(who.owners))
    return limits


def _cursor_of(row: OwnerStock) -> str:
    ids = (row.owner_id, row.item_id, row.location_id)
    return ".".join(str(id) for id in ids if id is not None)


def _cursor(after: str, count: int) -> list[sa.ColumnElement[UUID]]:
    parts = after.split(".")
    if len(parts) != count:
        raise Refusal("invalid_request", field="after")
    return [sa.literal(read_id(part), sa.Uuid) for part in parts]
