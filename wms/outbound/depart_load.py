"""Departure: everything on a load leaves the ledger in one posting, and the manifest is what was scanned, no more, no less."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.gate import check_customs_gate
from wms.outbound.load_units import lock_load
from wms.outbound.sql import LineChanges, among, key_of, lock_orders, refresh_states
from wms.outbound.tables import load, order, order_line, package, picked_goods
from wms.outbound.wire import Text40
from wms.stock.move import Move, move_units
from wms.stock.post import Entry, post
from wms.stock.share_weights import share_weights
from wms.stock.tables import stock, unit
from wms.stock.virtual import virtual_location

_NAMED = 50


class Seal(BaseModel):
    seal_no: Text40


class DepartLoad(Seal):
    load_id: UUID


class LoadDeparted(BaseModel):
    id: UUID
    packages: int
    orders: list[UUID]


async def depart_load(tx: Tx, command: DepartLoad) -> LoadDeparted:
    """Seal a load and let it go.

    Refuses `unit_missing` with the packages that were not scanned, `order_not_packed` with orders of which something is still
    to be picked or packed, `customs_release_missing`, `load_empty`, and `on_hold` when anything on it has been held since.
    """
    found = await lock_load(tx, command.load_id, "load.dispatch")
    aboard = sa.select(package.c.order_id).where(package.c.load_id == found.id)
    ids = set(
        await tx.conn.scalars(sa.select(order.c.id).where(sa.or_(order.c.load_id == found.id, order.c.id.in_(aboard))))
    )
    orders = await lock_orders(tx, ids, "load.dispatch")
    packages = await _check_complete(tx, found.id, [one.id for one in orders.values() if one.load_id == found.id])
    shipped = {row.order_id for row in packages}
    await check_customs_gate(tx, shipped)
    goods = await _goods(tx, [row.unit_id for row in packages])
    outside = await virtual_location(tx, found.site, "outside")
    await post(tx, _entries(goods, outside), cause="ship", site=found.site)
    await move_units(tx, [Move(found.id, outside, tx.now, "ship", tx.new_id())])
    await _record(tx, command, goods, [row.unit_id for row in packages])
    states = await refresh_states(tx, shipped)
    again = [id for id, state in states.items() if state != "shipped"]  # what is still missing may go on another load
    await tx.conn.execute(order.update().where(among(order.c.id, again)).values(load_id=None))
    for id in sorted(shipped):
        one = orders[id]
        await tell(tx, "order.shipped", id, site=one.site, owner_id=one.owner_id, load=str(found.id), state=states[id])
    await tell(tx, "load.departed", found.id, site=found.site, packages=len(packages), seal_no=command.seal_no)
    return LoadDeparted(id=found.id, packages=len(packages), orders=sorted(shipped))


async def _check_complete(tx: Tx, load_id: UUID, order_ids: Sequence[UUID]) -> Sequence[sa.Row[Any]]:
    found = await tx.conn.execute(
        sa.select(package.c.unit_id, package.c.order_id, package.c.state, unit.c.sscc, unit.c.label)
        .join(unit, unit.c.id == package.c.unit_id)
        .where(package.c.load_id == load_id)
        .order_by(unit.c.sscc, unit.c.id)
    )
    packages = found.all()
    missing = [row.sscc or row.label or str(row.unit_id) for row in packages if row.state != "loaded"]
    if missing:
        raise Refusal("unit_missing", count=len(missing), units=missing[:_NAMED])
    unfinished = sa.exists().where(
        order_line.c.order_id == order.c.id,
        sa.or_(order_line.c.reserved > 0, order_line.c.picked > order_line.c.packed),
    )
    late = list(
        await tx.conn.scalars(
            sa.select(order.c.reference).where(among(order.c.id, order_ids), unfinished).order_by(order.c.reference)
        )
    )
    if late:
        raise Refusal("order_not_packed", orders=", ".join(late[:_NAMED]))
    if not packages:
        raise Refusal("load_empty")
    return packages


async def _goods(tx: Tx, unit_ids: Sequence[UUID]) -> Sequence[sa.Row[Any]]:
    found = await tx.conn.execute(
        sa.select(
            picked_goods.c.id,
            picked_goods.c.line_id,
            picked_goods.c.stock_id,
            picked_goods.c.reservation_id,
            picked_goods.c.quantity,
            stock.c.quantity.label("on_hand"),
            stock.c.weight_g,
            *(stock.c[name] for name in ("place_id", "item_id", "owner_id", "customs_status", "condition", "lot_id")),
            stock.c.serial_id,
            stock.c.account_line_id,
        )
        .join(stock, stock.c.id == picked_goods.c.stock_id)
        .where(among(picked_goods.c.unit_id, unit_ids), picked_goods.c.state == "packed")
        .order_by(picked_goods.c.stock_id, picked_goods.c.id)
    )
    return found.all()


def _entries(goods: Sequence[sa.Row[Any]], outside: UUID) -> list[Entry]:
    weights = {row.stock_id: (row.on_hand, row.weight_g) for row in goods}
    grams = share_weights([(row.stock_id, row.quantity) for row in goods], weights)
    return [
        Entry(
            source=key_of(row),
            target=outside,
            quantity=row.quantity,
            reservation_id=row.reservation_id,
            document_id=row.line_id,
            weight_g=own,
        )
        for row, own in zip(goods, grams, strict=True)
    ]


async def _record(tx: Tx, command: DepartLoad, goods: Sequence[sa.Row[Any]], unit_ids: Sequence[UUID]) -> None:
    changes = LineChanges()
    for row in goods:
        changes.add(row.line_id, shipped=row.quantity)
    await changes.save(tx)
    await tx.conn.execute(
        picked_goods.update().where(among(picked_goods.c.id, (row.id for row in goods))).values(state="shipped")
    )
    await tx.conn.execute(package.update().where(among(package.c.unit_id, unit_ids)).values(state="shipped"))
    values = {"state": "departed", "seal_no": command.seal_no, "departed_at": tx.now}
    await tx.conn.execute(load.update().where(load.c.id == command.load_id).values(values))
