"""What receiving needs to know of articles, for any number of them in one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class ItemFacts:
    id: UUID
    sku: str
    tracking: str
    catch_weight: bool
    shelf_life_days: int | None

    def expires_on(self, produced_on: date | None) -> date | None:
        """By the shelf life, when a label tells only when the goods were made."""
        if produced_on is None or self.shelf_life_days is None:
            return None
        return produced_on + timedelta(days=self.shelf_life_days)


_COLUMNS = (
    *(trade_item.c.id, trade_item.c.sku, trade_item.c.tracking),
    *(trade_item.c.catch_weight, trade_item.c.shelf_life_days, trade_item.c.owner_id),
)


async def items_by_sku(tx: Tx, owner_id: UUID, skus: Iterable[str]) -> dict[str, ItemFacts]:
    """Articles of an owner by number, his own before shared ones. Refuses `unknown_item`."""
    wanted = sorted(set(skus))
    known = await _read(tx, owner_id, trade_item.c.sku == sa.any_(sa.cast(wanted, ARRAY(sa.String))))
    found = {row.sku: _facts(row) for row in known}
    if missing := set(wanted) - found.keys():
        raise Refusal("unknown_item", sku=min(missing))
    return found


async def items_by_id(tx: Tx, owner_id: UUID, ids: Iterable[UUID]) -> dict[UUID, ItemFacts]:
    """Articles that an owner may keep, by id. Refuses `unknown_item`."""
    wanted = sorted(set(ids))
    known = await _read(tx, owner_id, trade_item.c.id == sa.any_(sa.cast(wanted, ARRAY(sa.Uuid))))
    found = {row.id: _facts(row) for row in known}
    if missing := set(wanted) - found.keys():
        raise Refusal("unknown_item", sku=str(min(missing)))
    return found


async def _read(tx: Tx, owner_id: UUID, condition: sa.ColumnElement[bool]) -> list[sa.Row[Any]]:
    mine = sa.or_(trade_item.c.owner_id == owner_id, trade_item.c.owner_id.is_(None))
    # Shared articles first, so that an owner's own article of the same number takes their place.
    rows = await tx.conn.execute(
        sa.select(*_COLUMNS).where(condition, mine).order_by(trade_item.c.owner_id.is_not(None))
    )
    return list(rows.all())


def _facts(row: sa.Row[Any]) -> ItemFacts:
    return ItemFacts(row.id, row.sku, row.tracking, row.catch_weight, row.shelf_life_days)
