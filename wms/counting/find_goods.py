"""From what a person counted to stock rows; nothing is guessed. Goods that the books lack there get a key of their own."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.catalog.tables import trade_item
from wms.counting.sql import Known
from wms.counting.wire import CountedGoods
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.sites.tables import site
from wms.stock.ensure_lots import LotSeen, ensure_lots, ensure_serials
from wms.stock.names import REGIME_STATUS
from wms.stock.stock_key import StockKey
from wms.stock.tables import unit

_Name = tuple[UUID, str, str | None, str | None]  # place, article, lot, serial


@dataclass(slots=True)
class Counted:
    """What was counted of one stock row; `at` is the latest of its scans."""

    key: StockKey
    quantity: Decimal
    at: datetime
    weight_g: int = 0


async def find_goods(
    tx: Tx, count: sa.Row[*tuple[Any, ...]], known: Sequence[Known], lines: Sequence[CountedGoods], at: datetime
) -> dict[UUID, Counted]:
    """Refuses `ambiguous_goods`, `lot_missing`, `serial_missing`, `unknown_item`, `owner_missing`, `unit_elsewhere`."""
    units = await _units_here(tx, count.location_id)
    by_name: dict[_Name, list[Known]] = defaultdict(list)
    for one in known:
        by_name[one.key.place_id, one.sku, one.lot, one.serial].append(one)
    items = await _items(tx, lines)
    found: dict[UUID, Counted] = {}
    unexpected: list[tuple[CountedGoods, UUID]] = []
    for line in lines:
        if line.unit is not None and line.unit not in units:
            raise Refusal("unit_elsewhere", unit=line.unit, field="lines")
        place_id = units[line.unit] if line.unit is not None else count.location_id
        _check_tracking(line, items)
        fitting = [one for one in by_name[place_id, line.sku, line.lot, line.serial] if _fits(line, one)]
        if len(fitting) > 1:
            raise Refusal("ambiguous_goods", goods=line.sku, count=len(fitting), field="lines")
        if fitting:
            _add(found, fitting[0].key, line, at)
        elif line.quantity > 0:
            unexpected.append((line, place_id))
    for line, key in await _keys(tx, count.site, items, unexpected):
        _add(found, key, line, at)
    return found


def _add(found: dict[UUID, Counted], key: StockKey, line: CountedGoods, at: datetime) -> None:
    one = found.setdefault(key.id, Counted(key, Decimal(0), line.counted_at or at))
    one.quantity += line.quantity
    one.weight_g += line.weight_g
    one.at = max(one.at, line.counted_at or at)


def _fits(line: CountedGoods, one: Known) -> bool:
    said = ((line.owner, one.owner), (line.customs_status, one.key.customs_status), (line.condition, one.key.condition))
    return all(given in (None, real) for given, real in said)


async def _units_here(tx: Tx, location_id: UUID) -> dict[str, UUID]:
    rows = await tx.conn.execute(
        sa.select(unit.c.id, unit.c.sscc, unit.c.label).where(unit.c.location_id == location_id)
    )
    return {code: row.id for row in rows for code in (row.sscc, row.label) if code is not None}


Item = sa.Row[*tuple[Any, ...]]


async def _items(tx: Tx, lines: Sequence[CountedGoods]) -> dict[str, list[Item]]:
    skus = sorted({line.sku for line in lines})
    found: dict[str, list[Item]] = defaultdict(list)
    query = (
        sa.select(trade_item.c.id, trade_item.c.sku, trade_item.c.owner_id, trade_item.c.tracking, party.c.code)
        .outerjoin(party, party.c.id == trade_item.c.owner_id)
        .where(trade_item.c.sku == sa.any_(sa.cast(skus, ARRAY(sa.String))))
    )
    for row in await tx.conn.execute(query):
        found[row.sku].append(row)
    return found


def _check_tracking(line: CountedGoods, items: dict[str, list[Item]]) -> None:
    """A lot that nobody read is where the wrong one is taken for the right one."""
    kinds = {one.tracking for one in items.get(line.sku, []) if line.owner is None or one.code in (None, line.owner)}
    if not kinds:
        raise Refusal("unknown_item", sku=line.sku, field="lines")
    if kinds == {"lot"} and line.lot is None:
        raise Refusal("lot_missing", sku=line.sku, field="lines")
    if kinds == {"serial"} and line.serial is None and line.quantity > 0:
        raise Refusal("serial_missing", sku=line.sku, field="lines")


async def _keys(
    tx: Tx, site_code: str, items: dict[str, list[Item]], unexpected: Sequence[tuple[CountedGoods, UUID]]
) -> list[tuple[CountedGoods, StockKey]]:
    if not unexpected:
        return []
    codes = sorted({line.owner for line, _ in unexpected if line.owner is not None})
    rows = await tx.conn.execute(
        sa.select(party.c.code, party.c.id).where(party.c.code == sa.any_(sa.cast(codes, ARRAY(sa.String))))
    )
    owners = {row.code: row.id for row in rows}
    kind = await tx.conn.scalar(sa.select(site.c.kind).where(site.c.code == site_code))
    named = [(line, place_id, *_owned(line, items[line.sku], owners)) for line, place_id in unexpected]
    lots = await ensure_lots(tx, [LotSeen(item_id, line.lot) for line, _, item_id, _ in named if line.lot is not None])
    serials = await ensure_serials(
        tx, [(item_id, line.serial) for line, _, item_id, _ in named if line.serial is not None]
    )
    return [
        (
            line,
            StockKey(
                place_id,
                item_id,
                owner_id,
                line.customs_status or REGIME_STATUS.get(kind or "", "free"),
                line.condition or "good",
                lots[item_id, line.lot] if line.lot is not None else None,
                serials[item_id, line.serial] if line.serial is not None else None,
            ),
        )
        for line, place_id, item_id, owner_id in named
    ]


def _owned(line: CountedGoods, items: list[Item], owners: dict[str, UUID]) -> tuple[UUID, UUID]:
    """Article and owner of goods that nobody expected: one article, and its owner or the one that was said."""
    if line.owner is not None and line.owner not in owners:
        raise Refusal("unknown_party", party=line.owner, field="lines")
    mine = [one for one in items if line.owner is None or one.code in (None, line.owner)]
    own = [one for one in mine if one.owner_id is not None] or mine
    if len(own) != 1 or (own[0].owner_id is None and line.owner is None):
        raise Refusal("owner_missing", sku=line.sku, field="lines")
    owner_id = owners[line.owner] if line.owner is not None else own[0].owner_id
    return own[0].id, owner_id
