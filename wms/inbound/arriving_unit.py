"""Units that come: those of the notice, and those that the receiver builds at the dock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.mint_sscc import mint_ssccs
from wms.stock.move import Move, NewUnit, create_units, move_units
from wms.stock.tables import location, unit
from wms.stock.virtual import virtual_location


class WantedUnit(Protocol):
    @property
    def sscc(self) -> str | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def weight_g(self) -> int | None: ...
    @property
    def height_mm(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Announced:
    """A row of notice_unit."""

    id: UUID
    sscc: str
    kind: str
    parent_id: UUID | None
    weight_g: int | None
    height_mm: int | None
    received_at: Any


async def open_unit(tx: Tx, site: str, dock: sa.Row[Any], wanted: WantedUnit, company_prefix: str) -> tuple[UUID, str]:
    """Id and SSCC of the unit that goods are received into: one that stands at this dock, or a new one."""
    sscc = wanted.sscc
    if sscc is None:
        [sscc] = await mint_ssccs(tx, company_prefix, 1)
    known = (await tx.conn.execute(sa.select(unit).where(unit.c.sscc == sscc))).one_or_none()
    if known is not None:
        if known.location_id != dock.id:
            raise Refusal("unit_elsewhere", unit=sscc)
        return known.id, sscc
    id = tx.new_id()
    outside = await virtual_location(tx, site, "outside")
    await create_units(tx, [NewUnit(id, wanted.kind, outside, sscc, None, wanted.weight_g, wanted.height_mm)])
    await move_units(tx, [Move(id, dock.id, tx.now, "receive", tx.new_id())])
    return id, sscc


async def bring_units(tx: Tx, site: str, dock: sa.Row[Any], rows: Sequence[Announced]) -> dict[UUID, UUID]:
    """Bring announced units (rows of notice_unit, outer before inner) to the dock; the unit's id by the row's.

    A unit that was here before and left comes back as itself. Refuses `unit_exists` when one of this number is in a house.
    """
    if not rows:
        return {}
    known = await _known(tx, [row.sscc for row in rows])
    outside = await virtual_location(tx, site, "outside")
    ids = {row.id: known.get(row.sscc) or tx.new_id() for row in rows}
    fresh = [row for row in rows if row.sscc not in known]
    await create_units(
        tx, [NewUnit(ids[row.id], row.kind, outside, row.sscc, None, row.weight_g, row.height_mm) for row in fresh]
    )
    cause_id = tx.new_id()
    # Inner units first, while all are outside: the outermost then comes in with everything in it.
    moves = [
        Move(ids[row.id], ids.get(row.parent_id, dock.id) if row.parent_id else dock.id, tx.now, "receive", cause_id)
        for row in reversed(rows)
    ]
    await move_units(tx, moves)
    return ids


async def _known(tx: Tx, ssccs: list[str]) -> dict[str, UUID]:
    rows = await tx.conn.execute(
        sa.select(unit.c.id, unit.c.sscc, location.c.virtual)
        .outerjoin(location, location.c.id == unit.c.location_id)
        .where(unit.c.sscc == sa.any_(sa.cast(ssccs, ARRAY(sa.String))))
    )
    found = {}
    for row in rows:
        if not row.virtual:
            raise Refusal("unit_exists", unit=row.sscc)
        found[row.sscc] = row.id
    return found
