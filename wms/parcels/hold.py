"""Customs holds on parcels: set by an instruction, lifted by an instruction, obeyed by the line within a relay's breath."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parcels.tables import parcel


class ChangeHold(BaseModel):
    """`note` is the instruction's reference or the reason."""

    parcel_id: UUID
    hold: bool
    note: str = Field(min_length=1, max_length=200)


class HoldChanged(BaseModel):
    parcel_id: UUID
    hold: bool
    site: str
    bucket: int | None


async def change_hold(tx: Tx, command: ChangeHold) -> HoldChanged:
    """The parcel's half of a hold.

    Refuses `unknown_parcel`, and `parcel_not_holdable` for one already in a closed bag: that bag has to be opened first.
    """
    row = (
        await tx.conn.execute(sa.select(parcel).where(parcel.c.id == command.parcel_id).with_for_update())
    ).one_or_none()
    absent = Refusal("unknown_parcel", code=str(command.parcel_id))
    if row is None:
        raise absent
    tx.actor.need("parcel.hold", row.site, absent=absent)
    if row.state == "bagged":
        raise Refusal("parcel_not_holdable", state=row.state)
    await tx.conn.execute(
        parcel.update().where(parcel.c.id == row.id).values(hold=command.hold, hold_note=command.note)
    )
    return HoldChanged(parcel_id=row.id, hold=command.hold, site=row.site, bucket=row.bucket)
