"""Goods in a place as verbs of the house take them: named by lines, moved as entries, never more of them than there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.inside.wire import GoodsLine
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.find import available
from wms.stock.post import Entry
from wms.stock.stock_key import StockKey
from wms.stock.tables import lot, serial, stock

UUIDS = ARRAY(sa.Uuid)


@dataclass(frozen=True, slots=True)
class Goods:
    """A stock row with the names people call it by."""

    key: StockKey
    sku: str
    lot: str | None
    expires_on: date | None
    serial: str | None
    quantity: Decimal
    available: Decimal
    weight_g: int
    first_at: datetime

    def grams(self, quantity: Decimal) -> int:
        """The catch weight that goes along: by share, and all of the rest with the last piece."""
        if self.weight_g == 0 or quantity >= self.quantity:
            return self.weight_g
        return int(self.weight_g * quantity / self.quantity)


Take = tuple[Goods, Decimal]


def among(column: sa.ColumnElement[Any], ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """`column` is one of `ids`, as one parameter."""
    return column == sa.any_(sa.cast(sorted(set(ids)), UUIDS))


async def read_goods(conn: AsyncConnection, *conditions: sa.ColumnElement[bool]) -> list[Goods]:
    """Rows with something in them, in id order."""
    query = (
        sa.select(
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id),
            *(trade_item.c.sku, lot.c.lot_no, lot.c.expires_on, serial.c.serial_no),
            *(stock.c.quantity, available.label("available"), stock.c.weight_g, stock.c.first_at),
        )
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .where(stock.c.quantity > 0, *conditions)
        .order_by(stock.c.id)
    )
    return [Goods(StockKey(*row[:8]), *row[8:]) for row in await conn.execute(query)]


def choose(lines: Sequence[GoodsLine], rows: Sequence[Goods]) -> list[Take]:
    """The row that each line names. Refuses `unknown_goods`, and `ambiguous_goods` when a line fits several: never guessed."""
    by_id = {row.key.id: row for row in rows}
    by_sku: dict[str, list[Goods]] = defaultdict(list)
    for row in rows:
        by_sku[row.sku].append(row)
    return [(_choose(line, by_id, by_sku), line.quantity) for line in lines]


def _choose(line: GoodsLine, by_id: dict[UUID, Goods], by_sku: dict[str, list[Goods]]) -> Goods:
    if line.stock_id is not None:
        fitting = [by_id[line.stock_id]] if line.stock_id in by_id else []
    else:
        fitting = [one for one in by_sku[line.sku or ""] if (one.lot, one.serial) == (line.lot, line.serial)]
    if not fitting:
        raise Refusal("unknown_goods", goods=line.sku or str(line.stock_id), lot=line.lot or "", field="lines")
    if len(fitting) > 1:
        raise Refusal("ambiguous_goods", goods=line.sku, count=len(fitting), field="lines")
    return fitting[0]


def entries_to(takes: Iterable[Take], place_id: UUID, document_id: UUID) -> list[Entry]:
    """The same goods in another place; lines that name one row are one entry."""
    sums: dict[UUID, Decimal] = defaultdict(Decimal)
    rows: dict[UUID, Goods] = {}
    for row, quantity in takes:
        sums[row.key.id] += quantity
        rows[row.key.id] = row
    return [
        Entry(
            rows[id].key,
            rows[id].key.at(place_id),
            quantity,
            document_id=document_id,
            weight_g=rows[id].grams(quantity),
        )
        for id, quantity in sums.items()
    ]


async def refuse_held_units(tx: Tx, rows: Iterable[Goods]) -> None:
    """Refuse `on_hold` when a hold names the unit that goods would leave: in another unit it would no longer cover them."""
    ids = sorted({row.key.id for row in rows})
    found = (
        await tx.conn.execute(
            sa.text(
                "SELECT i.sku, h.reason FROM unnest(:ids) AS g(id) JOIN stock s ON s.id = g.id"
                " JOIN trade_item i ON i.id = s.item_id CROSS JOIN LATERAL holds_on(g.id) h"
                " WHERE h.unit_id IS NOT NULL AND EXISTS (SELECT FROM stock_hold WHERE released_at IS NULL) LIMIT 1"
            ).bindparams(sa.bindparam("ids", type_=UUIDS)),
            {"ids": ids},
        )
    ).one_or_none()
    if found is not None:
        raise Refusal("on_hold", sku=found.sku, reason=found.reason)


def owners_of(rows: Iterable[Goods]) -> list[UUID | None]:
    """Whom a fact about these goods is told to; the house where nobody owns any."""
    return [*sorted({row.key.owner_id for row in rows})] or [None]
