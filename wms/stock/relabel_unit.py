"""Giving a unit another code. The units' row is written here; who keeps the codes it had is told what was taken off."""

from uuid import UUID

import sqlalchemy as sa

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import unit


async def relabel_unit(tx: Tx, unit_id: UUID, old: str, *, sscc: str | None = None, label: str | None = None) -> None:
    """Take `old` off and put one of the others on. Refuses `unit_elsewhere` when the unit no longer has `old`."""
    values: dict[str, sa.ColumnElement[str]] = {"sscc": sa.case((unit.c.sscc == old, sa.null()), else_=unit.c.sscc)}
    values["label"] = sa.case((unit.c.label == old, sa.null()), else_=unit.c.label)
    if sscc is not None:
        values["sscc"] = sa.literal(sscc)
    if label is not None:
        values["label"] = sa.literal(label)
    mine = sa.and_(unit.c.id == unit_id, sa.or_(unit.c.sscc == old, unit.c.label == old))
    if await tx.conn.scalar(unit.update().where(mine).values(values).returning(unit.c.id)) is None:
        raise Refusal("unit_elsewhere", unit=old)
