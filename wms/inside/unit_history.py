"""What happened to a unit: where it went, what went in and out, what it was called; the newest first."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.inside.tables import unit_code
from wms.kit.actor import Actor
from wms.kit.refusal import Refusal
from wms.stock.tables import journal, location, stock, stock_entry, unit
from wms.stock.wire import SignedQuantity


class UnitEvent(BaseModel):
    """`source` and `target`: places of a move or of goods, codes of a re-labelling. `quantity` below 0 went out."""

    kind: Literal["moved", "goods", "relabelled"]
    at: datetime
    n: int
    cause: str
    source: str
    target: str
    sku: str | None
    quantity: SignedQuantity | None


def _place(column: sa.ColumnElement[UUID]) -> sa.ColumnElement[str]:
    of_unit = sa.select(sa.func.coalesce(unit.c.sscc, unit.c.label, "")).where(unit.c.id == column).scalar_subquery()
    of_location = sa.select(location.c.name).where(location.c.id == column).scalar_subquery()
    return sa.func.coalesce(of_location, of_unit, "")


async def read_history(
    conn: AsyncConnection, who: Actor, unit_id: UUID, *, before: str | None, limit: int
) -> list[UnitEvent]:
    """`before` is the cursor of the last event seen: its instant, kind and number. A tenant sees of goods only his own."""
    none, quantity = sa.null(), sa.Numeric(18, 6)
    moved = sa.select(
        *(
            sa.literal("moved").label("kind"),
            journal.c.recorded_at.label("at"),
            journal.c.id.label("n"),
            journal.c.cause,
        ),
        *(_place(journal.c.from_place_id).label("source"), _place(journal.c.to_place_id).label("target")),
        *(sa.cast(none, sa.String).label("sku"), sa.cast(none, quantity).label("quantity")),
    ).where(journal.c.unit_id == unit_id)
    here = sa.select(stock.c.id).where(stock.c.place_id == unit_id)
    came_in = stock_entry.c.to_place_id == unit_id
    goods = (
        sa.select(
            *(sa.literal("goods"), stock_entry.c.recorded_at, stock_entry.c.id, stock_entry.c.cause),
            *(_place(stock_entry.c.from_place_id), _place(stock_entry.c.to_place_id), trade_item.c.sku),
            sa.case((came_in, stock_entry.c.quantity), else_=-stock_entry.c.quantity),
        )
        .join(trade_item, trade_item.c.id == stock_entry.c.item_id)
        .where(sa.or_(stock_entry.c.from_stock_id.in_(here), stock_entry.c.to_stock_id.in_(here)))
    )
    if who.owners is not None:
        goods = goods.where(stock_entry.c.owner_id.in_(who.owners))
    codes = sa.select(
        *(sa.literal("relabelled"), unit_code.c.valid_to, sa.literal(0, sa.BigInteger), unit_code.c.reason),
        *(unit_code.c.code, sa.literal(""), sa.cast(none, sa.String), sa.cast(none, quantity)),
    ).where(unit_code.c.unit_id == unit_id, unit_code.c.valid_to.is_not(None))
    events = sa.union_all(moved, goods, codes).subquery()
    order = (events.c.at, events.c.kind, events.c.n, events.c.source)
    query = sa.select(events).order_by(*(column.desc() for column in order)).limit(limit)
    if before is not None:
        query = query.where(sa.tuple_(*order) < sa.tuple_(*_read_cursor(before)))
    return [UnitEvent.model_validate(_row(row)) for row in await conn.execute(query)]


def _row(row: sa.Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)
    if isinstance(values["quantity"], Decimal):
        values["quantity"] = values["quantity"].normalize()
    return values


def cursor_of(event: UnitEvent) -> str:
    return f"{event.at.isoformat()}~{event.kind}~{event.n}~{event.source}"


def _read_cursor(text: str) -> tuple[Any, ...]:
    try:
        at, kind, n, source = text.split("~", 3)
        instant = datetime.fromisoformat(at)
        if instant.tzinfo is None or "\x00" in text:
            raise ValueError
        return sa.literal(instant), sa.literal(kind), sa.literal(int(n), sa.BigInteger), sa.literal(source)
    except (ValueError, OverflowError):
        raise Refusal("invalid_request", field="after") from None
