"""The demonstration world: owners, goods and places."""

import time

import pytest
import sqlalchemy as sa

from wms.catalog.find_item import find_item
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.seed.plant_world import plant_world

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

_COUNTED = (
    "party",
    "trade_item",
    "packaging",
    "item_alias",
    "place",
    "location",
    "dangerous_segregation",
    "stock",
    "fact",
)


async def _counts(db: Database) -> dict[str, int]:
    async with db.read() as conn:
        return {name: await conn.scalar(sa.text(f"SELECT count(*) FROM {name}")) or 0 for name in _COUNTED}


async def test_planting_twice_changes_nothing(db: Database):
    """`kouan up` plants at every start; a second black fungus would split the stock of the first."""
    before = await _counts(db)
    started = time.perf_counter()
    await db.run(plant_world, None, actor=SYSTEM)
    assert time.perf_counter() - started < 1
    assert await _counts(db) == before
    assert before["trade_item"] >= 30
    assert before["stock"] == 0


async def test_every_article_of_the_world_answers_to_its_codes(db: Database):
    """A demonstration in which a scan finds nothing, or two things, demonstrates the wrong thing."""
    async with db.read() as conn:
        items = (await conn.execute(sa.text("SELECT id, sku, gtin FROM trade_item"))).all()
        cases = (
            await conn.execute(sa.text("SELECT item_id, gtin, base_quantity FROM packaging WHERE gtin IS NOT NULL"))
        ).all()
        for row in items:
            assert (await find_item(conn, None, row.sku)).item_id == row.id
            if row.gtin:
                assert (await find_item(conn, None, row.gtin[1:])).item_id == row.id
        for row in cases:
            assert (await find_item(conn, None, row.gtin)).base_quantity == row.base_quantity
