"""Sealing closed bags: sorted parcels become `bagged`; what should not be in there stays an exception and raises an alarm.

A held parcel, or one that fell into the wrong chute, leaves with the bag unless somebody takes it out. It stays in the
directory, so that the line sorts it again as soon as it is back on the belt.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from devices.contract.reasons import SortReason
from wms.equipment.raise_alarm import raise_alarm
from wms.kit.db import Tx
from wms.parcels.tables import bag, parcel
from wms.stock.tables import unit

_SHUT = sa.or_(parcel.c.hold, parcel.c.blocked_by.is_not(None))


async def seal_bags(tx: Tx, bag_ids: Sequence[UUID]) -> list[int]:
    """Seal what lies in these bags; the directory buckets that changed by it, for the caller to mark."""
    query = sa.select(unit.c.id).where(unit.c.place_id.in_(bag_ids), unit.c.kind == "parcel").order_by(unit.c.id)
    inside = list(await tx.conn.scalars(query))
    await tx.conn.execute(sa.select(parcel.c.id).where(parcel.c.id.in_(inside)).order_by(parcel.c.id).with_for_update())
    here = parcel.c.id.in_(inside)
    sealed = await tx.conn.execute(
        parcel.update()
        .where(here, parcel.c.state == "sorted", ~_SHUT)
        .values(state="bagged", state_at=tx.now)
        .returning(parcel.c.bucket)
    )
    await tx.conn.execute(
        parcel.update()
        .where(here, _SHUT, parcel.c.reason.is_distinct_from(SortReason.CUSTOMS_HOLD))
        .values(state="exception", reason=SortReason.CUSTOMS_HOLD, state_at=tx.now)
    )
    await _tell_of_exceptions(tx, bag_ids)
    return [row.bucket for row in sealed if row.bucket is not None]


async def _tell_of_exceptions(tx: Tx, bag_ids: Sequence[UUID]) -> None:
    rows = await tx.conn.execute(
        sa.select(bag.c.line, bag.c.chute, bag.c.sscc, sa.func.count().label("parcels"))
        .select_from(bag.join(unit, unit.c.place_id == bag.c.id).join(parcel, parcel.c.id == unit.c.id))
        .where(bag.c.id.in_(bag_ids), parcel.c.state == "exception")
        .group_by(bag.c.line, bag.c.chute, bag.c.sscc)
        .order_by(bag.c.sscc)
    )
    for row in rows.all():
        params = {"sscc": row.sscc, "chute": row.chute, "parcels": row.parcels}
        await raise_alarm(tx, row.line, "bag_to_open", params, tx.now)
