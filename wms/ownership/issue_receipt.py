"""Issuing a warehouse receipt (仓单): from then on its goods are held, row by row, until it is surrendered or released."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.receipt_lines import write_receipt
from wms.ownership.wire import IssueReceipt, ReceiptIssued
from wms.stock.find import BLOCKED_STATUSES, on_hold
from wms.stock.hold_quantity import hold_quantity
from wms.stock.tables import location, stock, unit


async def issue_receipt(tx: Tx, command: IssueReceipt) -> ReceiptIssued:
    """Refuses `not_found` for rows that are not of this owner at this site, `repeated_line`, `not_receiptable` for goods that
    are not good, on hold or kept by customs, and `insufficient_stock` for what is reserved or held already."""
    tx.actor.need("warehouse_receipt.write", command.site)
    tx.actor.need_owner(command.owner_id)
    wanted = {line.stock_id: line.quantity for line in command.lines}
    if len(wanted) < len(command.lines):
        raise Refusal("repeated_line", field="lines")
    rows = await _load(tx, command.site, command.owner_id, list(wanted))
    if len(rows) < len(wanted):
        raise Refusal("not_found", field="lines")
    for row in rows.values():
        if row.condition != "good" or row.customs_status in BLOCKED_STATUSES or row.on_hold:
            raise Refusal("not_receiptable", field="lines", place=row.name)
    lines = [(line.stock_id, rows[line.stock_id].item_id, line.quantity) for line in command.lines]
    id, number = await write_receipt(tx, command.site, command.owner_id, lines)
    await hold_quantity(tx, list(wanted.items()))
    told: dict[str, Any] = {"number": number, "lines": len(lines)}
    await tell(tx, "warehouse_receipt.issued", id, site=command.site, owner_id=command.owner_id, **told)
    await audit(tx, "warehouse_receipt.issue", str(id), **told)
    return ReceiptIssued(id=id, number=number, state="open")


async def _load(tx: Tx, site: str, owner_id: UUID, ids: list[UUID]) -> dict[UUID, Any]:
    holder = unit.alias("holder")
    query = (
        sa.select(stock.c.id, stock.c.item_id, stock.c.condition, stock.c.customs_status, on_hold.label("on_hold"))
        .add_columns(location.c.name)
        .outerjoin(holder, holder.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(holder.c.location_id, stock.c.place_id))
        .where(
            stock.c.id == sa.any_(sa.literal(ids, ARRAY(sa.Uuid))),
            stock.c.owner_id == owner_id,
            location.c.site == site,
        )
    )
    return {row.id: row for row in await tx.conn.execute(query)}
