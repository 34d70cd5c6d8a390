"""Making the locations of an aisle or a whole hall from one pattern."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.sites.tables import site
from wms.stock.location_pattern import BadPattern, Named, expand, read_pattern
from wms.stock.location_schemas import LocationPlan, LocationPreview, LocationsMade
from wms.stock.tables import location, place

MOST_AT_ONCE = 20_000
_SHOWN = 5


async def preview_locations(conn: AsyncConnection, plan: LocationPlan) -> LocationPreview:
    """What `generate_locations` would do. Refuses `bad_pattern`, `too_many_locations`."""
    names = [one.name for one in _expand(plan)]
    known = await _known(conn, plan.site, names)
    return LocationPreview(total=len(names), known=len(known), first=names[:_SHOWN], last=names[-_SHOWN:])


async def generate_locations(tx: Tx, plan: LocationPlan) -> LocationsMade:
    """Make what is missing, and tell it. Refuses `unknown_site`, `bad_pattern`, `too_many_locations`."""
    made = await make_locations(tx, plan)
    if made.added:
        await tell(tx, "locations.added", plan.site, site=plan.site, pattern=plan.pattern, added=made.added)
    return made


async def make_locations(tx: Tx, plan: LocationPlan) -> LocationsMade:
    """Make what is missing; a name that exists stays as it is."""
    if not await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == plan.site)):
        raise Refusal("unknown_site", site=plan.site)
    wanted = _expand(plan)
    # Two people may generate the same aisle: the second waits here and finds it made.
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(plan.site, 2))))
    known = await _known(tx.conn, plan.site, [one.name for one in wanted])
    last = await tx.conn.scalar(sa.select(sa.func.max(location.c.path_order)).where(location.c.site == plan.site))
    rows = [_row(tx, plan, one, (last or 0) + no) for no, one in enumerate(wanted, 1) if one.name not in known]
    if rows:
        await tx.conn.execute(place.insert(), [{"id": row["id"], "kind": "location"} for row in rows])
        await tx.conn.execute(location.insert(), rows)
    return LocationsMade(total=len(wanted), added=len(rows), known=len(known))


def _expand(plan: LocationPlan) -> list[Named]:
    try:
        pattern = read_pattern(plan.pattern)
    except BadPattern:
        raise Refusal("bad_pattern", field="pattern", pattern=plan.pattern) from None
    if pattern.count > MOST_AT_ONCE:
        raise Refusal("too_many_locations", field="pattern", count=pattern.count, limit=MOST_AT_ONCE)
    return list(expand(pattern, serpentine=plan.serpentine))


async def _known(conn: AsyncConnection, site_code: str, names: list[str]) -> set[str]:
    query = sa.select(location.c.name).where(
        location.c.site == site_code, location.c.name == sa.any_(sa.cast(names, ARRAY(sa.String)))
    )
    return set(await conn.scalars(query))


def _row(tx: Tx, plan: LocationPlan, one: Named, path_order: int) -> dict[str, Any]:
    parts: dict[str, str | None] = dict.fromkeys(("zone", "aisle", "bay", "level", "position"))
    placed = plan.aisle_pitch_mm is not None or plan.bay_pitch_mm is not None
    return {
        "id": tx.new_id(),
        "site": plan.site,
        "name": one.name,
        "kind": plan.kind,
        "virtual": False,
        "abc": plan.abc,
        "path_order": path_order,
        "x_mm": plan.x_mm + one.aisle_no * (plan.aisle_pitch_mm or 0) if placed else None,
        "y_mm": plan.y_mm + one.bay_no * (plan.bay_pitch_mm or 0) if placed else None,
        **(parts | one.fields),
        **plan.limits.model_dump(),
    }
