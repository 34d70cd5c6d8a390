"""The site where a place is now: of a location its own, of a unit that of the location at the root of its tree."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import location, unit


async def site_of_place(tx: Tx, place_id: UUID) -> str:
    """Refuses `not_found` for a place that is not there."""
    root = sa.select(unit.c.location_id).where(unit.c.id == place_id).scalar_subquery()
    site: str | None = await tx.conn.scalar(
        sa.select(location.c.site).where(location.c.id == sa.func.coalesce(root, place_id))
    )
    if site is None:
        raise Refusal("not_found")
    return site


async def sites_of_places(tx: Tx, place_ids: Iterable[UUID]) -> set[str]:
    """The sites where these places are now."""
    wanted = sa.any_(sa.literal(sorted(set(place_ids)), ARRAY(sa.Uuid)))
    roots = sa.select(unit.c.location_id).where(unit.c.id == wanted)
    found = sa.select(location.c.site).where(sa.or_(location.c.id == wanted, location.c.id.in_(roots)))
    return set(await tx.conn.scalars(found.distinct()))
