"""Holds: what they cover cannot be reserved, picked or sent out, at every site, from the moment they are placed.

Goods on hold may still be moved inside the house, to where they are kept apart.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.tables import hold, location, unit

HoldReason = Literal[
    "recall", "quality", "customs", "excursion", "damage", "owner", "count", "credit", "expiry", "inspection"
]


class PlaceHold(BaseModel):
    """What is given narrows together: a lot and a site hold that lot at that site only."""

    model_config = ConfigDict(extra="forbid")  # a misspelt selector would hold more than was meant

    item_id: UUID | None = None
    lot_id: UUID | None = None
    unit_id: UUID | None = None
    owner_id: UUID | None = None
    location_id: UUID | None = None
    site: Annotated[str, Field(max_length=8)] | None = None
    hs_prefix: Annotated[str, Field(pattern=r"^\d{2,10}$")] | None = None
    reason: HoldReason
    note: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _selects_something(self) -> "PlaceHold":
        if not any(self.model_dump(exclude={"reason", "note"}).values()):
            raise ValueError("a hold needs a selector")
        return self


class HoldPlaced(BaseModel):
    id: UUID
    placed_at: datetime


class ReleaseHold(BaseModel):
    id: UUID
    note: str = Field(min_length=1, max_length=200)


async def place_hold(tx: Tx, command: PlaceHold) -> HoldPlaced:
    """Place a hold. A person of one owner or site holds only what is theirs (else `not_found`)."""
    if command.reason == "inspection":
        raise Refusal("hold_of_inspection")
    site = await _site_of(tx, command.site, command.location_id, command.unit_id)
    tx.actor.need("hold.write", site)
    if tx.actor.sites is not None and site is None:
        raise Refusal("not_allowed", right="hold.write", scope="every_site")
    if tx.actor.owners is not None:
        tx.actor.need_owner(command.owner_id)
    id = tx.new_id()
    await tx.conn.execute(
        hold.insert().values(id=id, placed_at=tx.now, placed_by=tx.actor.name, **command.model_dump())
    )
    given = command.model_dump(exclude={"note"}).items()
    selectors = {name: str(value) for name, value in given if value is not None}
    told = {name: value for name, value in selectors.items() if name not in ("site", "owner_id")}
    await tell(tx, "stock.held", id, site=site, owner_id=command.owner_id, **told)
    await audit(tx, "hold.place", str(id), why=command.note, **selectors)
    return HoldPlaced(id=id, placed_at=tx.now)


async def release_hold(tx: Tx, command: ReleaseHold) -> HoldPlaced:
    """Release a hold. Refuses `not_found`, `hold_released`, and `hold_of_inspection`: only a verdict lifts that."""
    row = (await tx.conn.execute(sa.select(hold).where(hold.c.id == command.id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    site = await _site_of(tx, row.site, row.location_id, row.unit_id)
    tx.actor.need("hold.write", site)
    if tx.actor.sites is not None and site is None:
        raise Refusal("not_allowed", right="hold.write", scope="every_site")
    tx.actor.need_owner(row.owner_id)
    if row.released_at is not None:
        raise Refusal("hold_released")
    if row.reason == "inspection":
        raise Refusal("hold_of_inspection")
    await tx.conn.execute(
        hold.update()
        .where(hold.c.id == command.id)
        .values(released_at=tx.now, released_by=tx.actor.name, release_note=command.note)
    )
    await tell(tx, "stock.hold_released", command.id, site=site, owner_id=row.owner_id)
    await audit(tx, "hold.release", str(command.id), why=command.note)
    return HoldPlaced(id=row.id, placed_at=row.placed_at)


async def _site_of(tx: Tx, named: str | None, location_id: UUID | None, unit_id: UUID | None) -> str | None:
    """The one site a hold is confined to, if it is: by its name, its location or where its unit is now."""
    if named is not None:
        return named
    where = location_id
    if unit_id is not None:
        where = await tx.conn.scalar(sa.select(unit.c.location_id).where(unit.c.id == unit_id))
    if where is None:
        return None
    site: str | None = await tx.conn.scalar(sa.select(location.c.site).where(location.c.id == where))
    if site is None:
        raise Refusal("not_found")
    return site
