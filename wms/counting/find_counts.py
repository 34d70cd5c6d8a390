"""Looking at counts. A quantity is shown to nobody who may still count it: a count that was told its answer is none."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.counting.rules import needs_customs
from wms.counting.tables import LIVE_STATES, count, count_line, count_proposal, stocktake
from wms.counting.wire import CountLineRow, CountRow, ProposalState
from wms.kit.actor import Actor
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.stock.tables import account_line, location, lot, serial, unit
from wms.stock.wire import SignedQuantity


class CountProposal(BaseModel):
    id: UUID
    count_id: UUID
    site: str
    sku: str
    owner: str
    account_no: str | None
    account_line: int | None
    quantity: SignedQuantity
    state: ProposalState
    reference: str | None
    proposed_at: datetime
    decided_at: datetime | None
    posting_id: UUID | None


class StocktakeRow(BaseModel):
    """`open` places are not closed yet; `varying` ones were found to differ from the books."""

    id: UUID
    site: str
    zone: str | None
    frozen: bool
    state: str
    begun_at: datetime
    closed_at: datetime | None
    counts: int
    open: int
    varying: int


def _mine(who: Actor, query: sa.Select[Any], site: sa.ColumnElement[str]) -> sa.Select[Any]:
    if who.owners is not None:
        raise Refusal("not_found")
    return query if who.sites is None else query.where(site.in_(who.sites))


async def find_counts(
    conn: AsyncConnection,
    who: Actor,
    *,
    before: UUID | None = None,
    id: UUID | None = None,
    limit: int = 2,
    **exact: Any,
) -> list[CountRow]:
    """The newest first. `exact`: columns with their values, None for any."""
    query = sa.select(count, location.c.name.label("location"), location.c.zone).join(
        location, location.c.id == count.c.location_id
    )
    query = _mine(who, query, count.c.site).order_by(count.c.id.desc()).limit(limit)
    for name, value in (exact | {"id": id}).items():
        query = query.where(count.c[name] == value) if value is not None else query
    if before is not None:
        query = query.where(count.c.id < before)
    return [CountRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]


async def find_lines(
    conn: AsyncConnection, who: Actor, row: CountRow, *, after: UUID | None, limit: int
) -> list[CountLineRow]:
    """The lines of the last round."""
    query = (
        sa.select(
            *(count_line, trade_item.c.sku, party.c.code.label("owner"), lot.c.lot_no.label("lot")),
            *(serial.c.serial_no.label("serial"), sa.func.coalesce(unit.c.sscc, unit.c.label).label("unit")),
        )
        .join(trade_item, trade_item.c.id == count_line.c.item_id)
        .join(party, party.c.id == count_line.c.owner_id)
        .outerjoin(lot, lot.c.id == count_line.c.lot_id)
        .outerjoin(serial, serial.c.id == count_line.c.serial_id)
        .outerjoin(unit, unit.c.id == count_line.c.place_id)
        .where(count_line.c.count_id == row.id, count_line.c.round == row.round)
        .order_by(count_line.c.stock_id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(count_line.c.stock_id > after)
    ended = row.state not in LIVE_STATES or (row.state == "to_approve" and str(who.id) not in row.counters)
    told = ended and (who.may("count.approve") or who.may("audit.read"))
    return [_line(line, told) for line in await conn.execute(query)]


def _line(row: sa.Row[Any], told: bool) -> CountLineRow:
    values = dict(row._mapping)
    counted = row.counted is not None
    return CountLineRow.model_validate(
        values
        | {
            "bonded": needs_customs(row.customs_status, row.account_line_id),
            "snapshot": row.snapshot if told else None,
            "expected": row.expected if told else None,
            "counted": row.counted if told else None,
            "moved": row.expected - row.snapshot if told and counted else None,
            "variance": row.counted - row.expected if told and counted else None,
        }
    )


async def find_proposals(
    conn: AsyncConnection, who: Actor, *, site: str | None, state: str | None, before: UUID | None, limit: int
) -> list[CountProposal]:
    query = (
        sa.select(
            *(count_proposal, trade_item.c.sku, party.c.code.label("owner")),
            *(account_line.c.account_no, account_line.c.line_no.label("account_line")),
        )
        .join(
            count_line,
            sa.and_(
                count_line.c.count_id == count_proposal.c.count_id,
                count_line.c.round == count_proposal.c.round,
                count_line.c.stock_id == count_proposal.c.stock_id,
            ),
        )
        .join(trade_item, trade_item.c.id == count_line.c.item_id)
        .join(party, party.c.id == count_proposal.c.owner_id)
        .outerjoin(account_line, account_line.c.id == count_proposal.c.account_line_id)
    )
    query = _mine(who, query, count_proposal.c.site).order_by(count_proposal.c.id.desc()).limit(limit)
    for column, value in ((count_proposal.c.site, site), (count_proposal.c.state, state)):
        query = query.where(column == value) if value is not None else query
    if before is not None:
        query = query.where(count_proposal.c.id < before)
    return [CountProposal.model_validate(dict(row._mapping)) for row in await conn.execute(query)]


async def find_stocktakes(
    conn: AsyncConnection, who: Actor, *, site: str | None, id: UUID | None, before: UUID | None, limit: int
) -> list[StocktakeRow]:
    of_it = sa.select(sa.func.count()).select_from(count).where(count.c.stocktake_id == stocktake.c.id)
    differs = sa.exists().where(count_line.c.count_id == count.c.id, count_line.c.counted != count_line.c.expected)
    query = sa.select(
        stocktake,
        of_it.scalar_subquery().label("counts"),
        of_it.where(count.c.state.in_(LIVE_STATES)).scalar_subquery().label("open"),
        of_it.where(differs).scalar_subquery().label("varying"),
    )
    query = _mine(who, query, stocktake.c.site).order_by(stocktake.c.id.desc()).limit(limit)
    for column, value in ((stocktake.c.site, site), (stocktake.c.id, id)):
        query = query.where(column == value) if value is not None else query
    if before is not None:
        query = query.where(stocktake.c.id < before)
    return [StocktakeRow.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
