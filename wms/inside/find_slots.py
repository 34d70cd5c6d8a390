"""Where goods had better lie: the picks of the last days replayed, there and back, over the same pick places."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.inside.rules import Slot, classify, reslot
from wms.kit.clock import Clock
from wms.stock.tables import location, stock, stock_entry, unit

Goods = tuple[UUID, UUID]  # item, owner


class SlotMove(BaseModel):
    sku: str
    source: str
    target: str
    picks: int
    saved_mm: int


class AbcChange(BaseModel):
    sku: str
    picks: int
    abc: str | None
    proposed: str


class SlotProposal(BaseModel):
    """`walked_mm` of the replayed picks today, `proposed_mm` after the moves. Places with several articles stay as they are."""

    picks: int
    walked_mm: int
    proposed_mm: int
    moves: list[SlotMove]
    classes: list[AbcChange]


async def propose_slots(conn: AsyncConnection, clock: Clock, site: str, days: int) -> SlotProposal:
    picks = await _picks(conn, site, clock() - timedelta(days=days))
    named = {row.id: row for row in await conn.execute(_names({item_id for item_id, _ in picks}))}
    by_class = await _slots(conn, site, picks)
    names = {slot.place[0]: slot.place[1] for group in by_class.values() for slot in group}
    moves, walked, saved = [], 0, 0
    for group in by_class.values():
        walked += sum(2 * slot.picks * slot.distance_mm for slot in group)
        for move in reslot(group):
            saved += move.saved_mm
            source, target = names[move.source[0]], names[move.target[0]]
            sku = named[move.goods[0]].sku if move.goods[0] in named else ""
            moves.append(SlotMove(sku=sku, source=source, target=target, picks=move.picks, saved_mm=move.saved_mm))
    moves.sort(key=lambda one: -one.saved_mm)
    by_item: dict[UUID, int] = defaultdict(int)
    for (item_id, _), count in picks.items():
        by_item[item_id] += count
    classes = [
        AbcChange(sku=named[id].sku, picks=by_item[id], abc=named[id].abc, proposed=proposed)
        for id, proposed in classify(by_item).items()
        if named[id].abc != proposed
    ]
    return SlotProposal(
        picks=sum(picks.values()),
        walked_mm=walked,
        proposed_mm=walked - saved,
        moves=moves[:500],
        classes=classes[:500],
    )


def _names(ids: set[UUID]) -> sa.Select[Any]:
    return sa.select(trade_item.c.id, trade_item.c.sku, trade_item.c.abc).where(trade_item.c.id.in_(ids))


async def _picks(conn: AsyncConnection, site: str, since: Any) -> dict[Goods, int]:
    at = sa.func.coalesce(unit.c.location_id, stock_entry.c.from_place_id)
    rows = await conn.execute(
        sa.select(stock_entry.c.item_id, stock_entry.c.owner_id, sa.func.count().label("picks"))
        .outerjoin(unit, unit.c.id == stock_entry.c.from_place_id)
        .join(location, location.c.id == at)
        .where(stock_entry.c.recorded_at >= since, stock_entry.c.cause == "pick", location.c.site == site)
        .group_by(stock_entry.c.item_id, stock_entry.c.owner_id)
    )
    return {(row.item_id, row.owner_id): row.picks for row in rows}


async def _slots(
    conn: AsyncConnection, site: str, picks: dict[Goods, int]
) -> dict[tuple[str, ...], list[Slot[Goods, tuple[UUID, str]]]]:
    """Measured pick places by what they may hold. Only places of one kind change with each other."""
    x, y = await _door(conn, site)
    rows = await conn.execute(
        sa.select(location)
        .where(location.c.site == site, location.c.kind == "pick", location.c.enabled)
        .where(location.c.x_mm.is_not(None), location.c.y_mm.is_not(None))
        .order_by(location.c.name)
    )
    lying: dict[UUID, set[Goods]] = defaultdict(set)
    at = sa.func.coalesce(unit.c.location_id, stock.c.place_id)
    here = (
        sa.select(at.label("at"), stock.c.item_id, stock.c.owner_id)
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .join(location, location.c.id == at)
        .where(location.c.site == site, location.c.kind == "pick", stock.c.quantity > 0)
        .distinct()
    )
    for row in await conn.execute(here):
        lying[row.at].add((row.item_id, row.owner_id))
    shown: set[Goods] = set()
    groups: dict[tuple[str, ...], list[Slot[Goods, tuple[UUID, str]]]] = defaultdict(list)
    for row in rows:
        if len(lying[row.id]) > 1:
            continue
        goods = next(iter(lying[row.id]), None)
        distance = abs((row.x_mm or 0) - x) + abs((row.y_mm or 0) - y)
        count = picks.get(goods, 0) if goods is not None and goods not in shown else 0
        if goods is not None:
            shown.add(goods)  # picks of goods that lie in two places count for the first
        limits = (row.temperature, row.customs_statuses, row.dangerous_classes, row.mixing, row.max_weight_g)
        groups[tuple(str(one) for one in limits)].append(Slot((row.id, row.name), distance, goods, count))
    return groups


async def _door(conn: AsyncConnection, site: str) -> tuple[int, int]:
    """Where walks begin and end: the packing place, else a staging place or dock, else the corner of the house."""
    order = sa.case({"packing": 0, "staging": 1, "dock": 2}, value=location.c.kind, else_=3)
    query = sa.select(location.c.x_mm, location.c.y_mm).where(
        location.c.site == site, location.c.x_mm.is_not(None), location.c.y_mm.is_not(None)
    )
    kinds = location.c.kind.in_(("packing", "staging", "dock"))
    row = (await conn.execute(query.where(kinds).order_by(order, location.c.name).limit(1))).one_or_none()
    return (row.x_mm or 0, row.y_mm or 0) if row is not None else (0, 0)
