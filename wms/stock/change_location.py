"""Changing what a location takes, and closing it for a while."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.location_schemas import LocationChange, LocationRow
from wms.stock.tables import location


class ChangeLocation(BaseModel):
    """`change` as it came: its set fields are what changes."""

    location_id: UUID
    change: LocationChange


class SetLocationEnabled(BaseModel):
    location_id: UUID
    enabled: bool
    reason: str | None = None


async def change_location(tx: Tx, command: ChangeLocation) -> LocationRow:
    """Refuses `not_found`, also for a virtual place and one of a sorting line."""
    values: dict[str, Any] = command.change.model_dump(exclude_unset=True)
    if values.get("kind", "") is None:
        del values["kind"]
    row = await _update(tx, command.location_id, values)
    await tell(tx, "location.changed", row.id, site=row.site, changed=sorted(values))
    return row


async def set_location_enabled(tx: Tx, command: SetLocationEnabled) -> LocationRow:
    """A disabled location is given to no putaway; what lies there can be taken out."""
    row = await _update(tx, command.location_id, {"enabled": command.enabled})
    kind = "location.enabled" if command.enabled else "location.disabled"
    await tell(tx, kind, row.id, site=row.site, reason=command.reason)
    return row


async def _update(tx: Tx, id: UUID, values: dict[str, Any]) -> LocationRow:
    mine = sa.and_(location.c.id == id, sa.not_(location.c.virtual), location.c.kind.not_in(("line", "chute", "lost")))
    if values:
        statement = location.update().where(mine).values(values).returning(location)
        row = (await tx.conn.execute(statement)).one_or_none()
    else:
        row = (await tx.conn.execute(sa.select(location).where(mine))).one_or_none()
    if row is None or (tx.actor.sites is not None and row.site not in tx.actor.sites):
        raise Refusal("not_found")
    return LocationRow.model_validate(row)
