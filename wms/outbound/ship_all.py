"""Shipping an order without scans: what is reserved leaves in one posting. For bulk goods that papers prove, not scanners."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.gate import check_customs_gate
from wms.outbound.pick_work import finish_lists
from wms.outbound.sql import LineChanges, key_of, lock_order, refresh_states
from wms.outbound.tables import order_line, pick
from wms.outbound.wire import OrderState
from wms.stock.post import Entry, post
from wms.stock.share_weights import share_weights
from wms.stock.tables import stock
from wms.stock.virtual import virtual_location
from wms.stock.wire import Quantity


class ShipAll(BaseModel):
    id: UUID


class ShippedAll(BaseModel):
    id: UUID
    state: OrderState
    picks: int
    quantity: Quantity


async def ship_all(tx: Tx, command: ShipAll) -> ShippedAll:
    """Pick, pack and ship everything that is reserved for an order.

    Refuses `nothing_to_pick`, `order_in_work` when a part is in somebody's hands, `customs_release_missing` and `on_hold`.
    """
    owned = await lock_order(tx, command.id, "outbound.bulk")
    in_hand = sa.exists().where(order_line.c.order_id == owned.id, order_line.c.picked > order_line.c.shipped)
    if await tx.conn.scalar(sa.select(in_hand)):
        raise Refusal("order_in_work")
    picks = await _open_picks(tx, owned.id)
    if not picks:
        raise Refusal("nothing_to_pick")
    await check_customs_gate(tx, [owned.id])
    lists = {row.list_id for row in picks}
    await tx.conn.execute(
        pick.update()
        .where(pick.c.order_id == owned.id, pick.c.state == "open")
        .values(state="done", picked=pick.c.quantity)
    )
    await finish_lists(tx, lists, worked=False)
    outside = await virtual_location(tx, owned.site, "outside")
    await post(tx, _entries(picks, outside), cause="ship", site=owned.site)
    changes = LineChanges()
    for row in picks:
        left = row.left
        changes.add(row.line_id, reserved=-left, picked=left, packed=left, shipped=left)
    await changes.save(tx)
    state = (await refresh_states(tx, [owned.id]))[owned.id]
    await tell(tx, "order.shipped", owned.id, site=owned.site, owner_id=owned.owner_id, state=state)
    return ShippedAll(id=owned.id, state=state, picks=len(picks), quantity=sum(row.left for row in picks))


async def _open_picks(tx: Tx, order_id: UUID) -> Sequence[sa.Row[Any]]:
    found = await tx.conn.execute(
        sa.select(
            pick.c.line_id,
            pick.c.list_id,
            pick.c.stock_id,
            pick.c.reservation_id,
            (pick.c.quantity - pick.c.picked).label("left"),
            stock.c.quantity.label("on_hand"),
            stock.c.weight_g,
            *(stock.c[name] for name in ("place_id", "item_id", "owner_id", "customs_status", "condition", "lot_id")),
            stock.c.serial_id,
            stock.c.account_line_id,
        )
        .join(stock, stock.c.id == pick.c.stock_id)
        .where(pick.c.order_id == order_id, pick.c.state == "open")
        .order_by(pick.c.stock_id, pick.c.id)
    )
    return found.all()


def _entries(picks: Sequence[sa.Row[Any]], outside: UUID) -> list[Entry]:
    weights = {row.stock_id: (row.on_hand, row.weight_g) for row in picks}
    grams = share_weights([(row.stock_id, row.left) for row in picks], weights)
    return [
        Entry(
            source=key_of(row),
            target=outside,
            quantity=row.left,
            reservation_id=row.reservation_id,
            document_id=row.line_id,
            weight_g=own,
        )
        for row, own in zip(picks, grams, strict=True)
    ]
