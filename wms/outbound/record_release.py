"""The customs release of an order: the reference without which unpaid goods do not pass the gate."""

from uuid import UUID

from pydantic import BaseModel

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.sql import lock_order
from wms.outbound.tables import order
from wms.outbound.wire import OrderChanged, Text60


class ReleaseReference(BaseModel):
    release_ref: Text60


class RecordRelease(ReleaseReference):
    id: UUID


async def record_release(tx: Tx, command: RecordRelease) -> OrderChanged:
    """Store or correct the reference while the order is here. Refuses `order_ended`."""
    owned = await lock_order(tx, command.id, "customs.release")
    if owned.state in ("shipped", "cancelled"):
        raise Refusal("order_ended", state=owned.state)
    await tx.conn.execute(order.update().where(order.c.id == owned.id).values(release_ref=command.release_ref))
    await tell(tx, "order.customs_released", owned.id, site=owned.site, owner_id=owned.owner_id)
    await audit(tx, "customs.release", str(owned.id), release_ref=command.release_ref, before=owned.release_ref)
    return OrderChanged(id=owned.id, state=owned.state)
