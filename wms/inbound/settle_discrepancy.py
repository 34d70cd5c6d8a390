"""Settling a discrepancy: somebody says why it is so, and it is done with."""

from typing import Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.inbound.tables import discrepancy
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal

Reason = Literal[
    "accepted", "miscounted", "supplier_claim", "carrier_claim", "customs_report", "returned_to_sender", "found_later"
]


class SettleBody(BaseModel):
    reason: Reason
    note: str | None = Field(default=None, max_length=200)


class Settle(SettleBody):
    id: UUID


class Settled(BaseModel):
    id: UUID
    reason: str


async def settle_discrepancy(tx: Tx, command: Settle) -> Settled:
    """Refuses `not_found` and `discrepancy_settled`."""
    query = sa.select(discrepancy).where(discrepancy.c.id == command.id).with_for_update()
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("discrepancy.settle", row.site)
    tx.actor.need_owner(row.owner_id)
    if row.settled_at is not None:
        raise Refusal("discrepancy_settled", reason=row.reason)
    await tx.conn.execute(
        discrepancy.update()
        .where(discrepancy.c.id == command.id)
        .values(settled_at=tx.now, settled_by=tx.actor.name, reason=command.reason, note=command.note)
    )
    told = {"difference": row.kind, "reason": command.reason}
    await tell(tx, "discrepancy.settled", row.id, site=row.site, owner_id=row.owner_id, **told)
    return Settled(id=row.id, reason=command.reason)
