"""Loading: which packages are to go on a vehicle or container, and scanning them onto it.

A load is a unit of kind container that stands at its dock, and a scanned package lies in it: what is on it is what was scanned.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.sql import among, find_unit, lock_order, lock_orders, need_house, refresh_states
from wms.outbound.tables import load, order, package
from wms.outbound.wire import SiteCode, Text40, Text60
from wms.stock.move import Move, NewUnit, create_units, move_units
from wms.stock.tables import location
from wms.stock.virtual import virtual_location


class CreateLoad(BaseModel):
    site: SiteCode
    name: Annotated[
        str, Field(min_length=1, max_length=60, description="plate of the vehicle or number of the container")
    ]
    kind: Literal["vehicle", "container"] = "vehicle"
    carrier: Text40
    route: Text40 | None = None
    dock: Text60
    cut_off_at: AwareDatetime | None = None


class LoadCreated(BaseModel):
    id: UUID


class Assignment(BaseModel):
    order_ids: Annotated[list[UUID], Field(max_length=500)] = []
    units: Annotated[list[Text60], Field(max_length=2_000, description="SSCCs of single packages")] = []


class AssignToLoad(Assignment):
    load_id: UUID


class Assigned(BaseModel):
    """How many packages the load expects now."""

    packages: int


class UnitScan(BaseModel):
    unit: Text60


class ScanUnit(UnitScan):
    load_id: UUID


class UnitLoaded(BaseModel):
    unit_id: UUID
    loaded: int
    missing: int


async def create_load(tx: Tx, command: CreateLoad) -> LoadCreated:
    """Open a load at a dock. Refuses `unknown_location` when the site has no dock of that name."""
    tx.actor.need("load.work", command.site)
    need_house(tx)
    dock_id = await tx.conn.scalar(
        sa.select(location.c.id).where(
            location.c.site == command.site, location.c.name == command.dock, location.c.kind == "dock"
        )
    )
    if dock_id is None:
        raise Refusal("unknown_location", field="dock", location=command.dock)
    id = tx.new_id()
    outside = await virtual_location(tx, command.site, "outside")
    await create_units(tx, [NewUnit(id, "container", outside)])
    await move_units(tx, [Move(id, dock_id, tx.now, "load", tx.new_id(), outside)])
    values = command.model_dump(exclude={"dock"})
    await tx.conn.execute(load.insert().values(id=id, dock_id=dock_id, state="open", created_at=tx.now, **values))
    return LoadCreated(id=id)


async def lock_load(tx: Tx, id: UUID, right: str, *, share: bool = False) -> sa.Row[Any]:
    """An open load. Scanning shares it, departing has it alone. Refuses `load_departed`."""
    tx.actor.need(right)
    need_house(tx)
    found = (await tx.conn.execute(sa.select(load).where(load.c.id == id).with_for_update(read=share))).one_or_none()
    if found is None:
        raise Refusal("not_found")
    tx.actor.need(right, found.site)
    if found.state != "open":
        raise Refusal("load_departed")
    return found


async def assign_to_load(tx: Tx, command: AssignToLoad) -> Assigned:
    """Expect the packages of orders, those that are packed later too, or single packages, on a load.

    Refuses `on_another_load` for what is assigned elsewhere, `order_ended`, and `not_found`.
    """
    found = await lock_load(tx, command.load_id, "load.work")
    by_code = await _packages_of(tx, found.site, command.units)
    ids = {*command.order_ids, *(row.order_id for row in by_code)}
    orders = await lock_orders(tx, ids, "load.work")
    for id, one in orders.items():
        if one.site != found.site:
            raise Refusal("not_found")
        if one.state in ("shipped", "cancelled"):
            raise Refusal("order_ended", state=one.state)
        if id in command.order_ids and one.load_id not in (None, found.id):
            raise Refusal("on_another_load", order=one.reference)
    await tx.conn.execute(order.update().where(among(order.c.id, command.order_ids)).values(load_id=found.id))
    mine = sa.or_(
        among(package.c.order_id, command.order_ids), among(package.c.unit_id, (row.unit_id for row in by_code))
    )
    await tx.conn.execute(
        package.update().where(mine, package.c.load_id.is_(None), package.c.state != "shipped").values(load_id=found.id)
    )
    for row in by_code:
        if row.load_id not in (None, found.id):
            raise Refusal("on_another_load", order=orders[row.order_id].reference)
    total = await tx.conn.scalar(sa.select(sa.func.count()).where(package.c.load_id == found.id))
    return Assigned(packages=total or 0)


async def take_from_load(tx: Tx, command: AssignToLoad) -> Assigned:
    """Expect orders or single packages no longer. Refuses `package_on_load` while one of them lies on it: take it off first."""
    found = await lock_load(tx, command.load_id, "load.work")
    by_code = await _packages_of(tx, found.site, command.units)
    await lock_orders(tx, {*command.order_ids, *(row.order_id for row in by_code)}, "load.work")
    mine = sa.or_(
        among(package.c.order_id, command.order_ids), among(package.c.unit_id, (row.unit_id for row in by_code))
    )
    here = sa.and_(package.c.load_id == found.id, mine)
    if await tx.conn.scalar(sa.select(sa.exists().where(here, package.c.state == "loaded"))):
        raise Refusal("package_on_load")
    await tx.conn.execute(package.update().where(here).values(load_id=None))
    orders = sa.and_(among(order.c.id, command.order_ids), order.c.load_id == found.id)
    await tx.conn.execute(order.update().where(orders).values(load_id=None))
    total = await tx.conn.scalar(sa.select(sa.func.count()).where(package.c.load_id == found.id))
    return Assigned(packages=total or 0)


async def _packages_of(tx: Tx, site_code: str, codes: list[str]) -> list[Any]:
    rows = []
    for code in sorted(set(codes)):
        unit = await find_unit(tx, site_code, code, field="units")
        query = sa.select(package.c.unit_id, package.c.order_id, package.c.load_id)
        row = (
            (await tx.conn.execute(query.where(package.c.unit_id == unit.id))).one_or_none()
            if unit is not None
            else None
        )
        if row is None:
            raise Refusal("unknown_package", field="units", unit=code)
        rows.append(row)
    return rows


async def scan_onto_load(tx: Tx, command: ScanUnit) -> UnitLoaded:
    """Put a package on a load; scanning it again changes nothing.

    Refuses `unknown_package`, `not_on_load` when it is not assigned to this load, and `package_not_labelled`.
    """
    found = await lock_load(tx, command.load_id, "load.work", share=True)
    row = await _lock_package(tx, found, command.unit)
    if row.state == "open":
        raise Refusal("package_not_labelled", unit=command.unit)
    if row.state != "loaded":
        await move_units(tx, [Move(row.unit_id, found.id, tx.now, "load", tx.new_id())])
        await tx.conn.execute(
            package.update().where(package.c.unit_id == row.unit_id).values(state="loaded", loaded_at=tx.now)
        )
        await refresh_states(tx, [row.order_id])
    return await _progress(tx, found.id, row.unit_id)


async def take_off_load(tx: Tx, command: ScanUnit) -> UnitLoaded:
    """Put a package back on the dock; the load still expects it."""
    found = await lock_load(tx, command.load_id, "load.work", share=True)
    row = await _lock_package(tx, found, command.unit)
    if row.state == "loaded":
        await move_units(tx, [Move(row.unit_id, found.dock_id, tx.now, "unload", tx.new_id(), found.id)])
        await tx.conn.execute(
            package.update().where(package.c.unit_id == row.unit_id).values(state="labelled", loaded_at=None)
        )
        await refresh_states(tx, [row.order_id])
    return await _progress(tx, found.id, row.unit_id)


async def _lock_package(tx: Tx, found: sa.Row[Any], code: str) -> sa.Row[Any]:
    unit = await find_unit(tx, found.site, code, field="unit")
    unit_id = unit.id if unit is not None else None
    order_id = await tx.conn.scalar(sa.select(package.c.order_id).where(package.c.unit_id == unit_id))
    if order_id is None:
        raise Refusal("unknown_package", field="unit", unit=code)
    await lock_order(tx, order_id, "load.work")
    row = (await tx.conn.execute(sa.select(package).where(package.c.unit_id == unit_id))).one()
    if row.load_id != found.id:
        raise Refusal("not_on_load", field="unit", unit=code)
    return row


async def _progress(tx: Tx, load_id: UUID, unit_id: UUID) -> UnitLoaded:
    on_it = sa.func.count().filter(package.c.state == "loaded").label("loaded")
    row = (
        await tx.conn.execute(sa.select(on_it, sa.func.count().label("all")).where(package.c.load_id == load_id))
    ).one()
    return UnitLoaded(unit_id=unit_id, loaded=row.loaded, missing=row.all - row.loaded)
