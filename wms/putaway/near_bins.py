"""Which bins of a large site are worth a look: enough of each kind, nearest first, that the rules find the same first place.

A house has ten thousand bins and a person waits for the answer. Of each step the nearest `FEW` bins are read; when none of them
takes the goods and there were more, `choose_place` reads the whole site.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.putaway.load_bins import BIN_KINDS, Subject
from wms.putaway.tables import fixed_place
from wms.stock.tables import location, stock, unit

FEW = 250


async def find_near_bins(conn: AsyncConnection, subject: Subject) -> tuple[set[UUID], set[str]]:
    """Ids of bins, and the steps that have more bins than those."""
    found: set[UUID] = set(await conn.scalars(_fixed(subject)))
    cut: set[str] = set()
    for step, condition in _conditions(subject).items():
        ids = list(await conn.scalars(_nearest(subject, condition)))
        found.update(ids)
        if len(ids) == FEW:
            cut.add(step)
    return found, cut


def _fixed(subject: Subject) -> sa.Select[Any]:
    mine = fixed_place.c.item_id.in_(_items(subject))
    return sa.select(fixed_place.c.location_id).where(fixed_place.c.site == subject.site, mine)


def _items(subject: Subject) -> Collection[UUID]:
    return {one.item_id for one in subject.goods.contents}


def _nearest(subject: Subject, condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    order: list[Any] = [location.c.path_order, location.c.name]
    if subject.path_order is not None:
        order = [sa.func.abs(location.c.path_order - subject.path_order), *order]
    here = (location.c.site == subject.site, location.c.kind.in_(BIN_KINDS), ~location.c.virtual)
    return sa.select(location.c.id).where(*here, condition).order_by(*order).limit(FEW)


def _conditions(subject: Subject) -> dict[str, sa.ColumnElement[bool]]:
    """By step: what a bin must be to be chosen by it."""
    items = stock.c.item_id == sa.any_(sa.cast(list(_items(subject)), ARRAY(sa.Uuid)))
    lots = stock.c.lot_id == sa.any_(
        sa.cast([one.lot_id for one in subject.goods.contents if one.lot_id is not None], ARRAY(sa.Uuid))
    )
    root = sa.func.coalesce(unit.c.location_id, stock.c.place_id)
    holding = sa.select(root).outerjoin(unit, unit.c.id == stock.c.place_id).where(stock.c.quantity > 0, items)
    loose = sa.exists(sa.select(stock.c.id).where(stock.c.place_id == location.c.id, stock.c.quantity > 0))
    boxed = sa.exists(sa.select(unit.c.id).where(unit.c.place_id == location.c.id))
    empty = sa.and_(location.c.enabled, ~loose, ~boxed)
    return {
        "same_lot": location.c.id.in_(holding.where(lots)),
        "same_item": location.c.id.in_(holding),
        "abc_zone": sa.and_(empty, location.c.abc == subject.goods.abc) if subject.goods.abc else sa.false(),
        "nearest_empty": empty,
        "any": sa.true(),
    }
