"""Nothing more will come: what is still on the way becomes a claim, and stays in transit until that is settled."""

from collections import defaultdict
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from wms.kit.db import Tx
from wms.transfers.open_claims import open_claims, refresh_state
from wms.transfers.sql import load_goods, lock_transfer
from wms.transfers.wire import ClaimKind, TransferState


class FinishTransfer(BaseModel):
    id: UUID


class TransferFinished(BaseModel):
    id: UUID
    state: TransferState
    claims: int


async def finish_transfer(tx: Tx, command: FinishTransfer) -> TransferFinished:
    """End receiving. Refuses `transfer_state`."""
    found = await lock_transfer(tx, command.id, "transfer.receive", "to_site", "in_transit")
    short: dict[tuple[UUID, ClaimKind], Decimal] = defaultdict(Decimal)
    for row in await load_goods(tx, found.id):
        short[row.line_id, "short"] += row.quantity
    claims = await open_claims(tx, found, short)
    return TransferFinished(id=found.id, state=await refresh_state(tx, found, finished=True), claims=claims)
