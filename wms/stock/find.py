"""Looking at stock: rows with their names, where they are and how much of them may be taken now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.parties.tables import party
from wms.stock.stock_key import StockKey
from wms.stock.tables import account_line, hold, location, lot, serial, stock, unit
from wms.stock.wire import Quantity

_holder = unit.alias("holder")
PICKABLE_KINDS = ("storage", "pick")
BLOCKED_STATUSES = ("under_inspection", "detained")
# Nothing is on hold most of the time: PostgreSQL asks that once, and walks selectors only when something is.
_any_hold = sa.exists(sa.select(hold.c.id).where(hold.c.released_at.is_(None)))
on_hold = sa.and_(_any_hold, sa.func.is_held(sa.literal_column("stock"), type_=sa.Boolean))
_blocked = sa.or_(stock.c.customs_status.in_(BLOCKED_STATUSES), on_hold)
available = sa.case((_blocked, sa.literal(Decimal(0))), else_=stock.c.quantity - stock.c.reserved - stock.c.held)
root_id = sa.func.coalesce(_holder.c.location_id, stock.c.place_id)


class StockRow(BaseModel):
    """`place` is the SSCC or label of the unit it lies in, or the location itself; `available` counts what may be taken now."""

    id: UUID
    site: str
    location: str
    location_kind: str
    zone: str | None
    place: str
    unit_id: UUID | None
    item_id: UUID
    sku: str
    names: dict[str, str]
    owner_id: UUID
    owner: str
    lot: str | None
    expires_on: date | None
    serial: str | None
    customs_status: str
    account_no: str | None
    account_line: int | None
    condition: str
    quantity: Quantity
    reserved: Quantity
    held: Quantity
    available: Quantity
    on_hold: bool
    weight_g: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class StockFilter:
    """None leaves a dimension open. `place_code` is a location's name or a unit's SSCC or label."""

    site: str | None = None
    location: str | None = None
    zone: str | None = None
    unit_id: UUID | None = None
    item_id: UUID | None = None
    sku: str | None = None
    owner: str | None = None
    lot: str | None = None
    serial: str | None = None
    customs_status: str | None = None
    condition: str | None = None
    empty: bool = False


def select_stock(actor: Actor, wanted: StockFilter) -> sa.Select[Any]:
    """The rows an actor may see. Goods that left every site are not stock."""
    query = (
        sa.select(
            *(stock.c.id, location.c.site, location.c.name.label("location"), location.c.kind.label("location_kind")),
            *(location.c.zone, sa.func.coalesce(_holder.c.sscc, _holder.c.label, location.c.name).label("place")),
            *(_holder.c.id.label("unit_id"), stock.c.item_id, trade_item.c.sku, trade_item.c.names),
            *(stock.c.owner_id, party.c.code.label("owner"), lot.c.lot_no.label("lot"), lot.c.expires_on),
            *(serial.c.serial_no.label("serial"), stock.c.customs_status, account_line.c.account_no),
            *(account_line.c.line_no.label("account_line"), stock.c.condition, stock.c.quantity, stock.c.reserved),
            *(stock.c.held, available.label("available"), on_hold.label("on_hold"), stock.c.weight_g, stock.c.first_at),
        )
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .join(party, party.c.id == stock.c.owner_id)
        .outerjoin(_holder, _holder.c.id == stock.c.place_id)
        .join(location, location.c.id == root_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .outerjoin(account_line, account_line.c.id == stock.c.account_line_id)
        .where(~location.c.virtual, *_conditions(wanted))
    )
    if actor.sites is not None:
        query = query.where(location.c.site.in_(actor.sites))
    if actor.owners is not None:
        query = query.where(stock.c.owner_id.in_(actor.owners))
    return query


def _conditions(wanted: StockFilter) -> list[sa.ColumnElement[bool]]:
    exact: dict[Any, object] = {
        location.c.site: wanted.site,
        location.c.name: wanted.location,
        location.c.zone: wanted.zone,
        stock.c.place_id: wanted.unit_id,
        stock.c.item_id: wanted.item_id,
        trade_item.c.sku: wanted.sku,
        party.c.code: wanted.owner,
        lot.c.lot_no: wanted.lot,
        serial.c.serial_no: wanted.serial,
        stock.c.customs_status: wanted.customs_status,
        stock.c.condition: wanted.condition,
    }
    conditions = [column == value for column, value in exact.items() if value is not None]
    return conditions if wanted.empty else [*conditions, stock.c.quantity > 0]


async def find_stock(
    conn: AsyncConnection, actor: Actor, wanted: StockFilter, *, after: UUID | None = None, limit: int = 100
) -> list[StockRow]:
    """Up to `limit` rows in id order, beginning behind `after`."""
    query = select_stock(actor, wanted).order_by(stock.c.id).limit(limit)
    if after is not None:
        query = query.where(stock.c.id > after)
    return [StockRow.model_validate(row._mapping) for row in await conn.execute(query)]


@dataclass(frozen=True, slots=True)
class Known:
    """A stock row as verbs need it: its key, what of it there is, and how much may be taken."""

    key: StockKey
    quantity: Decimal
    reserved: Decimal
    available: Decimal
    weight_g: int


async def read_keys(conn: AsyncConnection, *, ids: Sequence[UUID] = (), places: Sequence[UUID] = ()) -> list[Known]:
    """Rows by id and rows in places (a location or unit itself, not what is nested below), with something in them."""
    query = sa.select(
        *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
        *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, stock.c.quantity, stock.c.reserved),
        *(available.label("available"), stock.c.weight_g),
    ).where(stock.c.quantity > 0, sa.or_(stock.c.id.in_(ids), stock.c.place_id.in_(places)))
    rows = await conn.execute(query.order_by(stock.c.id))
    return [Known(StockKey(*row[:8]), row.quantity, row.reserved, row.available, row.weight_g) for row in rows]
