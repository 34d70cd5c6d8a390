"""Reserving what a transfer is to send. What is not there is left open and may be asked for again."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError

from wms.kit.db import Contended, Tx
from wms.kit.facts import tell
from wms.sites.tables import site
from wms.stock.reserve import Want, reserve
from wms.stock.wire import Quantity
from wms.transfers.rules import Candidate, Choice, Demand, choose
from wms.transfers.sql import UUIDS, Changes, lock_transfer
from wms.transfers.tables import transfer, transfer_goods, transfer_line
from wms.transfers.wire import TransferState

_OUTRUN = ("insufficient_stock", "on_hold")


class ReserveTransfer(BaseModel):
    id: UUID


class TransferReserved(BaseModel):
    """`missing` is what no stock was found for."""

    id: UUID
    state: TransferState
    reserved: Quantity
    missing: Quantity


async def reserve_transfer(tx: Tx, command: ReserveTransfer) -> TransferReserved:
    """Promise stock of the sending site to the lines, first what expires first. Refuses `transfer_state`."""
    found = await lock_transfer(tx, command.id, "transfer.write", "from_site", "new", "reserved")
    demands = await _demands(tx, found.id)
    candidates = await _candidates(tx, found, {one.item_id for one in demands})
    choices = choose(demands, candidates, await _today(tx, found.from_site))
    await _save(tx, found.id, choices)
    sums = (
        await tx.conn.execute(
            sa.select(
                sa.func.sum(transfer_line.c.reserved).label("reserved"),
                sa.func.sum(transfer_line.c.quantity - transfer_line.c.reserved).label("missing"),
            ).where(transfer_line.c.transfer_id == found.id)
        )
    ).one()
    state: TransferState = "reserved" if sums.reserved > 0 else "new"
    await tx.conn.execute(transfer.update().where(transfer.c.id == found.id).values(state=state))
    if choices:
        told = {"reserved": str(sums.reserved), "missing": str(sums.missing)}
        await tell(tx, "transfer.reserved", found.id, site=found.from_site, owner_id=found.owner_id, **told)
    return TransferReserved(id=found.id, state=state, reserved=sums.reserved, missing=sums.missing)


async def _demands(tx: Tx, transfer_id: UUID) -> list[Demand]:
    missing = transfer_line.c.quantity - transfer_line.c.reserved
    found = await tx.conn.execute(
        sa.select(
            *(transfer_line.c.id, transfer_line.c.item_id, transfer_line.c.customs_status, transfer_line.c.lot_id),
            missing.label("missing"),
        )
        .where(transfer_line.c.transfer_id == transfer_id, missing > 0)
        .order_by(transfer_line.c.line_no)
    )
    return [Demand(*row) for row in found]


# holds_on is the law; the first EXISTS only spares it most rows.
_CANDIDATES = sa.text(
    """
    SELECT s.id AS stock_id, s.item_id, s.customs_status, s.lot_id, coalesce(t.expires_on, t.best_before_on) AS good_until,
           s.first_at, l.path_order, s.quantity - s.reserved - s.held AS available
    FROM stock s
    LEFT JOIN unit u ON u.id = s.place_id
    JOIN location l ON l.id = coalesce(u.location_id, s.place_id)
    LEFT JOIN lot t ON t.id = s.lot_id
    WHERE s.item_id = ANY (:items) AND s.owner_id = :owner_id AND s.quantity > s.reserved + s.held
      AND s.condition = 'good' AND l.site = :site AND l.enabled AND l.kind IN ('storage', 'pick')
      AND NOT (
          EXISTS (SELECT FROM stock_hold h WHERE h.released_at IS NULL
                  AND (h.item_id IS NULL OR h.item_id = s.item_id) AND (h.owner_id IS NULL OR h.owner_id = s.owner_id)
                  AND (h.location_id IS NULL OR h.location_id = l.id) AND (h.lot_id IS NULL OR h.lot_id = s.lot_id)
                  AND (h.unit_id IS NULL OR u.id IS NOT NULL))
          AND EXISTS (SELECT FROM holds_on(s.id)))
    """
).bindparams(sa.bindparam("items", type_=UUIDS))


async def _candidates(tx: Tx, found: sa.Row[Any], items: set[UUID]) -> list[Candidate]:
    params = {"items": sorted(items), "owner_id": found.owner_id, "site": found.from_site}
    return [Candidate(**row) for row in (await tx.conn.execute(_CANDIDATES, params)).mappings()]


async def _today(tx: Tx, site_code: str) -> Any:
    """The date on the calendar of a site: goods expire at midnight there."""
    zone = await tx.conn.scalar(sa.select(site.c.time_zone).where(site.c.code == site_code))
    return tx.now.astimezone(ZoneInfo(zone or "UTC")).date()


async def _save(tx: Tx, transfer_id: UUID, choices: Sequence[Choice]) -> None:
    if not choices:
        return
    try:
        ids = await reserve(tx, [Want(one.stock_id, one.line_id, one.quantity) for one in choices])
    except DBAPIError as error:
        # Somebody else was faster at one of these rows: look again.
        if getattr(getattr(error.orig, "__cause__", None), "message", "") in _OUTRUN:
            raise Contended from error
        raise
    changes = Changes()
    rows: list[dict[str, UUID | Decimal]] = []
    for one, reservation_id in zip(choices, ids, strict=True):
        changes.add(one.line_id, reserved=one.quantity)
        rows.append(
            {
                "id": tx.new_id(),
                "transfer_id": transfer_id,
                "line_id": one.line_id,
                "stock_id": one.stock_id,
                "reservation_id": reservation_id,
                "quantity": one.quantity,
            }
        )
    await tx.conn.execute(transfer_goods.insert(), rows)
    await changes.save(tx)
