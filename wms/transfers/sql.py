"""Statements that several verbs share: locking transfers, their goods with stock keys, changing lines by the thousand."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.actor import Actor
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.stock_key import StockKey
from wms.stock.tables import lot, serial, stock, unit
from wms.transfers.tables import transfer, transfer_goods, transfer_line

UUIDS = ARRAY(sa.Uuid)
End = Literal["from_site", "to_site", "either"]


def among(column: sa.ColumnElement[UUID], ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """`column` is one of `ids`, as one parameter."""
    return column == sa.any_(sa.cast(sorted(ids), UUIDS))


def need_end(who: Actor, right: str, row: sa.Row[Any], end: End) -> None:
    """Refuse unless the right is held at that end of a transfer; what is neither theirs is `not_found`."""
    if end == "either":
        sites = (row.from_site, row.to_site)
        who.need(right, next((one for one in sites if who.may(right, one)), row.from_site))
    else:
        who.need(right, row._mapping[end])
    who.need_owner(row.owner_id)


async def lock_transfer(tx: Tx, id: UUID, right: str, end: End, *states: str) -> sa.Row[Any]:
    """The transfer, locked. Refuses `not_allowed`, `not_found`, and `transfer_state` when it is in none of `states`."""
    tx.actor.need(right)
    row = (await tx.conn.execute(sa.select(transfer).where(transfer.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    need_end(tx.actor, right, row, end)
    if states and row.state not in states:
        raise Refusal("transfer_state", state=row.state)
    return row


async def load_goods(
    tx: Tx, transfer_id: UUID, *, line_id: UUID | None = None, settled: bool = False
) -> Sequence[sa.Row[Any]]:
    """The goods of a transfer with the stock rows they are in; without what is used up, unless `settled`."""
    query = (
        sa.select(
            *(
                transfer_goods.c.id,
                transfer_goods.c.line_id,
                transfer_goods.c.stock_id,
                transfer_goods.c.reservation_id,
            ),
            *(transfer_goods.c.quantity, transfer_line.c.line_no, lot.c.lot_no, serial.c.serial_no),
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, stock.c.weight_g),
            *(stock.c.quantity.label("on_hand"), unit.c.id.label("unit_id")),
        )
        .join(transfer_line, transfer_line.c.id == transfer_goods.c.line_id)
        .join(stock, stock.c.id == transfer_goods.c.stock_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .where(transfer_goods.c.transfer_id == transfer_id)
        .order_by(transfer_line.c.line_no, transfer_goods.c.id)
    )
    if line_id is not None:
        query = query.where(transfer_goods.c.line_id == line_id)
    if not settled:
        query = query.where(transfer_goods.c.quantity > 0)
    return (await tx.conn.execute(query)).all()


def key_of(row: sa.Row[Any]) -> StockKey:
    """The key of the stock row that goods lie in."""
    return StockKey(
        place_id=row.place_id,
        item_id=row.item_id,
        owner_id=row.owner_id,
        customs_status=row.customs_status,
        condition=row.condition,
        lot_id=row.lot_id,
        serial_id=row.serial_id,
        account_line_id=row.account_line_id,
    )


def arrived(key: StockKey, place_id: UUID, arrival_status: str | None, *, damaged: bool = False) -> StockKey:
    """What goods are after they came: at a place, of the status that customs gave them.

    With another status they leave the bonded account that they were on; damaged they are for nobody.
    """
    changed = arrival_status is not None and arrival_status != key.customs_status
    return key.at(place_id).become(
        customs_status=arrival_status or key.customs_status,
        account_line_id=None if changed else key.account_line_id,
        condition="damaged" if damaged else key.condition,
    )


_STEPS = ("reserved", "shipped", "received", "damaged", "lost")
_CHANGE_LINES = sa.text(
    f"""
    UPDATE transfer_line l SET {", ".join(f"{step} = l.{step} + n.{step}" for step in _STEPS)}
    FROM unnest(:ids, {", ".join(f":{step}" for step in _STEPS)}) AS n(id, {", ".join(_STEPS)}) WHERE l.id = n.id
    """  # noqa: S608 - column names of this module
).bindparams(sa.bindparam("ids", type_=UUIDS), *(sa.bindparam(step, type_=ARRAY(sa.Numeric(18, 6))) for step in _STEPS))
_USE_GOODS = sa.text(
    """
    UPDATE transfer_goods g SET quantity = g.quantity - n.used
    FROM unnest(:ids, :used) AS n(id, used) WHERE g.id = n.id
    """
).bindparams(sa.bindparam("ids", type_=UUIDS), sa.bindparam("used", type_=ARRAY(sa.Numeric(18, 6))))


class Changes:
    """What a verb adds to the quantities of lines and uses up of goods, written in two statements."""

    def __init__(self) -> None:
        self._lines: dict[UUID, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_STEPS, Decimal(0)))
        self._goods: dict[UUID, Decimal] = defaultdict(Decimal)

    def add(self, line_id: UUID, **steps: Decimal) -> None:
        for step, quantity in steps.items():
            self._lines[line_id][step] += quantity

    def use(self, goods_id: UUID, quantity: Decimal) -> None:
        self._goods[goods_id] += quantity

    async def save(self, tx: Tx) -> None:
        if self._lines:
            ids = sorted(self._lines)
            columns = {step: [self._lines[id][step] for id in ids] for step in _STEPS}
            await tx.conn.execute(_CHANGE_LINES, {"ids": ids, **columns})
        if self._goods:
            ids = sorted(self._goods)
            await tx.conn.execute(_USE_GOODS, {"ids": ids, "used": [self._goods[id] for id in ids]})
