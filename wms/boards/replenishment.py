"""What overseas sites should be sent from bonded stock: by how fast goods left, and what may be promised elsewhere."""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.boards.availability import read_available
from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.page import Page, page_of
from wms.kit.refusal import Refusal
from wms.sites.tables import site
from wms.stock.names import REGIME_STATUS
from wms.stock.wire import Quantity
from wms.transfers.cover_rules import Need, Proposal, Source, propose

_MOST_GOODS = 20_000  # articles of owners that one question looks at


class ProposedPart(BaseModel):
    """A line for POST /transfers from this site."""

    site: str
    customs_status: str
    quantity: Quantity


class ReplenishmentProposal(BaseModel):
    site: str
    item_id: UUID
    sku: str
    owner_id: UUID
    demand: Quantity
    available: Quantity
    incoming: Quantity
    cover_days: int
    wanted: Quantity
    parts: list[ProposedPart]
    missing: Quantity


class ReplenishmentQuestion(BaseModel):
    """`days` of demand are looked at; what lasts less than `min_cover_days` is proposed up to `target_cover_days`."""

    site: str | None = None
    owner_id: UUID | None = None
    days: int = 28
    min_cover_days: int = 14
    target_cover_days: int = 28


# What left by corrected shipments is no demand.
_DEMAND = sa.text(
    """
    SELECT l.site, e.item_id, e.owner_id, sum(e.quantity) AS demand
    FROM stock_entry e JOIN location l ON l.id = e.to_place_id JOIN site p ON p.code = l.site
    WHERE e.cause = 'ship' AND e.to_stock_id IS NULL AND e.happened_at >= :since AND e.happened_at <= :now
      AND p.kind = 'overseas' AND (CAST(:site AS varchar) IS NULL OR l.site = :site)
      AND (CAST(:owner_id AS uuid) IS NULL OR e.owner_id = :owner_id)
      AND NOT EXISTS (SELECT FROM stock_entry r WHERE r.reverses_id = e.id)
    GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT :most
    """
)
_INCOMING = sa.text(
    """
    SELECT t.to_site AS site, n.item_id, t.owner_id,
           sum(CASE WHEN t.state = 'in_transit' THEN n.shipped - n.received - n.lost ELSE n.quantity END) AS quantity
    FROM transfer t JOIN transfer_line n ON n.transfer_id = t.id
    WHERE t.state IN ('new', 'reserved', 'in_transit') GROUP BY 1, 2, 3
    """
)


async def find_proposals(
    conn: AsyncConnection, who: Actor, now: datetime, asked: ReplenishmentQuestion, after: str | None, limit: int
) -> Page[ReplenishmentProposal]:
    """By site, article number and owner. Only for sites and owners that are theirs, from sources that are theirs."""
    if asked.owner_id is not None:
        who.need_owner(asked.owner_id)
    if asked.target_cover_days < asked.min_cover_days:
        raise Refusal("invalid_request", field="target_cover_days")
    demand = await _demand(conn, who, now, asked)
    needs, sources = await _needs_and_sources(conn, who, now, asked, demand)
    found = propose(needs, sources, min_cover_days=asked.min_cover_days, target_cover_days=asked.target_cover_days)
    query = sa.select(trade_item.c.id, trade_item.c.sku).where(trade_item.c.id.in_({one.need.item_id for one in found}))
    skus = {row.id: row.sku for row in await conn.execute(query)}
    views = sorted((_view(one, skus[one.need.item_id]) for one in found), key=_cursor)
    if after is not None:
        views = [one for one in views if _cursor(one) > after]
    return page_of(views[: limit + 1], limit, _cursor)


def _cursor(one: ReplenishmentProposal) -> str:
    return f"{one.site}/{one.sku}/{one.item_id}/{one.owner_id}"


async def _demand(conn: AsyncConnection, who: Actor, now: datetime, asked: ReplenishmentQuestion) -> list[Any]:
    params = {
        "since": now - timedelta(days=asked.days),
        "now": now,
        "site": asked.site,
        "owner_id": asked.owner_id,
        "most": _MOST_GOODS,
    }
    rows = await conn.execute(_DEMAND, params)
    return [row for row in rows if (who.sites is None or row.site in who.sites) and who.owns(row.owner_id)]


async def _needs_and_sources(
    conn: AsyncConnection, who: Actor, now: datetime, asked: ReplenishmentQuestion, demand: list[Any]
) -> tuple[list[Need], list[Source]]:
    kinds = {row.code: row.kind for row in await conn.execute(sa.select(site.c.code, site.c.kind))}
    items = {row.item_id for row in demand}
    here: dict[tuple[str, UUID, UUID], Decimal] = defaultdict(Decimal)
    sources = []
    for one in await read_available(conn, items, now, sites=who.sites, owners=who.owners):
        kind = kinds[one.site]
        if kind == "bonded" and one.atp > 0:
            sources.append(Source(one.site, one.item_id, one.owner_id, one.customs_status, one.atp))
        elif one.customs_status == REGIME_STATUS.get(kind, "free"):
            here[one.site, one.item_id, one.owner_id] += one.atp
    coming = {(row.site, row.item_id, row.owner_id): row.quantity for row in await conn.execute(_INCOMING)}
    needs = []
    for row in demand:
        goods = (row.site, row.item_id, row.owner_id)
        incoming = max(coming.get(goods, Decimal(0)), Decimal(0))
        needs.append(Need(*goods, asked.days, row.demand, here[goods], incoming))
    return needs, sources


def _view(one: Proposal, sku: str) -> ReplenishmentProposal:
    need = one.need
    return ReplenishmentProposal(
        site=need.site,
        item_id=need.item_id,
        sku=sku,
        owner_id=need.owner_id,
        demand=need.demand,
        available=need.available,
        incoming=need.incoming,
        cover_days=int(need.cover_days),
        wanted=one.wanted,
        parts=[ProposedPart(site=p.site, customs_status=p.customs_status, quantity=p.quantity) for p in one.parts],
        missing=one.missing,
    )
