"""Reading what is done for orders: pick lists stop by stop, packages, waves, loads and manifests."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal
from wms.outbound.find_orders import read_cursor
from wms.outbound.tables import load, order, package, pick, pick_list, pick_slot, wave
from wms.stock.tables import location, lot, serial, stock, unit
from wms.stock.wire import Quantity


class PickView(BaseModel):
    """`slot` is where on the cart the goods go; `location` where they lie now, `unit` the pallet or case that they lie in."""

    id: UUID
    order_id: UUID
    stop: int | None
    slot: int | None
    tote: str | None
    location: str
    unit: str | None
    item_id: UUID
    sku: str
    lot_no: str | None
    serial_no: str | None
    quantity: Quantity
    picked: Quantity
    state: str


class PickListView(BaseModel):
    id: UUID
    site: str
    zone: str | None
    wave_id: UUID | None
    state: str
    stop_count: int
    path_mm: int | None
    task_id: UUID | None
    picks: list[PickView]


class WaveView(BaseModel):
    id: UUID
    site: str
    name: str
    carrier: str | None
    route: str | None
    zone: str | None
    cut_off_to: datetime | None
    order_count: int
    line_count: int
    created_at: datetime


class PackageView(BaseModel):
    unit_id: UUID
    order_id: UUID
    reference: str
    sscc: str | None
    label: str | None
    state: str
    carton: str | None
    expected_weight_g: int | None
    weight_g: int | None
    load_id: UUID | None
    loaded_at: datetime | None


class LoadView(BaseModel):
    id: UUID
    site: str
    name: str
    kind: str
    carrier: str
    route: str | None
    cut_off_at: datetime | None
    state: str
    seal_no: str | None
    created_at: datetime
    departed_at: datetime | None


class Manifest(LoadView):
    """`packages` on a departed load are its manifest; on an open one those without `loaded_at` are still missing."""

    loaded: int
    missing: int
    weight_g: int
    packages: list[PackageView]


_TOTE = unit.alias("tote")
_PICKS = (
    sa.select(
        pick.c.id,
        pick.c.order_id,
        pick.c.stop_no.label("stop"),
        pick_slot.c.slot_no.label("slot"),
        _TOTE.c.label.label("tote"),
        location.c.name.label("location"),
        sa.func.coalesce(unit.c.sscc, unit.c.label).label("unit"),
        stock.c.item_id,
        trade_item.c.sku,
        lot.c.lot_no,
        serial.c.serial_no,
        pick.c.quantity,
        pick.c.picked,
        pick.c.state,
    )
    .select_from(pick)
    .join(stock, stock.c.id == pick.c.stock_id)
    .join(trade_item, trade_item.c.id == stock.c.item_id)
    .outerjoin(unit, unit.c.id == stock.c.place_id)
    .join(location, location.c.id == sa.func.coalesce(unit.c.location_id, stock.c.place_id))
    .outerjoin(lot, lot.c.id == stock.c.lot_id)
    .outerjoin(serial, serial.c.id == stock.c.serial_id)
    .outerjoin(pick_slot, sa.and_(pick_slot.c.list_id == pick.c.list_id, pick_slot.c.order_id == pick.c.order_id))
    .outerjoin(_TOTE, _TOTE.c.id == pick_slot.c.unit_id)
)
_PACKAGES = (
    sa.select(package, order.c.reference, unit.c.sscc, unit.c.label)
    .join(order, order.c.id == package.c.order_id)
    .join(unit, unit.c.id == package.c.unit_id)
)


async def find_picks(conn: AsyncConnection, order_id: UUID, after: str | None, limit: int) -> Page[PickView]:
    """Picks of an order, the first made first."""
    query = _PICKS.where(pick.c.order_id == order_id).order_by(pick.c.id).limit(limit + 1)
    if after is not None:
        query = query.where(pick.c.id > read_cursor(after))
    found = [PickView.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_pick_list(conn: AsyncConnection, who: Actor, id: UUID) -> PickListView:
    """A list in the order of its walk."""
    row = await _house_row(conn, who, pick_list, id, "pick.work")
    rows = await conn.execute(
        _PICKS.where(pick.c.list_id == id).order_by(pick.c.stop_no, pick_slot.c.slot_no, pick.c.id)
    )
    return PickListView(**row._mapping, picks=[PickView.model_validate(one._mapping) for one in rows])


async def find_packages(conn: AsyncConnection, order_id: UUID, after: str | None, limit: int) -> Page[PackageView]:
    query = _PACKAGES.where(package.c.order_id == order_id).order_by(package.c.unit_id).limit(limit + 1)
    if after is not None:
        query = query.where(package.c.unit_id > read_cursor(after))
    found = [PackageView.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.unit_id))


async def find_waves(
    conn: AsyncConnection, who: Actor, site: str | None, after: str | None, limit: int
) -> Page[WaveView]:
    query = _of_house(who, wave, site, after, limit)
    found = [WaveView.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_loads(
    conn: AsyncConnection, who: Actor, site: str | None, after: str | None, limit: int
) -> Page[LoadView]:
    query = _of_house(who, load, site, after, limit)
    found = [LoadView.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_manifest(conn: AsyncConnection, who: Actor, id: UUID) -> Manifest:
    row = await _house_row(conn, who, load, id, "load.work")
    rows = await conn.execute(_PACKAGES.where(package.c.load_id == id).order_by(unit.c.sscc, unit.c.id))
    packages = [PackageView.model_validate(one._mapping) for one in rows]
    loaded = sum(one.loaded_at is not None for one in packages)
    weight = sum(one.weight_g or one.expected_weight_g or 0 for one in packages)
    return Manifest(**row._mapping, loaded=loaded, missing=len(packages) - loaded, weight_g=weight, packages=packages)


def _of_house(who: Actor, table: Any, site: str | None, after: str | None, limit: int) -> sa.Select[Any]:
    """The newest first. A tenant finds nothing: these mix the goods of several owners."""
    query = sa.select(table).order_by(table.c.id.desc()).limit(limit + 1)
    if who.owners is not None:
        query = query.where(sa.false())
    if site is not None:
        query = query.where(table.c.site == site)
    if who.sites is not None:
        query = query.where(table.c.site.in_(who.sites))
    if after is not None:
        query = query.where(table.c.id < read_cursor(after))
    return query


async def _house_row(conn: AsyncConnection, who: Actor, table: Any, id: UUID, right: str) -> sa.Row[Any]:
    who.need(right)
    row = (await conn.execute(sa.select(table).where(table.c.id == id))).one_or_none()
    if row is None or who.owners is not None:
        raise Refusal("not_found")
    who.need(right, row.site)
    return row
