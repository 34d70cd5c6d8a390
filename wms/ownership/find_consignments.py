"""Reading agreements, what lies under them, pulls and settlements. Both parties of an agreement see it."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.ownership.tables import call_off, call_off_line, consignment, consignment_line, pull, settlement_line
from wms.ownership.wire import ConsignmentRecord, ConsignmentState, PullRecord, SettlementLine
from wms.stock.tables import location, lot, stock, unit


def _mine(query: sa.Select[Any], who: Actor) -> sa.Select[Any]:
    if who.sites is not None:
        query = query.where(consignment.c.site.in_(who.sites))
    if who.owners is not None:
        query = query.where(sa.or_(consignment.c.supplier_id.in_(who.owners), consignment.c.buyer_id.in_(who.owners)))
    return query


async def find_consignments(
    conn: AsyncConnection, who: Actor, *, site: str | None, after: str | None, limit: int
) -> Page[ConsignmentRecord]:
    """The newest first."""
    query = _mine(sa.select(consignment), who).order_by(consignment.c.id.desc()).limit(limit + 1)
    if site is not None:
        query = query.where(consignment.c.site == site)
    if after is not None:
        query = query.where(consignment.c.id < read_id(after))
    found = [ConsignmentRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def record_of(conn: AsyncConnection, who: Actor, id: UUID) -> ConsignmentRecord:
    """Refuses `not_found` for what is absent, foreign, or between others."""
    query = _mine(sa.select(consignment), who).where(consignment.c.id == id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return ConsignmentRecord.model_validate(row._mapping)


def select_states(who: Actor) -> sa.Select[Any]:
    """Lines of agreements that have not ended, with what is on hand and called off."""
    holder = unit.alias("holder")
    on_hand = (
        sa.select(sa.func.coalesce(sa.func.sum(stock.c.quantity), 0))
        .outerjoin(holder, holder.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(holder.c.location_id, stock.c.place_id))
        .where(
            stock.c.item_id == consignment_line.c.item_id,
            stock.c.owner_id == consignment.c.supplier_id,
            stock.c.condition == "good",
            stock.c.quantity > 0,
            location.c.site == consignment.c.site,
        )
        .scalar_subquery()
    )
    called = (
        sa.select(sa.func.coalesce(sa.func.sum(call_off_line.c.quantity), 0))
        .join(call_off, call_off.c.id == call_off_line.c.call_off_id)
        .where(
            call_off.c.consignment_id == consignment_line.c.consignment_id,
            call_off.c.closed_at.is_(None),
            call_off_line.c.item_id == consignment_line.c.item_id,
        )
        .scalar_subquery()
    )
    lines = (
        _mine(sa.select(consignment_line, on_hand.label("on_hand"), called.label("called_off"), trade_item.c.sku), who)
        .join(consignment, consignment.c.id == consignment_line.c.consignment_id)
        .join(trade_item, trade_item.c.id == consignment_line.c.item_id)
        .where(consignment.c.ended_at.is_(None))
        .add_columns(consignment.c.site)
        .subquery("line")
    )
    breach = sa.case(
        (lines.c.on_hand < lines.c.min_quantity, "below_min"), (lines.c.on_hand > lines.c.max_quantity, "above_max")
    )
    return sa.select(lines, breach.label("breach"))


async def find_states(
    conn: AsyncConnection,
    who: Actor,
    *,
    site: str | None = None,
    consignment_id: UUID | None = None,
    breached: bool = False,
    after: str | None = None,
    limit: int = 100,
) -> Page[ConsignmentState]:
    """By agreement and line; with `breached`, those below their minimum or above their maximum."""
    rows = select_states(who).subquery("state")
    query = sa.select(rows).order_by(rows.c.consignment_id, rows.c.line_no).limit(limit + 1)
    if site is not None:
        query = query.where(rows.c.site == site)
    if consignment_id is not None:
        query = query.where(rows.c.consignment_id == consignment_id)
    if breached:
        query = query.where(rows.c.breach.is_not(None))
    if after is not None:
        query = query.where(sa.tuple_(rows.c.consignment_id, rows.c.line_no) > sa.tuple_(*_line_cursor(after)))
    found = [ConsignmentState.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: f"{one.consignment_id}.{one.line_no}")


def _line_cursor(after: str) -> tuple[sa.ColumnElement[UUID], sa.ColumnElement[int]]:
    id, _, number = after.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= 6):
        raise Refusal("invalid_request", field="after")
    return sa.literal(read_id(id), sa.Uuid), sa.literal(int(number), sa.Integer)


async def find_pulls(
    conn: AsyncConnection, who: Actor, consignment_id: UUID, after: str | None, limit: int
) -> Page[PullRecord]:
    """The newest first."""
    await record_of(conn, who, consignment_id)
    query = sa.select(pull).where(pull.c.consignment_id == consignment_id).order_by(pull.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(pull.c.id < read_id(after))
    found = [PullRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_settlement(
    conn: AsyncConnection, who: Actor, pull_id: UUID, after: str | None, limit: int
) -> Page[SettlementLine]:
    """What a pull settles, by line."""
    owned_by = await conn.scalar(sa.select(pull.c.consignment_id).where(pull.c.id == pull_id))
    if owned_by is None:
        raise Refusal("not_found")
    await record_of(conn, who, owned_by)
    query = (
        sa.select(settlement_line, trade_item.c.sku, lot.c.lot_no.label("lot"))
        .join(trade_item, trade_item.c.id == settlement_line.c.item_id)
        .outerjoin(lot, lot.c.id == settlement_line.c.lot_id)
        .where(settlement_line.c.pull_id == pull_id)
        .order_by(settlement_line.c.line_no)
        .limit(limit + 1)
    )
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 6):
            raise Refusal("invalid_request", field="after")
        query = query.where(settlement_line.c.line_no > int(after))
    found = [SettlementLine.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.line_no))
