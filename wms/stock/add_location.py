"""Adding locations; asking for one that exists gives its id."""

from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.stock.tables import location, place


async def add_location(tx: Tx, site: str, name: str, kind: str, *, virtual: bool = False) -> UUID:
    """The id of the location `name` of a site, made when it is new."""
    known = await _find(tx, site, name)
    if known is not None:
        return known
    # Two may add it at once: the second waits here and then finds it.
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{site}/{name}", 1))))
    known = await _find(tx, site, name)
    if known is not None:
        return known
    id = tx.new_id()
    await tx.conn.execute(place.insert().values(id=id, kind="location"))
    await tx.conn.execute(location.insert().values(id=id, site=site, name=name, kind=kind, virtual=virtual))
    return id


async def _find(tx: Tx, site: str, name: str) -> UUID | None:
    id: UUID | None = await tx.conn.scalar(
        sa.select(location.c.id).where(location.c.site == site, location.c.name == name)
    )
    return id
