"""Listing locations, one of them with what lies in it, and how full the zones of a site are."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal
from wms.stock.location_schemas import LocationRow, LocationView, Occupancy, ZoneOccupancy
from wms.stock.tables import location, stock, unit

_CURSOR = "~"


def seen_locations(who: Actor) -> sa.ColumnElement[bool]:
    """The real places of the reader's sites."""
    real = sa.not_(location.c.virtual)
    return real if who.sites is None else sa.and_(real, location.c.site.in_(who.sites))


async def find_locations(
    conn: AsyncConnection,
    who: Actor,
    *,
    site: str | None,
    kind: str | None,
    zone: str | None,
    name: str | None,
    enabled: bool | None,
    empty: bool | None,
    after: str | None,
    limit: int,
) -> Page[LocationRow]:
    """By site and name. `name` is a beginning; `empty` asks whether anything of anybody lies there."""
    query = sa.select(location).where(seen_locations(who)).order_by(location.c.site, location.c.name).limit(limit + 1)
    asked = {"site": site, "kind": kind, "zone": zone, "enabled": enabled}
    for column, value in asked.items():
        if value is not None:
            query = query.where(location.c[column] == value)
    if name:
        query = query.where(location.c.name.startswith(name, autoescape=True))
    if empty is not None:
        query = query.where(sa.not_(_occupied()) if empty else _occupied())
    if after is not None:
        at, _, behind = after.partition(_CURSOR)
        query = query.where(sa.tuple_(location.c.site, location.c.name) > sa.tuple_(at, behind))
    found = [LocationRow.model_validate(row) for row in await conn.execute(query)]
    return page_of(found, limit, lambda row: f"{row.site}{_CURSOR}{row.name}")


async def find_location(conn: AsyncConnection, who: Actor, id: UUID) -> LocationView:
    """Refuses `not_found`. A tenant sees of what lies there only his own."""
    row = (await conn.execute(sa.select(location).where(location.c.id == id, seen_locations(who)))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return LocationView(**LocationRow.model_validate(row).model_dump(), occupancy=await _occupancy(conn, who, id))


async def find_zone_occupancy(conn: AsyncConnection, who: Actor, site: str) -> list[ZoneOccupancy]:
    """Locations by zone and kind, and how many of them hold something."""
    occupied = sa.func.count().filter(_occupied())
    query = (
        sa.select(
            location.c.site,
            location.c.zone,
            location.c.kind,
            sa.func.count().label("locations"),
            sa.func.count().filter(location.c.enabled).label("enabled"),
            occupied.label("occupied"),
            (sa.func.count() - occupied).label("empty"),
        )
        .where(seen_locations(who), location.c.site == site)
        .group_by(location.c.site, location.c.zone, location.c.kind)
        .order_by(location.c.zone, location.c.kind)
    )
    return [ZoneOccupancy.model_validate(row._mapping) for row in await conn.execute(query)]


def _occupied() -> sa.ColumnElement[bool]:
    loose = sa.exists().where(stock.c.place_id == location.c.id, stock.c.quantity > 0)
    return sa.or_(loose, sa.exists().where(unit.c.location_id == location.c.id))


async def _occupancy(conn: AsyncConnection, who: Actor, id: UUID) -> Occupancy:
    places = sa.union_all(sa.select(sa.literal(id, sa.Uuid)), sa.select(unit.c.id).where(unit.c.location_id == id))
    item: Any = trade_item.c
    grams = sa.case(
        (stock.c.weight_g > 0, stock.c.weight_g), else_=stock.c.quantity * sa.func.coalesce(item.weight_g, 0)
    )
    size = sa.func.coalesce(sa.cast(item.length_mm, sa.Numeric) * item.width_mm * item.height_mm, 0)
    query = (
        sa.select(
            sa.func.count(stock.c.item_id.distinct()).label("items"),
            sa.func.count(stock.c.owner_id.distinct()).label("owners"),
            sa.func.coalesce(sa.func.sum(stock.c.quantity), 0).label("quantity"),
            sa.func.ceil(sa.func.coalesce(sa.func.sum(grams), 0)).label("weight_g"),
            sa.func.ceil(sa.func.coalesce(sa.func.sum(stock.c.quantity * size), 0)).label("volume_mm3"),
            sa.func.count(stock.c.place_id.distinct()).filter(stock.c.place_id != id).label("filled_units"),
        )
        .join(trade_item, item.id == stock.c.item_id)
        .where(stock.c.quantity > 0, stock.c.place_id.in_(places))
    )
    if who.owners is not None:
        query = query.where(stock.c.owner_id.in_(who.owners))
    row = (await conn.execute(query)).one()
    units = row.filled_units
    if who.owners is None:  # a tenant counts only units that hold something of his
        units = await conn.scalar(sa.select(sa.func.count()).where(unit.c.place_id == id)) or 0
    return Occupancy(
        units=units,
        items=row.items,
        owners=row.owners,
        quantity=row.quantity,
        weight_g=int(row.weight_g),
        volume_mm3=int(row.volume_mm3),
    )
