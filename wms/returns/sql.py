"""Statements that several verbs share: locking returns and changing their lines by the thousand."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.returns.tables import goods_return, return_line
from wms.stock.tables import location

RECEIVING_KINDS = ("dock", "quality", "staging")
_STEPS = ("quantity", "received", "good", "damaged", "quarantine")


async def lock_return(tx: Tx, id: UUID, right: str, *states: str) -> sa.Row[Any]:
    """The return, locked. Refuses `not_allowed`, `not_found`, and `return_state` when it is in none of `states`."""
    tx.actor.need(right)
    row = (
        await tx.conn.execute(sa.select(goods_return).where(goods_return.c.id == id).with_for_update())
    ).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need(right, row.site)
    tx.actor.need_owner(row.owner_id)
    if row.state not in states:
        raise Refusal("return_state", state=row.state)
    return row


async def load_lines(tx: Tx, return_id: UUID) -> Sequence[sa.Row[Any]]:
    query = sa.select(return_line).where(return_line.c.return_id == return_id).order_by(return_line.c.line_no)
    return (await tx.conn.execute(query)).all()


async def find_place(tx: Tx, site: str, name: str) -> sa.Row[Any]:
    """Refuses `unknown_location`, `location_disabled`, and `wrong_location_kind` for a place where goods are not received."""
    query = sa.select(location).where(location.c.site == site, location.c.name == name, ~location.c.virtual)
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("unknown_location", location=name, field="location")
    if not row.enabled:
        raise Refusal("location_disabled", location=name, field="location")
    if row.kind not in RECEIVING_KINDS:
        raise Refusal("wrong_location_kind", location=name, kind=row.kind, field="location")
    return row


_CHANGE = sa.text(
    f"""
    UPDATE return_line l SET {", ".join(f"{step} = l.{step} + n.{step}" for step in _STEPS)}
    FROM unnest(:ids, {", ".join(f":{step}" for step in _STEPS)}) AS n(id, {", ".join(_STEPS)}) WHERE l.id = n.id
    """  # noqa: S608 - column names of this module
).bindparams(
    sa.bindparam("ids", type_=ARRAY(sa.Uuid)), *(sa.bindparam(step, type_=ARRAY(sa.Numeric(18, 6))) for step in _STEPS)
)


class LineChanges:
    """What a verb adds to the quantities of lines, written in one statement."""

    def __init__(self) -> None:
        self._by_line: dict[UUID, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_STEPS, Decimal(0)))

    def add(self, line_id: UUID, **steps: Decimal) -> None:
        for step, quantity in steps.items():
            self._by_line[line_id][step] += quantity

    async def save(self, tx: Tx) -> None:
        if self._by_line:
            ids = sorted(self._by_line)
            columns = {step: [self._by_line[id][step] for id in ids] for step in _STEPS}
            await tx.conn.execute(_CHANGE, {"ids": ids, **columns})
