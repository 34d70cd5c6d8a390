"""Looking at faces, and at what a site should have and has not."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.inside.tables import pick_face, safety_stock
from wms.kit.actor import Actor
from wms.parties.tables import party
from wms.stock.find import available
from wms.stock.tables import location, stock, unit
from wms.stock.wire import Quantity


class FaceRow(BaseModel):
    location: str
    sku: str
    owner: str
    min_quantity: Quantity
    max_quantity: Quantity


class SafetyBreach(BaseModel):
    """`available` is below `quantity`, the safety stock."""

    item_id: UUID
    owner_id: UUID
    sku: str
    owner: str
    quantity: Quantity
    available: Quantity


def _own(
    who: Actor, query: sa.Select[*tuple[Any, ...]], owner_id: sa.ColumnElement[UUID]
) -> sa.Select[*tuple[Any, ...]]:
    return query if who.owners is None else query.where(owner_id.in_(who.owners))


async def find_faces(
    conn: AsyncConnection, who: Actor, site: str, *, after: tuple[str, str, str] | None, limit: int
) -> list[FaceRow]:
    order = (location.c.name, trade_item.c.sku, party.c.code)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            *(location.c.name.label("location"), trade_item.c.sku, party.c.code.label("owner")),
            *(pick_face.c.min_quantity, pick_face.c.max_quantity),
        )
        .join(location, location.c.id == pick_face.c.location_id)
        .join(trade_item, trade_item.c.id == pick_face.c.item_id)
        .join(party, party.c.id == pick_face.c.owner_id)
        .where(location.c.site == site)
        .order_by(*order)
        .limit(limit)
    )
    query = _own(who, query, pick_face.c.owner_id)
    if after is not None:
        query = query.where(sa.tuple_(*order) > sa.tuple_(*after))
    return [FaceRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]


async def find_breaches(
    conn: AsyncConnection, who: Actor, site: str, *, after: tuple[str, str] | None, limit: int
) -> list[SafetyBreach]:
    """Articles of which a site has less than its safety stock, by article and owner."""
    here = (
        sa.select(stock.c.item_id, stock.c.owner_id, sa.func.sum(available).label("q"))
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(unit.c.location_id, stock.c.place_id))
        .join(
            safety_stock,
            sa.and_(
                safety_stock.c.site == location.c.site,
                safety_stock.c.item_id == stock.c.item_id,
                safety_stock.c.owner_id == stock.c.owner_id,
            ),
        )
        .where(location.c.site == site, stock.c.quantity > 0, stock.c.condition == "good")
        .group_by(stock.c.item_id, stock.c.owner_id)
        .subquery()
    )
    has = sa.func.coalesce(here.c.q, 0)
    mine = sa.and_(here.c.item_id == safety_stock.c.item_id, here.c.owner_id == safety_stock.c.owner_id)
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(safety_stock, trade_item.c.sku, party.c.code.label("owner"), has.label("available"))
        .join(trade_item, trade_item.c.id == safety_stock.c.item_id)
        .join(party, party.c.id == safety_stock.c.owner_id)
        .outerjoin(here, mine)
        .where(safety_stock.c.site == site, has < safety_stock.c.quantity)
        .order_by(trade_item.c.sku, party.c.code)
        .limit(limit)
    )
    query = _own(who, query, safety_stock.c.owner_id)
    if after is not None:
        query = query.where(sa.tuple_(trade_item.c.sku, party.c.code) > sa.tuple_(*after))
    return [SafetyBreach.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
