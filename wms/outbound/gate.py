"""What may not leave: goods on which duty is unpaid, before customs released their order."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.sql import among
from wms.outbound.tables import order, order_line


async def check_customs_gate(tx: Tx, order_ids: Iterable[UUID]) -> None:
    """Refuse `customs_release_missing`, naming the orders that want unpaid goods and have no release reference."""
    unpaid = sa.exists().where(order_line.c.order_id == order.c.id, order_line.c.customs_status == "duty_unpaid")
    found = await tx.conn.scalars(
        sa.select(order.c.reference)
        .where(among(order.c.id, order_ids), order.c.release_ref.is_(None), unpaid)
        .order_by(order.c.reference)
        .limit(20)
    )
    references = list(found)
    if references:
        raise Refusal("customs_release_missing", orders=", ".join(references))
