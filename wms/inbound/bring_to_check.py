"""Bringing what is to be checked from the dock to the quality place: a step of its own, with its own journal pair."""

from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.inbound.checked_stock import load_rows, roots_of
from wms.inbound.record_check import lock_check
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.move import Move, move_units
from wms.stock.post import Entry, post
from wms.stock.tables import location
from wms.stock.wire import Quantity


class BringBody(BaseModel):
    location: str = Field(min_length=1, max_length=60)


class BringToCheck(BringBody):
    id: UUID


class Brought(BaseModel):
    location: str
    quantity: Quantity


async def bring_to_check(tx: Tx, command: BringToCheck) -> Brought:
    """Move all goods of a check to a quality place; units go as wholes. Refuses `unknown_location`, `wrong_location_kind`,
    `location_disabled` and `check_decided`."""
    check = await lock_check(tx, command.id)
    query = sa.select(location).where(location.c.site == check.site, location.c.name == command.location)
    target = (await tx.conn.execute(query)).one_or_none()
    if target is None:
        raise Refusal("unknown_location", location=command.location, field="location")
    if target.kind != "quality":
        raise Refusal("wrong_location_kind", location=target.name, kind=target.kind, field="location")
    if not target.enabled:
        raise Refusal("location_disabled", location=target.name, field="location")
    rows = [row for row in await load_rows(tx, check, ("quality_check",)) if row.location_id != target.id]
    roots = await roots_of(tx, rows)
    cause_id = tx.new_id()
    moves = [Move(id, target.id, tx.now, "to_check", cause_id) for id in sorted(set(roots.values()))]
    await move_units(tx, moves)
    entries = [
        Entry(row.key, row.key.at(target.id), row.free, weight_g=row.free_weight_g, document_id=check.id)
        for row in rows
        if row.key.place_id not in roots and row.free > 0
    ]
    await post(tx, entries, cause="to_check", site=check.site)
    return Brought(location=target.name, quantity=sum((row.free for row in rows), Decimal(0)))
