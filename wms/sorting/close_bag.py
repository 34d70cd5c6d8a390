"""Closing a bag by hand: the chute emptier takes it although it is not full."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.access.audit import audit
from wms.equipment.lock_line import lock_line
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parcels.tables import bag
from wms.sorting.mark_directory import mark_directory
from wms.sorting.seal_bags import seal_bags
from wms.stock.mint_sscc import mint_ssccs
from wms.stock.tables import unit


class CloseBag(BaseModel):
    bag_id: UUID
    company_prefix: str


class BagClosed(BaseModel):
    bag_id: UUID
    sscc: str
    parcels: int
    weight_g: int


async def close_bag(tx: Tx, command: CloseBag) -> BagClosed:
    """Mint the SSCC and seal the parcels. Refuses `not_found`, `bag_closed`, `bag_empty`."""
    await lock_line(tx, await tx.conn.scalar(sa.select(bag.c.line).where(bag.c.id == command.bag_id)) or "")
    row = (await tx.conn.execute(sa.select(bag).where(bag.c.id == command.bag_id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("bag.close", row.site)
    if row.closed_at is not None:
        raise Refusal("bag_closed", sscc=row.sscc)
    if row.parcels == 0:
        raise Refusal("bag_empty")
    (sscc,) = await mint_ssccs(tx, command.company_prefix, 1)
    await tx.conn.execute(
        bag.update().where(bag.c.id == row.id).values(closed_at=tx.now, close_reason="person", sscc=sscc)
    )
    await tx.conn.execute(unit.update().where(unit.c.id == row.id).values(sscc=sscc))
    await mark_directory(tx, row.site, await seal_bags(tx, [row.id]))
    await audit(tx, "bag.close", sscc, parcels=row.parcels)
    return BagClosed(bag_id=row.id, sscc=sscc, parcels=row.parcels, weight_g=row.weight_g)
