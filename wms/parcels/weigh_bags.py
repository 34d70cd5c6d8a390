"""Weights that become known while a parcel already lies in a bag."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.parcels.tables import bag, parcel
from wms.stock.tables import unit


async def add_declared_weights(tx: Tx, parcel_ids: Sequence[UUID]) -> None:
    """Add what was just declared of these parcels to the bags they lie in; a weight that was measured stays."""
    found = (
        sa.select(unit.c.place_id, sa.func.sum(parcel.c.declared_weight_g).label("weight_g"))
        .join(parcel, parcel.c.id == unit.c.id)
        .where(
            parcel.c.id.in_(parcel_ids), parcel.c.measured_weight_g.is_(None), parcel.c.declared_weight_g.is_not(None)
        )
        .group_by(unit.c.place_id)
        .subquery()
    )
    await tx.conn.execute(
        bag.update().where(bag.c.id == found.c.place_id).values(weight_g=bag.c.weight_g + found.c.weight_g)
    )
