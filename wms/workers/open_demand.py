"""What open orders want and have no promise of: asked here, where outbound and the work inside the house are both known."""

from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.outbound.sql import REMAINDER
from wms.outbound.tables import order, order_line


async def open_demand(conn: AsyncConnection, site: str) -> dict[tuple[UUID, UUID], Decimal]:
    """By item and owner, for orders of the site that are not shipped or cancelled."""
    query = (
        sa.select(order_line.c.item_id, order.c.owner_id, sa.func.sum(REMAINDER))
        .join(order, order.c.id == order_line.c.order_id)
        .where(order.c.site == site, order.c.state.not_in(("shipped", "cancelled")), REMAINDER > 0)
        .group_by(order_line.c.item_id, order.c.owner_id)
    )
    return {(item_id, owner_id): quantity for item_id, owner_id, quantity in await conn.execute(query)}
