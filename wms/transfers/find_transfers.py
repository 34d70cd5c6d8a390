"""Reading transfers and claims: by either end, and by owner."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.stock.tables import location, lot, serial, stock, unit
from wms.transfers.sql import need_end
from wms.transfers.tables import claim, settlement, transfer, transfer_goods, transfer_line
from wms.transfers.wire import (
    ClaimRecord,
    SettlementRecord,
    TransferGoodsRecord,
    TransferLineRecord,
    TransferRecord,
)


def _mine(query: sa.Select[Any], who: Actor) -> sa.Select[Any]:
    if who.sites is not None:
        query = query.where(sa.or_(transfer.c.from_site.in_(who.sites), transfer.c.to_site.in_(who.sites)))
    if who.owners is not None:
        query = query.where(transfer.c.owner_id.in_(who.owners))
    return query


async def find_transfers(
    conn: AsyncConnection, who: Actor, after: str | None, limit: int, **filters: Any
) -> Page[TransferRecord]:
    """The newest first; a filter that is None does not narrow. `site` is either end."""
    query = _mine(sa.select(transfer), who).order_by(transfer.c.id.desc()).limit(limit + 1)
    site = filters.pop("site", None)
    if site is not None:
        query = query.where(sa.or_(transfer.c.from_site == site, transfer.c.to_site == site))
    for name, value in filters.items():
        if value is not None:
            query = query.where(transfer.c[name] == value)
    if after is not None:
        query = query.where(transfer.c.id < read_id(after))
    found = [TransferRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_transfer(conn: AsyncConnection, who: Actor, id: UUID) -> TransferRecord:
    """Refuses `not_found` for what is absent, foreign or another tenant's."""
    who.need("transfer.read")
    row = (await conn.execute(sa.select(transfer).where(transfer.c.id == id))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    need_end(who, "transfer.read", row, "either")
    return TransferRecord.model_validate(row._mapping)


async def find_lines(
    conn: AsyncConnection, transfer_id: UUID, after: str | None, limit: int
) -> Page[TransferLineRecord]:
    """By line number."""
    going = transfer_line.c.shipped - transfer_line.c.received - transfer_line.c.lost
    query = (
        sa.select(transfer_line, going.label("in_transit"), trade_item.c.sku, lot.c.lot_no)
        .join(trade_item, trade_item.c.id == transfer_line.c.item_id)
        .outerjoin(lot, lot.c.id == transfer_line.c.lot_id)
        .where(transfer_line.c.transfer_id == transfer_id)
        .order_by(transfer_line.c.line_no)
        .limit(limit + 1)
    )
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 6):
            raise Refusal("invalid_request", field="after")
        query = query.where(transfer_line.c.line_no > int(after))
    found = [TransferLineRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.line_no))


async def find_goods(
    conn: AsyncConnection, transfer_id: UUID, after: str | None, limit: int
) -> Page[TransferGoodsRecord]:
    """What is still promised or on the way."""
    root = sa.func.coalesce(unit.c.location_id, stock.c.place_id)
    query = (
        sa.select(
            *(transfer_goods.c.id, transfer_line.c.line_no, trade_item.c.sku, lot.c.lot_no, serial.c.serial_no),
            sa.func.coalesce(unit.c.sscc, unit.c.label).label("unit"),
            *(location.c.name.label("location"), transfer_goods.c.quantity),
        )
        .join(transfer_line, transfer_line.c.id == transfer_goods.c.line_id)
        .join(stock, stock.c.id == transfer_goods.c.stock_id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .join(location, location.c.id == root)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .where(transfer_goods.c.transfer_id == transfer_id, transfer_goods.c.quantity > 0)
        .order_by(transfer_goods.c.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(transfer_goods.c.id > read_id(after))
    found = [TransferGoodsRecord.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_claims(
    conn: AsyncConnection,
    who: Actor,
    after: str | None,
    limit: int,
    *,
    site: str | None = None,
    transfer_id: UUID | None = None,
    settled: bool | None = None,
) -> Page[ClaimRecord]:
    """Oldest first."""
    query = (
        sa.select(
            *(claim, transfer.c.reference, transfer.c.from_site, transfer.c.to_site),
            *(transfer_line.c.line_no, trade_item.c.sku),
        )
        .join(transfer, transfer.c.id == claim.c.transfer_id)
        .join(transfer_line, transfer_line.c.id == claim.c.line_id)
        .join(trade_item, trade_item.c.id == transfer_line.c.item_id)
        .order_by(claim.c.id)
        .limit(limit + 1)
    )
    query = _mine(query, who)
    if site is not None:
        query = query.where(sa.or_(transfer.c.from_site == site, transfer.c.to_site == site))
    if transfer_id is not None:
        query = query.where(claim.c.transfer_id == transfer_id)
    if settled is not None:
        query = query.where((claim.c.settled == claim.c.quantity) == settled)
    if after is not None:
        query = query.where(claim.c.id > read_id(after))
    found = [ClaimRecord.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
    return page_of(found, limit, lambda one: str(one.id))


async def find_settlements(conn: AsyncConnection, who: Actor, claim_id: UUID) -> list[SettlementRecord]:
    """How the parts of a claim ended, in order: at most as many as the claim has units. Refuses `not_found`."""
    known = _mine(sa.select(claim.c.id).join(transfer, transfer.c.id == claim.c.transfer_id), who)
    if await conn.scalar(known.where(claim.c.id == claim_id)) is None:
        raise Refusal("not_found")
    query = sa.select(settlement).where(settlement.c.claim_id == claim_id).order_by(settlement.c.id).limit(500)
    return [SettlementRecord.model_validate(dict(row._mapping)) for row in await conn.execute(query)]
