"""Holding a part of a stock row: what is held stays where it is, is not reserved, and keeps owner, status and condition.

Only warehouse receipts hold quantities; the proof compares the two.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from wms.kit.db import Tx

_HOLD = sa.text("SELECT hold_quantity(:changes)").bindparams(sa.bindparam("changes", type_=JSONB))


async def hold_quantity(tx: Tx, changes: Sequence[tuple[UUID, Decimal]]) -> None:
    """Hold more of stock rows, or less where the quantity is negative; all or nothing.

    Refuses `insufficient_stock` where more is asked for than is neither reserved nor held.
    """
    if changes:
        rows = [{"s": str(id), "q": str(quantity)} for id, quantity in changes]
        await tx.conn.execute(_HOLD, {"changes": rows})
