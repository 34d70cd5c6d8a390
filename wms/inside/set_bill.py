"""What a kit is made of."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.catalog.tables import trade_item
from wms.inside.goods import among
from wms.inside.tables import bill_line
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.wire import PositiveQuantity


class Component(BaseModel):
    item_id: UUID
    quantity: PositiveQuantity


class BillBody(BaseModel):
    """For one kit. An empty list: no kit any more."""

    components: Annotated[list[Component], Field(max_length=500)]


class SetBill(BillBody):
    item_id: UUID


async def set_bill(tx: Tx, command: SetBill) -> SetBill:
    """Refuses `not_found`, `repeated_line`, and `invalid_request` for a kit in itself or with a component of another owner."""
    tx.actor.need("bill.write")
    parts = {one.item_id: one.quantity for one in command.components}
    if len(parts) != len(command.components):
        raise Refusal("repeated_line", field="components")
    wanted = {command.item_id, *parts}
    rows = await tx.conn.execute(
        sa.select(trade_item.c.id, trade_item.c.owner_id).where(among(trade_item.c.id, wanted))
    )
    owners = {row.id: row.owner_id for row in rows}
    if len(owners) != len(wanted):
        raise Refusal("not_found", field="components")
    for owner_id in owners.values():
        tx.actor.need_owner(owner_id)
    if command.item_id in parts or not {owners[id] for id in parts} <= {None, owners[command.item_id]}:
        raise Refusal("invalid_request", field="components")
    await tx.conn.execute(bill_line.delete().where(bill_line.c.item_id == command.item_id))
    if parts:
        lines = [{"component_id": id, "quantity": quantity} for id, quantity in parts.items()]
        await tx.conn.execute(bill_line.insert(), [{"item_id": command.item_id} | line for line in lines])
    await tell(tx, "bill.set", command.item_id, owner_id=owners[command.item_id], components=len(parts))
    return command
