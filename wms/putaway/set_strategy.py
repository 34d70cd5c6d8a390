"""Setting how a site puts goods away: the chain of steps, and the fixed places of articles."""

from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import insert

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.putaway.tables import fixed_place, putaway_chain
from wms.sites.tables import site
from wms.stock.tables import location

Step = Literal["fixed", "same_lot", "same_item", "abc_zone", "nearest_empty", "any"]


class SetChain(BaseModel):
    """Steps in the order in which they are tried. A step that is left out chooses no place."""

    site: str = Field(max_length=8)
    steps: Annotated[list[Step], Field(min_length=1, max_length=6)]


class SetFixedPlaces(BaseModel):
    """All fixed places of one article at a site; an empty list sets it free."""

    site: str = Field(max_length=8)
    item_id: UUID
    locations: list[Annotated[str, Field(max_length=60)]] = Field(max_length=100)


async def set_chain(tx: Tx, command: SetChain) -> SetChain:
    """Refuses `unknown_site`."""
    if not await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)):
        raise Refusal("unknown_site", site=command.site)
    steps = list(dict.fromkeys(command.steps))
    row = insert(putaway_chain).values(site=command.site, steps=steps)
    await tx.conn.execute(row.on_conflict_do_update(index_elements=["site"], set_={"steps": row.excluded.steps}))
    return SetChain(site=command.site, steps=steps)


async def set_fixed_places(tx: Tx, command: SetFixedPlaces) -> SetFixedPlaces:
    """Refuses `not_found` for the article and `unknown_location`."""
    owner = (
        await tx.conn.execute(sa.select(trade_item.c.owner_id).where(trade_item.c.id == command.item_id))
    ).one_or_none()
    if owner is None:
        raise Refusal("not_found")
    tx.actor.need_owner(owner.owner_id)
    wanted = sorted(set(command.locations))
    rows = await tx.conn.execute(
        sa.select(location.c.id, location.c.name).where(
            location.c.site == command.site, location.c.name.in_(wanted), ~location.c.virtual
        )
    )
    ids = {row.name: row.id for row in rows}
    for name in wanted:
        if name not in ids:
            raise Refusal("unknown_location", location=name, field="locations")
    mine = sa.and_(fixed_place.c.site == command.site, fixed_place.c.item_id == command.item_id)
    await tx.conn.execute(fixed_place.delete().where(mine))
    if ids:
        values = [{"site": command.site, "item_id": command.item_id, "location_id": id} for id in ids.values()]
        await tx.conn.execute(insert(fixed_place).on_conflict_do_nothing(), values)
    return SetFixedPlaces(site=command.site, item_id=command.item_id, locations=wanted)
