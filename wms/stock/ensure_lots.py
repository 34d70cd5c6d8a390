"""Lots and serials on first sight: made when they are new, compared when they are known. One statement for any number.

A lot's dates are facts of its maker: who reads other dates from a label than are known holds another lot, or misread.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import lot, serial, stock

_DATES = ("produced_on", "best_before_on", "expires_on")


@dataclass(frozen=True, slots=True)
class LotSeen:
    """What a label or a notice says of a lot; None says nothing."""

    item_id: UUID
    lot_no: str
    produced_on: date | None = None
    best_before_on: date | None = None
    expires_on: date | None = None


_ADD_LOTS = sa.text(
    """
    INSERT INTO lot (id, item_id, lot_no, produced_on, best_before_on, expires_on)
    SELECT w.id, w.item_id, w.lot_no, w.produced_on, w.best_before_on, w.expires_on FROM jsonb_to_recordset(:wanted)
        AS w(id uuid, item_id uuid, lot_no text, produced_on date, best_before_on date, expires_on date)
    WHERE NOT EXISTS (SELECT FROM lot WHERE lot.item_id = w.item_id AND lot.lot_no = w.lot_no)
    ORDER BY w.item_id, w.lot_no
    ON CONFLICT (item_id, lot_no) DO NOTHING
    """
).bindparams(sa.bindparam("wanted", type_=JSONB))
_COMPLETE_LOTS = sa.text(
    """
    UPDATE lot SET produced_on = coalesce(lot.produced_on, w.produced_on),
                   best_before_on = coalesce(lot.best_before_on, w.best_before_on),
                   expires_on = coalesce(lot.expires_on, w.expires_on)
    FROM jsonb_to_recordset(:wanted)
        AS w(item_id uuid, lot_no text, produced_on date, best_before_on date, expires_on date)
    WHERE lot.item_id = w.item_id AND lot.lot_no = w.lot_no
      AND (lot.produced_on IS NULL AND w.produced_on IS NOT NULL
           OR lot.best_before_on IS NULL AND w.best_before_on IS NOT NULL
           OR lot.expires_on IS NULL AND w.expires_on IS NOT NULL)
    """
).bindparams(sa.bindparam("wanted", type_=JSONB))
_ADD_SERIALS = sa.text(
    """
    INSERT INTO serial (id, item_id, serial_no)
    SELECT w.id, w.item_id, w.serial_no FROM jsonb_to_recordset(:wanted) AS w(id uuid, item_id uuid, serial_no text)
    WHERE NOT EXISTS (SELECT FROM serial s WHERE s.item_id = w.item_id AND s.serial_no = w.serial_no)
    ORDER BY w.item_id, w.serial_no
    ON CONFLICT (item_id, serial_no) DO NOTHING
    """
).bindparams(sa.bindparam("wanted", type_=JSONB))


async def ensure_lots(tx: Tx, seen: Sequence[LotSeen]) -> dict[tuple[UUID, str], UUID]:
    """The ids of lots. Dates that were not known are added; refuses `lot_conflict` when one differs from what is known."""
    told: dict[tuple[UUID, str], dict[str, str]] = {}
    for one in seen:
        row = told.setdefault((one.item_id, one.lot_no), {"item_id": str(one.item_id), "lot_no": one.lot_no})
        for name in _DATES:
            value = getattr(one, name)
            if value is not None and row.setdefault(name, value.isoformat()) != value.isoformat():
                raise Refusal("lot_conflict", lot=one.lot_no, date=name, known=row[name], given=value.isoformat())
    if not told:
        return {}
    await tx.conn.execute(_ADD_LOTS, {"wanted": [{"id": str(tx.new_id())} | row for row in told.values()]})
    items = sorted({item_id for item_id, _ in told})
    rows = await tx.conn.execute(
        sa.select(lot).where(
            lot.c.item_id == sa.any_(sa.cast(items, ARRAY(sa.Uuid))),
            lot.c.lot_no == sa.any_(sa.cast(sorted({lot_no for _, lot_no in told}), ARRAY(sa.String))),
        )
    )
    found = {}
    incomplete = False
    for known in rows:
        given = told.get((known.item_id, known.lot_no))
        if given is None:
            continue
        found[known.item_id, known.lot_no] = known.id
        for name in _DATES:
            value = getattr(known, name)
            if value is None:
                incomplete |= name in given
            elif given.get(name, value.isoformat()) != value.isoformat():
                raise Refusal("lot_conflict", lot=known.lot_no, date=name, known=value.isoformat(), given=given[name])
    if incomplete:
        await tx.conn.execute(_COMPLETE_LOTS, {"wanted": list(told.values())})
    return found


async def ensure_serials(tx: Tx, seen: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], UUID]:
    """The ids of serials that are about to come. Refuses `serial_exists` when one is named twice or already in stock."""
    if not seen:
        return {}
    if len(set(seen)) != len(seen):
        [((_, again), _)] = Counter(seen).most_common(1)
        raise Refusal("serial_exists", serial=again)
    wanted = [{"id": str(tx.new_id()), "item_id": str(item_id), "serial_no": number} for item_id, number in seen]
    await tx.conn.execute(_ADD_SERIALS, {"wanted": wanted})
    rows = await tx.conn.execute(
        sa.select(serial).where(
            serial.c.item_id == sa.any_(sa.cast(sorted({item_id for item_id, _ in seen}), ARRAY(sa.Uuid))),
            serial.c.serial_no == sa.any_(sa.cast(sorted({number for _, number in seen}), ARRAY(sa.String))),
        )
    )
    found = {(row.item_id, row.serial_no): row.id for row in rows}
    found = {name: found[name] for name in seen}
    # Two receipts at once of one serial pass here; the constraint on stock lets only one of them commit.
    there = await tx.conn.scalar(
        sa.select(serial.c.serial_no)
        .join(stock, stock.c.serial_id == serial.c.id)
        .where(serial.c.id == sa.any_(sa.cast(list(found.values()), ARRAY(sa.Uuid))), stock.c.quantity > 0)
        .limit(1)
    )
    if there is not None:
        raise Refusal("serial_exists", serial=there)
    return found
