"""Re-labelling a unit: it gets a new code, and who scans the old one is still led to it."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.inside.find_unit import need_unit, plain_code
from wms.inside.make_unit import need_free_code
from wms.inside.move_unit import tell_of_unit
from wms.inside.tables import unit_code
from wms.inside.wire import Note, SiteCode, Text60
from wms.kit.db import Tx
from wms.standards.gs1 import check_key
from wms.stock.mint_sscc import mint_ssccs
from wms.stock.relabel_unit import relabel_unit
from wms.stock.tables import journal


class RelabelBody(BaseModel):
    """`unit` is the code that comes off. Without `label` an SSCC is minted."""

    site: SiteCode
    unit: Text60
    label: Text60 | None = None
    reason: Note


class Relabel(RelabelBody):
    company_prefix: str


class UnitRelabelled(BaseModel):
    id: UUID
    old: str
    code: str


async def relabel(tx: Tx, command: Relabel) -> UnitRelabelled:
    """Refuses `code_exists` for a code that any unit has or had: a number is never given twice."""
    tx.actor.need("unit.work", command.site)
    found = await need_unit(tx, command.site, command.unit)
    old = plain_code(command.unit)
    if command.label is None:
        [code] = await mint_ssccs(tx, command.company_prefix, 1)
    else:
        code = plain_code(command.label)
        await need_free_code(tx, command.site, code)
    is_sscc = check_key(code, "sscc") is None
    await relabel_unit(tx, found.id, old, **({"sscc": code} if is_sscc else {"label": code}))
    taken_off = await _remember(tx, found.id, code, command.reason, {old, found.sscc if is_sscc else found.label})
    await tell_of_unit(tx, "unit.relabelled", found.id, command.site, old=",".join(taken_off), code=code)
    return UnitRelabelled(id=found.id, old=old, code=code)


async def _remember(tx: Tx, unit_id: UUID, code: str, reason: str, off: set[str | None]) -> list[str]:
    """Close the periods of the codes that came off, which begin with the unit where none was written."""
    taken_off = sorted({one for one in off if one})
    closed = await tx.conn.scalars(
        unit_code.update()
        .where(unit_code.c.unit_id == unit_id, unit_code.c.valid_to.is_(None), unit_code.c.code.in_(taken_off))
        .values(valid_to=tx.now)
        .returning(unit_code.c.code)
    )
    known = set(closed)
    born = await tx.conn.scalar(sa.select(sa.func.min(journal.c.recorded_at)).where(journal.c.unit_id == unit_id))
    rows = [
        {"code": one, "valid_from": born or tx.now, "valid_to": tx.now} for one in taken_off if one not in known
    ] + [{"code": code, "valid_from": tx.now, "valid_to": None}]
    shared = {"unit_id": unit_id, "reason": reason}
    await tx.conn.execute(unit_code.insert(), [{"id": tx.new_id()} | shared | row for row in rows])
    return taken_off
