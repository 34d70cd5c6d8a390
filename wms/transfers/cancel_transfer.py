"""Cancelling a transfer before anything of it left."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.stock.reserve import release
from wms.transfers.sql import Changes, load_goods, lock_transfer
from wms.transfers.tables import transfer, transfer_goods
from wms.transfers.wire import TransferChanged


class CancelReason(BaseModel):
    reason: str = Field(min_length=1, max_length=200)


class CancelTransfer(CancelReason):
    id: UUID


async def cancel_transfer(tx: Tx, command: CancelTransfer) -> TransferChanged:
    """Give back what is reserved. Refuses `transfer_state` for what is on its way or over."""
    found = await lock_transfer(tx, command.id, "transfer.write", "from_site", "new", "reserved")
    goods = await load_goods(tx, found.id)
    await release(tx, [row.reservation_id for row in goods])
    changes = Changes()
    for row in goods:
        changes.add(row.line_id, reserved=-row.quantity)
    await changes.save(tx)
    await tx.conn.execute(sa.delete(transfer_goods).where(transfer_goods.c.transfer_id == found.id))
    await tx.conn.execute(
        transfer.update().where(transfer.c.id == found.id).values(state="cancelled", closed_at=tx.now)
    )
    told = {"reason": command.reason}
    await tell(tx, "transfer.cancelled", found.id, site=found.from_site, owner_id=found.owner_id, **told)
    return TransferChanged(id=found.id, state="cancelled")
