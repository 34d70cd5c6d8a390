"""Another lot instead: the picker finds the wanted one damaged or out of reach, and the rules of the line allow the other."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.pick_work import lock_pick
from wms.outbound.rules import Candidate, Demand, serves
from wms.outbound.sql import find_candidates, site_today
from wms.outbound.tables import order_line, pick
from wms.outbound.wire import Text60
from wms.stock.reserve import Want, release, reserve
from wms.stock.tables import location, lot
from wms.stock.wire import Quantity


class LotScans(BaseModel):
    location: Text60
    lot_no: Text60


class SubstituteLot(LotScans):
    id: UUID


class LotSubstituted(BaseModel):
    """The new pick; the old one is closed with what was picked of it."""

    pick_id: UUID
    quantity: Quantity


async def substitute_lot(tx: Tx, command: SubstituteLot) -> LotSubstituted:
    """Promise the rest of a pick from another lot at a location.

    The lot must pass every rule by which it could have been allocated: owner, customs status, dates, holds. Refuses
    `lot_not_allowed` where it does not or the line asks for its lot by name, `insufficient_stock` where too little is free.
    """
    found, owned = await lock_pick(tx, command.id)
    line = (await tx.conn.execute(sa.select(order_line).where(order_line.c.id == found.line_id))).one()
    missing = found.quantity - found.picked
    demand = Demand(
        line_id=line.id,
        order_id=owned.id,
        item_id=line.item_id,
        owner_id=owned.owner_id,
        customs_status=line.customs_status,
        lot_id=line.lot_id,
        min_remaining_days=line.min_remaining_days,
        strategy=owned.strategy,
        quantity=missing,
    )
    other = await _find(tx, command, demand, owned.site)
    [reservation_id] = await reserve(tx, [Want(other.stock_id, line.id, missing)])
    await release(tx, [found.reservation_id])
    id = tx.new_id()
    await _replace(tx, found, id, other, reservation_id)
    return LotSubstituted(pick_id=id, quantity=missing)


async def _find(tx: Tx, command: SubstituteLot, demand: Demand, site_code: str) -> Candidate:
    lot_id = await tx.conn.scalar(
        sa.select(lot.c.id).where(lot.c.item_id == demand.item_id, lot.c.lot_no == command.lot_no)
    )
    if lot_id is None:
        raise Refusal("unknown_lot", field="lot_no", lot=command.lot_no)
    here = await tx.conn.scalar(
        sa.select(location.c.id).where(location.c.site == site_code, location.c.name == command.location)
    )
    today = await site_today(tx, site_code)
    candidates = [
        one
        for one in await find_candidates(tx, site_code, [demand.item_id], [demand.owner_id])
        if one.location_id == here and one.lot_id == lot_id and serves(one, demand, today)
    ]
    if not candidates:
        raise Refusal("lot_not_allowed", field="lot_no", lot_no=command.lot_no, location=command.location)
    return max(candidates, key=lambda one: (one.available, one.stock_id))


async def _replace(tx: Tx, found: sa.Row[Any], id: UUID, other: Candidate, reservation_id: UUID) -> None:
    missing = found.quantity - found.picked
    ended = {"state": "done", "quantity": found.picked} if found.picked > 0 else {"state": "released"}
    await tx.conn.execute(pick.update().where(pick.c.id == found.id).values(ended))
    stop_no = await tx.conn.scalar(sa.select(pick.c.stop_no).where(pick.c.id == found.id))
    await tx.conn.execute(
        pick.insert().values(
            id=id,
            order_id=found.order_id,
            line_id=found.line_id,
            stock_id=other.stock_id,
            location_id=other.location_id,
            reservation_id=reservation_id,
            quantity=missing,
            picked=0,
            state="open",
            list_id=found.list_id,
            stop_no=stop_no,
        )
    )
