"""The customs document of a transfer: without it unpaid goods do not leave, and only by it goods change their status."""

from uuid import UUID

from pydantic import BaseModel

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.transfers.sql import lock_transfer
from wms.transfers.tables import transfer
from wms.transfers.wire import CustomsStatus, Text60, TransferChanged


class CustomsDocument(BaseModel):
    """`arrival_status`: what the goods are when they come, such as `foreign` for what left as `export_released`."""

    customs_ref: Text60
    arrival_status: CustomsStatus | None = None


class RecordCustoms(CustomsDocument):
    id: UUID


async def record_customs(tx: Tx, command: RecordCustoms) -> TransferChanged:
    """Store or correct the document until everything came. Refuses `transfer_state`."""
    open_states = ("new", "reserved", "in_transit")
    found = await lock_transfer(tx, command.id, "customs.release", "either", *open_states)
    values = command.model_dump(exclude={"id"})
    await tx.conn.execute(transfer.update().where(transfer.c.id == found.id).values(values))
    await tell(tx, "transfer.customs_recorded", found.id, site=found.from_site, owner_id=found.owner_id, **values)
    await audit(tx, "customs.transfer", str(found.id), **values, before=found.customs_ref)
    return TransferChanged(id=found.id, state=found.state)
