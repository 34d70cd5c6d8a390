"""Shipping a transfer: what is reserved goes in transit, whole units as they stand, the rest loose, all in one posting.

In transit is a real location of the sending site, one for every destination. What lies there stays reserved for its line, so
that nobody takes it on the way.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.add_location import add_location
from wms.stock.move import Move, move_units
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, reserve
from wms.stock.share_weights import share_weights
from wms.stock.wire import Quantity
from wms.transfers.sql import UUIDS, Changes, key_of, load_goods, lock_transfer
from wms.transfers.tables import transfer, transfer_line
from wms.transfers.whole_units import find_whole_units
from wms.transfers.wire import TransferState

TRANSIT_PREFIX = "transit-"


class ShipTransfer(BaseModel):
    id: UUID


class TransferShipped(BaseModel):
    """`units` travel with everything in them."""

    id: UUID
    state: TransferState
    quantity: Quantity
    units: int


async def ship_transfer(tx: Tx, command: ShipTransfer) -> TransferShipped:
    """Send what is reserved; what no stock was found for is not sent any more.

    Refuses `transfer_state`, `customs_release_missing` when unpaid goods have no customs document, `on_hold` and
    `customs_blocked`.
    """
    found = await lock_transfer(tx, command.id, "transfer.ship", "from_site", "reserved")
    await _check_customs(tx, found)
    goods = await load_goods(tx, found.id)
    transit = await add_location(tx, found.from_site, f"{TRANSIT_PREFIX}{found.to_site}", "transit")
    whole = await find_whole_units(tx, found.id)
    boxed = [row for row in goods if row.place_id in whole]
    loose = [row for row in goods if row.place_id not in whole]
    if boxed:
        stock_ids = sorted({row.stock_id for row in boxed})
        await tx.conn.execute(sa.select(sa.func.refuse_blocked(sa.cast(stock_ids, UUIDS))))
    await post(tx, _entries(loose, transit), cause="transfer_ship", site=found.from_site)
    tops = sorted(set(whole.values()))
    await move_units(tx, [Move(id, transit, tx.now, "ship", tx.new_id()) for id in tops])
    await _promise_again(tx, loose, transit)
    changes = Changes()
    for row in goods:
        changes.add(row.line_id, reserved=-row.quantity, shipped=row.quantity)
    await changes.save(tx)
    values = {"state": "in_transit", "transit_id": transit, "shipped_at": tx.now}
    await tx.conn.execute(transfer.update().where(transfer.c.id == found.id).values(values))
    total = sum((row.quantity for row in goods), Decimal(0))
    told = {"to_site": found.to_site, "quantity": str(total), "units": len(tops)}
    await tell(tx, "transfer.shipped", found.id, site=found.from_site, owner_id=found.owner_id, **told)
    return TransferShipped(id=found.id, state="in_transit", quantity=total, units=len(tops))


async def _check_customs(tx: Tx, found: sa.Row[Any]) -> None:
    unpaid = sa.exists().where(
        transfer_line.c.transfer_id == found.id,
        transfer_line.c.customs_status == "duty_unpaid",
        transfer_line.c.reserved > 0,
    )
    if found.customs_ref is None and await tx.conn.scalar(sa.select(unpaid)):
        raise Refusal("customs_release_missing", orders=found.reference)


def _entries(loose: Sequence[sa.Row[Any]], transit: UUID) -> list[Entry]:
    grams = share_weights(
        [(row.stock_id, row.quantity) for row in loose], {row.stock_id: (row.on_hand, row.weight_g) for row in loose}
    )
    return [
        Entry(
            source=key_of(row),
            target=key_of(row).at(transit),
            quantity=row.quantity,
            reservation_id=row.reservation_id,
            guard=True,
            document_id=row.line_id,
            weight_g=own,
        )
        for row, own in zip(loose, grams, strict=True)
    ]


_RENAME = sa.text(
    """
    UPDATE transfer_goods g SET stock_id = n.stock_id, reservation_id = n.reservation_id
    FROM unnest(:ids, :stock_ids, :reservation_ids) AS n(id, stock_id, reservation_id) WHERE g.id = n.id
    """
).bindparams(*(sa.bindparam(name, type_=ARRAY(sa.Uuid)) for name in ("ids", "stock_ids", "reservation_ids")))


async def _promise_again(tx: Tx, loose: Sequence[sa.Row[Any]], transit: UUID) -> None:
    """The posting used up the reservations at the sending site; in transit the same quantities are promised anew."""
    if not loose:
        return
    stock_ids = [key_of(row).at(transit).id for row in loose]
    wants = [Want(id, row.line_id, row.quantity) for id, row in zip(stock_ids, loose, strict=True)]
    params = {"ids": [row.id for row in loose], "stock_ids": stock_ids, "reservation_ids": await reserve(tx, wants)}
    await tx.conn.execute(_RENAME, params)
