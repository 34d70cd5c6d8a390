"""Confirming a pick by scans: location, article, lot or serial, quantity, tote. What does not agree posts nothing."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.catalog.find_item import FoundItem, find_candidates
from wms.kit.db import Tx
from wms.outbound.pick_scan import Expected, Scanned, check_scan
from wms.outbound.pick_work import finish_lists, lock_pick, tell_when_picked
from wms.outbound.register_totes import lock_tote
from wms.outbound.sql import LineChanges, key_of, refresh_states
from wms.outbound.tables import pick, pick_slot, picked_goods
from wms.outbound.wire import Code, OrderState, Text60
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, reserve
from wms.stock.share_weights import share_weights
from wms.stock.wire import PositiveQuantity, Quantity


class PickScans(BaseModel):
    """`lot_no` and `serial_no` may also come inside a GS1 code of the article."""

    location: Text60
    item: Code
    quantity: PositiveQuantity
    tote: Text60
    lot_no: Text60 | None = None
    serial_no: Text60 | None = None


class ConfirmPick(PickScans):
    id: UUID


class Picked(BaseModel):
    """`left` of this pick."""

    id: UUID
    left: Quantity
    order_id: UUID
    order_state: OrderState


async def confirm_pick(tx: Tx, command: ConfirmPick) -> Picked:
    """Post what was picked from its stock into the tote, where it stays reserved for the order.

    Refuses `wrong_location`, `wrong_item`, `wrong_lot`, `wrong_serial`, `over_pick`, `wrong_tote`, `tote_in_use`, and `on_hold`
    when the goods were held after they had been promised.
    """
    found, owned = await lock_pick(tx, command.id)
    tote_id = await lock_tote(tx, owned.site, command.tote, owned.id)
    refusal = check_scan(_expected(found), await _scanned(tx, command, found, tote_id))
    if refusal is not None:
        raise refusal
    source = key_of(found)
    grams = share_weights([(found.stock_id, command.quantity)], {found.stock_id: (found.on_hand, found.weight_g)})[0]
    taken = Entry(
        source=source,
        target=source.at(tote_id),
        quantity=command.quantity,
        reservation_id=found.reservation_id,
        guard=True,
        document_id=found.line_id,
        weight_g=grams,
    )
    posting_id = await post(tx, [taken], cause="pick", site=owned.site)
    stock_id = source.at(tote_id).id
    [reservation_id] = await reserve(tx, [Want(stock_id, found.line_id, command.quantity)])
    await _record(tx, command, found, tote_id, stock_id, reservation_id, posting_id)
    changes = LineChanges()
    changes.add(found.line_id, reserved=-command.quantity, picked=command.quantity)
    await changes.save(tx)
    state = (await refresh_states(tx, [owned.id]))[owned.id]
    await finish_lists(tx, [found.list_id])
    await tell_when_picked(tx, owned)
    left = found.quantity - found.picked - command.quantity
    return Picked(id=found.id, left=left, order_id=owned.id, order_state=state)


def _expected(found: sa.Row[Any]) -> Expected:
    return Expected(
        location=found.location,
        item_id=found.item_id,
        sku=found.sku,
        lot_no=found.lot_no,
        serial_no=found.serial_no,
        left=found.quantity - found.picked,
        slot_tote_id=found.slot_tote_id,
    )


async def _scanned(tx: Tx, command: ConfirmPick, found: sa.Row[Any], tote_id: UUID) -> Scanned:
    meant: list[FoundItem] = await find_candidates(tx.conn, found.owner_id, command.item)
    said = next((one for one in meant if one.item_id == found.item_id), None)
    return Scanned(
        location=command.location,
        item_ids=frozenset(one.item_id for one in meant),
        code=command.item,
        lot_no=command.lot_no or (said.lot_no if said else None),
        serial_no=command.serial_no or (said.serial_no if said else None),
        quantity=command.quantity,
        tote_id=tote_id,
    )


async def _record(
    tx: Tx,
    command: ConfirmPick,
    found: sa.Row[Any],
    tote_id: UUID,
    stock_id: UUID,
    reservation_id: UUID,
    posting_id: UUID,
) -> None:
    total = found.picked + command.quantity
    state = "done" if total == found.quantity else "open"
    await tx.conn.execute(pick.update().where(pick.c.id == found.id).values(picked=total, state=state))
    await tx.conn.execute(
        picked_goods.insert().values(
            id=tx.new_id(),
            order_id=found.order_id,
            line_id=found.line_id,
            pick_id=found.id,
            unit_id=tote_id,
            stock_id=stock_id,
            reservation_id=reservation_id,
            quantity=command.quantity,
            posting_id=posting_id,
            state="picked",
            picked_by=tx.actor.id,
            picked_at=tx.now,
        )
    )
    if found.list_id is not None and found.slot_tote_id is None:
        mine = sa.and_(pick_slot.c.list_id == found.list_id, pick_slot.c.slot_no == found.slot_no)
        await tx.conn.execute(pick_slot.update().where(mine).values(unit_id=tote_id))
