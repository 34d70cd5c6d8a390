"""Reading the journal of quantities."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.ids import instant_of
from wms.stock.tables import location, stock_entry, unit
from wms.stock.wire import Quantity


class EntryRow(BaseModel):
    """`source` and `target` are places as their labels say; `happened_at` when it was done, `recorded_at` when it was told."""

    id: int
    posting_id: UUID
    cause: str
    sku: str
    quantity: Quantity
    weight_g: int
    from_stock_id: UUID | None
    to_stock_id: UUID | None
    source: str
    target: str
    document_id: UUID | None
    reverses_id: int | None
    happened_at: datetime
    recorded_at: datetime
    actor_id: UUID


def _place_name(column: sa.ColumnElement[UUID]) -> sa.ColumnElement[str]:
    of_unit = sa.select(sa.func.coalesce(unit.c.sscc, unit.c.label, "")).where(unit.c.id == column).scalar_subquery()
    of_location = sa.select(location.c.name).where(location.c.id == column).scalar_subquery()
    return sa.func.coalesce(of_location, of_unit, "")


def of_posting(posting_id: UUID) -> tuple[sa.ColumnElement[bool], ...]:
    """Conditions for the entries of a posting. Its id says when it was recorded, and the journal is ordered by that."""
    at = instant_of(posting_id) if posting_id.version == 7 else datetime.fromtimestamp(0, UTC)
    near = sa.between(stock_entry.c.recorded_at, at - timedelta(milliseconds=2), at + timedelta(milliseconds=2))
    return near, stock_entry.c.posting_id == posting_id


async def read_entries(
    conn: AsyncConnection,
    *,
    stock_id: UUID | None = None,
    posting_id: UUID | None = None,
    actor: Actor | None = None,
    owner_id: UUID | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[EntryRow]:
    """The newest entries first, of one balance or one posting; with `actor`, only of owners and sites that are theirs."""
    columns = [column for column in stock_entry.c if column.name in EntryRow.model_fields]
    query = (
        sa.select(
            *columns,
            trade_item.c.sku,
            _place_name(stock_entry.c.from_place_id).label("source"),
            _place_name(stock_entry.c.to_place_id).label("target"),
        )
        .join(trade_item, trade_item.c.id == stock_entry.c.item_id)
        .order_by(stock_entry.c.id.desc())
        .limit(limit)
    )
    if stock_id is not None:
        query = query.where(sa.or_(stock_entry.c.from_stock_id == stock_id, stock_entry.c.to_stock_id == stock_id))
    if posting_id is not None:
        query = query.where(*of_posting(posting_id))
    if owner_id is not None:
        query = query.where(stock_entry.c.owner_id == owner_id)
    if actor is not None and actor.owners is not None:
        query = query.where(stock_entry.c.owner_id.in_(actor.owners))
    if actor is not None and actor.sites is not None:
        root = sa.select(unit.c.location_id).where(unit.c.id == stock_entry.c.to_place_id).scalar_subquery()
        here = sa.func.coalesce(root, stock_entry.c.to_place_id)
        query = query.join(location, location.c.id == here).where(location.c.site.in_(actor.sites))
    if before is not None:
        query = query.where(stock_entry.c.id < before)
    return [EntryRow.model_validate(row._mapping) for row in await conn.execute(query)]
