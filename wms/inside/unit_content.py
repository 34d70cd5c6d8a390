"""What is in a unit: its units and goods to any depth, read in two statements."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.inside.find_unit import FoundUnit
from wms.inside.goods import among
from wms.kit.actor import Actor
from wms.kit.refusal import Refusal
from wms.stock.find import StockFilter, select_stock
from wms.stock.tables import location, stock, unit
from wms.stock.wire import Quantity

_MOST_UNITS = 5_000


class GoodsRow(BaseModel):
    stock_id: UUID
    sku: str
    owner: str
    lot: str | None
    serial: str | None
    customs_status: str
    condition: str
    quantity: Quantity
    available: Quantity
    weight_g: int


class GoodsSum(BaseModel):
    sku: str
    owner: str
    quantity: Quantity


class UnitNode(BaseModel):
    id: UUID
    kind: str
    sscc: str | None
    label: str | None
    weight_g: int | None
    goods: list[GoodsRow] = []
    units: list["UnitNode"] = []


class UnitTree(UnitNode):
    """`relabelled_from`: the code asked for was taken off; `place` is what it stands on. `sums`: everything in it."""

    site: str
    location: str
    place: str
    relabelled_from: str | None
    sums: list[GoodsSum]


async def ids_inside(conn: AsyncConnection, unit_ids: list[UUID]) -> Sequence[sa.Row[Any, Any]]:
    """(id, place) of the units and of all units in them. Refuses `too_many_places` beyond what one answer holds."""
    top = sa.select(unit.c.id, unit.c.place_id).where(among(unit.c.id, unit_ids)).cte("inside", recursive=True)
    below = top.union(sa.select(unit.c.id, unit.c.place_id).join(top, unit.c.place_id == top.c.id))
    rows = (await conn.execute(sa.select(below.c.id, below.c.place_id).limit(_MOST_UNITS + 1))).all()
    if len(rows) > _MOST_UNITS:
        raise Refusal("too_many_places", count=len(rows), limit=_MOST_UNITS)
    return rows


async def owners_inside(conn: AsyncConnection, unit_id: UUID) -> list[UUID]:
    """The owners of everything in a unit."""
    ids = [row.id for row in await ids_inside(conn, [unit_id])]
    found = sa.select(stock.c.owner_id).where(among(stock.c.place_id, ids), stock.c.quantity > 0).distinct()
    return sorted(await conn.scalars(found))


async def read_tree(conn: AsyncConnection, who: Actor, found: FoundUnit) -> UnitTree:
    ids = [row.id for row in await ids_inside(conn, [found.id])]
    nodes = {
        row.id: (
            row.place_id,
            UnitNode(id=row.id, kind=row.kind, sscc=row.sscc, label=row.label, weight_g=row.weight_g),
        )
        for row in await conn.execute(sa.select(unit).where(among(unit.c.id, ids)).order_by(unit.c.id))
    }
    goods = await _goods(conn, who, ids)
    for id, row in goods:
        nodes[id][1].goods.append(row)
    for id, (place_id, node) in nodes.items():
        if id != found.id:
            nodes[place_id][1].units.append(node)
    return UnitTree(
        **nodes[found.id][1].model_dump(),
        site=found.site,
        location=found.location,
        place=await _name(conn, found.place_id),
        relabelled_from=found.old_code,
        sums=_sums([row for _, row in goods]),
    )


async def _goods(conn: AsyncConnection, who: Actor, ids: list[UUID]) -> list[tuple[UUID, GoodsRow]]:
    rows = await conn.execute(select_stock(who, StockFilter()).where(among(stock.c.place_id, ids)).order_by(stock.c.id))
    return [
        (
            row.unit_id,
            GoodsRow(
                stock_id=row.id,
                **{name: row._mapping[name] for name in GoodsRow.model_fields if name != "stock_id"},
            ),
        )
        for row in rows
    ]


def _sums(rows: list[GoodsRow]) -> list[GoodsSum]:
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        sums[row.sku, row.owner] = sums.get((row.sku, row.owner), Decimal(0)) + row.quantity
    return [GoodsSum(sku=sku, owner=owner, quantity=quantity) for (sku, owner), quantity in sorted(sums.items())]


async def _name(conn: AsyncConnection, place_id: UUID) -> str:
    of_unit = sa.select(sa.func.coalesce(unit.c.sscc, unit.c.label, "")).where(unit.c.id == place_id)
    of_location = sa.select(location.c.name).where(location.c.id == place_id)
    return str(await conn.scalar(sa.union_all(of_unit, of_location)) or "")
