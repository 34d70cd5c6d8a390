"""Hard reservations: a quantity of one stock row promised to one demand. Nobody else takes it; it is never promised twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from wms.kit.db import Tx


@dataclass(frozen=True, slots=True)
class Want:
    stock_id: UUID
    demand_id: UUID
    quantity: Decimal


_RESERVE = sa.text("SELECT reserve_stock(:wants, :now)").bindparams(sa.bindparam("wants", type_=JSONB))
_RELEASE = sa.text("SELECT release_reservations(:ids)").bindparams(sa.bindparam("ids", type_=ARRAY(sa.Uuid)))


async def reserve(tx: Tx, wants: Sequence[Want]) -> list[UUID]:
    """Reserve all or nothing; the ids of the reservations, in order. Refuses `insufficient_stock` and `on_hold`."""
    ids = [tx.new_id() for _ in wants]
    if wants:
        rows = [
            {"id": str(id), "s": str(want.stock_id), "d": str(want.demand_id), "q": str(want.quantity)}
            for id, want in zip(ids, wants, strict=True)
        ]
        await tx.conn.execute(_RESERVE, {"wants": rows, "now": tx.now})
    return ids


async def release(tx: Tx, reservation_ids: Sequence[UUID]) -> None:
    """Give back what is still reserved. A reservation already consumed or released gives nothing."""
    if reservation_ids:
        await tx.conn.execute(_RELEASE, {"ids": list(reservation_ids)})
