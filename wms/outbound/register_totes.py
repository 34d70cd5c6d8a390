"""Totes: units with a label, made once and used for ever. Only a registered label is a tote, so no article code becomes one."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.sql import find_unit, need_house
from wms.outbound.tables import package, picked_goods
from wms.outbound.wire import SiteCode, Text60
from wms.sites.tables import site
from wms.stock.add_location import add_location
from wms.stock.move import Move, NewUnit, create_units, move_units
from wms.stock.tables import location, unit
from wms.stock.virtual import virtual_location

_TOTE_LOCK = 3  # a name space among advisory locks


class RegisterTotes(BaseModel):
    site: SiteCode
    labels: Annotated[list[Text60], Field(min_length=1, max_length=1_000)]


class TotesRegistered(BaseModel):
    """`made` are new; the others were registered already."""

    made: list[str]


async def register_totes(tx: Tx, command: RegisterTotes) -> TotesRegistered:
    """Make totes for labels that are not in use at the site. Refuses `code_exists` for a label of another unit."""
    tx.actor.need("wave.write", command.site)
    need_house(tx)
    if await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)) is None:
        raise Refusal("unknown_site", site=command.site, field="site")
    await tx.conn.execute(
        sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"totes/{command.site}", _TOTE_LOCK)))
    )
    labels = sorted(set(command.labels))
    found = await tx.conn.execute(
        sa.select(unit.c.label, unit.c.kind)
        .join(location, location.c.id == unit.c.location_id)
        .where(location.c.site == command.site, unit.c.label == sa.any_(sa.cast(labels, ARRAY(sa.String))))
    )
    known = {row.label: row.kind for row in found}
    for label, kind in known.items():
        if kind != "tote":
            raise Refusal("code_exists", field="labels", code=label)
    made = [label for label in labels if label not in known]
    outside = await virtual_location(tx, command.site, "outside")
    floor = await add_location(tx, command.site, "picking", "transit")
    units = [NewUnit(tx.new_id(), "tote", outside, label=label) for label in made]
    await create_units(tx, units)
    cause_id = tx.new_id()
    await move_units(tx, [Move(one.id, floor, tx.now, "register", cause_id, outside) for one in units])
    return TotesRegistered(made=made)


async def lock_tote(tx: Tx, site_code: str, code: str, order_id: UUID) -> UUID:
    """The tote that was scanned, kept for this transaction. Refuses `unknown_tote`, and `tote_in_use` by another order."""
    found = await find_unit(tx, site_code, code, field="tote")
    if found is None or found.kind not in ("tote", "case", "pallet", "cart"):
        raise Refusal("unknown_tote", field="tote", code=code)
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(str(found.id), _TOTE_LOCK))))
    others = sa.exists().where(
        picked_goods.c.unit_id == found.id, picked_goods.c.order_id != order_id, picked_goods.c.state == "picked"
    )
    is_package = sa.exists().where(package.c.unit_id == found.id)
    if await tx.conn.scalar(sa.select(others | is_package)) or found.location_kind in ("storage", "pick"):
        raise Refusal("tote_in_use", field="tote", code=code)
    tote_id: UUID = found.id
    return tote_id
