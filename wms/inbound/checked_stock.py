"""The stock that a quality check is about, where it lies now."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.catalog.tables import trade_item
from wms.inbound.post_receipt import RECEIVING_KINDS
from wms.kit.db import Tx
from wms.putaway.cross_dock_rules import Kind
from wms.putaway.load_bins import load_subject
from wms.putaway.want_putaway import Arrival
from wms.stock.stock_key import StockKey
from wms.stock.tables import location, stock, unit


@dataclass(frozen=True, slots=True)
class Row:
    """`free`: what is neither reserved nor pledged."""

    key: StockKey
    quantity: Decimal
    free: Decimal
    weight_g: int
    sku: str
    location_id: UUID
    location_kind: str

    @property
    def free_weight_g(self) -> int:
        return self.weight_g if self.free == self.quantity else int(self.weight_g * self.free / self.quantity)


async def load_rows(tx: Tx, check: sa.Row[Any], conditions: Sequence[str]) -> list[Row]:
    """What lies at the check's site of its owner, article and lot."""
    holder = unit.alias("holder")
    query = (
        sa.select(
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, stock.c.quantity),
            *((stock.c.quantity - stock.c.reserved - stock.c.held).label("free"), stock.c.weight_g, trade_item.c.sku),
            *(location.c.id.label("location_id"), location.c.kind.label("location_kind")),
        )
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .outerjoin(holder, holder.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(holder.c.location_id, stock.c.place_id))
        .where(
            stock.c.item_id == check.item_id,
            stock.c.lot_id.is_not_distinct_from(check.lot_id),
            stock.c.owner_id == check.owner_id,
            stock.c.condition.in_(conditions),
            stock.c.quantity > 0,
            location.c.site == check.site,
            ~location.c.virtual,
        )
        .order_by(stock.c.id)
    )
    return [Row(StockKey(*row[:8]), *row[8:]) for row in await tx.conn.execute(query)]


_ROOTS = sa.text(
    """
    WITH RECURSIVE up AS (
        SELECT id AS start, id, place_id FROM unit WHERE id = ANY (:places)
        UNION ALL SELECT up.start, u.id, u.place_id FROM unit u JOIN up ON u.id = up.place_id
    ) SELECT start, id FROM up WHERE NOT EXISTS (SELECT FROM unit WHERE unit.id = up.place_id)
    """
).bindparams(sa.bindparam("places", type_=ARRAY(sa.Uuid)))


async def roots_of(tx: Tx, rows: Sequence[Row]) -> dict[UUID, UUID]:
    """The outermost unit by place, for rows that lie in units."""
    places = sorted({row.key.place_id for row in rows if row.key.place_id != row.location_id})
    if not places:
        return {}
    return {row.start: row.id for row in await tx.conn.execute(_ROOTS, {"places": places})}


async def arrivals_of(tx: Tx, rows: Sequence[Row], condition: str) -> list[Arrival]:
    """What of these rows, now in this condition, is still where goods arrive and can be put away: loose rows, whole units.

    A unit in which something else still waits for its check waits with it.
    """
    here = [row for row in rows if row.location_kind in RECEIVING_KINDS and row.free > 0]
    roots = await roots_of(tx, here)
    arrivals = []
    for row in here:
        if row.key.place_id in roots:
            continue
        key = row.key.become(condition=condition)
        kinds = {Kind(key.item_id, key.owner_id, key.customs_status): row.free} if condition == "good" else {}
        arrivals.append(Arrival(key.id, False, row.location_id, key.owner_id, kinds, row.sku))
    labels = {roots[row.key.place_id]: row.sku for row in here if row.key.place_id in roots}
    for root, label in labels.items():
        subject = await load_subject(tx.conn, root)
        if any(one.key.condition == "quality_check" for one in subject.rows):
            continue
        sums: dict[Kind, Decimal] = defaultdict(Decimal)
        if subject.goods.good:
            for one in subject.rows:
                sums[Kind(one.key.item_id, one.key.owner_id, one.key.customs_status)] += one.quantity
        arrivals.append(Arrival(root, True, subject.location_id, subject.owner_id, dict(sums), label))
    return arrivals
