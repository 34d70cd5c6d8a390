"""Claims: what came otherwise than it left, and when a transfer is over."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.transfers.tables import claim, transfer, transfer_goods
from wms.transfers.wire import ClaimKind, TransferState


async def open_claims(tx: Tx, found: sa.Row[Any], wrong: Mapping[tuple[UUID, ClaimKind], Decimal]) -> int:
    """A claim for each line and kind of difference."""
    rows = [
        {
            "id": tx.new_id(),
            "transfer_id": found.id,
            "line_id": line_id,
            "kind": kind,
            "quantity": quantity,
            "settled": Decimal(0),
            "opened_at": tx.now,
            "opened_by": tx.actor.id,
        }
        for (line_id, kind), quantity in wrong.items()
        if quantity > 0
    ]
    if rows:
        await tx.conn.execute(claim.insert(), rows)
        told = {"claims": len(rows), "reference": found.reference, "from_site": found.from_site}
        await tell(tx, "transfer.claimed", found.id, site=found.to_site, owner_id=found.owner_id, **told)
    return len(rows)


async def refresh_state(tx: Tx, found: sa.Row[Any], *, finished: bool) -> TransferState:
    """In transit until everything came or somebody says that nothing more will; then claimed until its claims are settled."""
    if not finished:
        coming = sa.exists().where(transfer_goods.c.transfer_id == found.id, transfer_goods.c.quantity > 0)
        if await tx.conn.scalar(sa.select(coming)):
            return "in_transit"
    disputed = sa.exists().where(claim.c.transfer_id == found.id, claim.c.settled < claim.c.quantity)
    if await tx.conn.scalar(sa.select(disputed)):
        await tx.conn.execute(transfer.update().where(transfer.c.id == found.id).values(state="claimed"))
        return "claimed"
    values = {"state": "closed", "closed_at": tx.now}
    await tx.conn.execute(transfer.update().where(transfer.c.id == found.id).values(values))
    await tell(tx, "transfer.closed", found.id, site=found.to_site, owner_id=found.owner_id, reference=found.reference)
    return "closed"
