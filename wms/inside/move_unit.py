"""Moving a unit by one scan, with everything in it."""

from uuid import UUID

from pydantic import BaseModel

from wms.inside.find_unit import need_place, need_unit
from wms.inside.unit_content import owners_inside
from wms.inside.wire import SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.move import Move, move_units


class MoveUnit(BaseModel):
    """`to`: a location or another unit."""

    site: SiteCode
    unit: Text60
    to: Text60


class UnitMoved(BaseModel):
    id: UUID
    code: str
    to: str


async def move_unit(tx: Tx, command: MoveUnit) -> UnitMoved:
    """Refuses `already_there`, `unit_in_itself`, and what the places say."""
    tx.actor.need("unit.work", command.site)
    found = await need_unit(tx, command.site, command.unit)
    place_id = await need_place(tx, command.site, command.to, field="to")
    if place_id == found.place_id:
        raise Refusal("already_there", place=command.to, field="to")
    await move_units(tx, [Move(found.id, place_id, tx.now, "move", tx.new_id(), found.place_id)])
    await tell_of_unit(tx, "unit.moved", found.id, command.site, code=found.code, to=command.to)
    return UnitMoved(id=found.id, code=found.code, to=command.to)


async def tell_of_unit(tx: Tx, kind: str, unit_id: UUID, site: str, **data: str) -> None:
    """The fact for every owner with goods in the unit; for an empty one, to the house."""
    owners: list[UUID | None] = [*await owners_inside(tx.conn, unit_id)]
    for owner_id in owners or [None]:
        await tell(tx, kind, unit_id, site=site, owner_id=owner_id, **data)
