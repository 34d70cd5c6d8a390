"""Making units: a pallet, tote or case with an SSCC of ours or a label of its own, empty, where it stands."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.inside.find_unit import need_place
from wms.inside.tables import unit_code
from wms.inside.wire import NewUnitBody, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.standards.gs1 import check_key
from wms.stock.mint_sscc import mint_ssccs
from wms.stock.move import Move, NewUnit, create_units, move_units
from wms.stock.tables import location, unit
from wms.stock.virtual import virtual_location

_LABEL_LOCK = 4  # a name space among advisory locks


class MakeUnitBody(NewUnitBody):
    site: SiteCode
    place: Text60 = Field(description="a location or another unit")


class MakeUnit(MakeUnitBody):
    company_prefix: str


class UnitMade(BaseModel):
    """`code` is its SSCC or label."""

    id: UUID
    code: str


async def make_unit(tx: Tx, command: MakeUnit) -> UnitMade:
    """Refuses `unknown_place`, `location_disabled`, `code_exists`, and what a limited place says to another unit."""
    tx.actor.need("unit.work", command.site)
    place_id = await need_place(tx, command.site, command.place, field="place")
    made = await open_unit(tx, command.site, place_id, command, command.company_prefix)
    await tell(tx, "unit.made", made.id, site=command.site, code=made.code)
    return made


async def open_unit(tx: Tx, site: str, place_id: UUID, wanted: NewUnitBody, company_prefix: str) -> UnitMade:
    """A new unit at a place."""
    id = tx.new_id()
    label = wanted.label
    sscc = (await mint_ssccs(tx, company_prefix, 1))[0] if label is None else None
    if label is not None:
        await need_free_code(tx, site, label)
        if check_key(label, "sscc") is None:
            sscc, label = label, None
    outside = await virtual_location(tx, site, "outside")
    await create_units(tx, [NewUnit(id, wanted.kind, outside, sscc, label)])
    await move_units(tx, [Move(id, place_id, tx.now, "make", tx.new_id(), outside)])
    return UnitMade(id=id, code=sscc or label or "")


async def need_free_code(tx: Tx, site: str, code: str) -> None:
    """Refuse `code_exists` for a code that a unit at the site has or that any unit ever had; the check holds to the commit."""
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(code, _LABEL_LOCK))))
    here = (
        sa.select(unit.c.id)
        .join(location, location.c.id == unit.c.location_id)
        .where(unit.c.label == code, location.c.site == site)
    )
    taken = sa.or_(
        sa.exists(here),
        sa.exists(sa.select(unit.c.id).where(unit.c.sscc == code)),
        sa.exists(sa.select(unit_code.c.id).where(unit_code.c.code == code)),
        sa.exists(sa.select(location.c.id).where(location.c.site == site, location.c.name == code)),
    )
    if await tx.conn.scalar(sa.select(taken)):
        raise Refusal("code_exists", code=code, field="label")
