"""Carton types of a site, and the proposal of cartons for an order."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.cartons import CartonType, Goods, propose_cartons
from wms.outbound.sql import need_house
from wms.outbound.tables import carton_type, order_line
from wms.outbound.wire import LineQuantity, SiteCode
from wms.sites.tables import site

_LINES = 300
_Millimetres = Annotated[int, Field(gt=0, le=10_000)]


class CartonBody(BaseModel):
    """Inside measures."""

    site: SiteCode
    code: Annotated[str, Field(min_length=1, max_length=20)]
    length_mm: _Millimetres
    width_mm: _Millimetres
    height_mm: _Millimetres
    max_weight_g: Annotated[int, Field(gt=0, le=2_000_000)]
    tare_g: Annotated[int, Field(ge=0, le=100_000)]


class ProposedCarton(BaseModel):
    """`carton` is null for goods that no carton of the site takes."""

    carton: str | None
    weight_g: int
    contents: list[LineQuantity]


async def put_carton(tx: Tx, command: CartonBody) -> CartonBody:
    """Add a carton type or change its measures."""
    tx.actor.need("wave.write", command.site)
    need_house(tx)
    if await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)) is None:
        raise Refusal("unknown_site", site=command.site, field="site")
    values = command.model_dump()
    changed = {name: value for name, value in values.items() if name not in ("site", "code")}
    statement = insert(carton_type).values(values)
    await tx.conn.execute(statement.on_conflict_do_update(index_elements=["site", "code"], set_=changed))
    return command


async def find_proposal(conn: AsyncConnection, order_id: UUID, site_code: str) -> list[ProposedCarton]:
    """Cartons for what of an order is not packed yet, for its first 300 open lines: beyond them goods go on pallets."""
    open_quantity = order_line.c.quantity - order_line.c.cancelled - order_line.c.packed
    sides = (trade_item.c.length_mm, trade_item.c.width_mm, trade_item.c.height_mm)
    found = await conn.execute(
        sa.select(order_line.c.line_no, open_quantity.label("quantity"), trade_item.c.weight_g, *sides)
        .join(trade_item, trade_item.c.id == order_line.c.item_id)
        .where(order_line.c.order_id == order_id, open_quantity > 0)
        .order_by(order_line.c.line_no)
        .limit(_LINES)
    )
    goods = [
        Goods(row.line_no, row.quantity, row.weight_g, _sides(row.length_mm, row.width_mm, row.height_mm))
        for row in found
    ]
    rows = await conn.execute(sa.select(carton_type).where(carton_type.c.site == site_code))
    types = [CartonType(row.code, row.length_mm, row.width_mm, row.height_mm, row.max_weight_g) for row in rows]
    return [
        ProposedCarton(
            carton=one.type.code if one.type else None,
            weight_g=round(one.weight_g),
            contents=[LineQuantity(line_no=n, quantity=Decimal(q)) for n, q in sorted(one.contents.items())],
        )
        for one in propose_cartons(goods, types)
    ]


def _sides(length: int | None, width: int | None, height: int | None) -> tuple[int, int, int] | None:
    return (length, width, height) if length and width and height else None
