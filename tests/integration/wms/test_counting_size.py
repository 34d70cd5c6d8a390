"""Large counts stay within seconds (no statement for each line)."""

import time
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.api import open_api
from tests.support.goods import Goods
from tests.support.house import House
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.stock.post import Entry, post
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
LINES = 3_000


async def test_three_thousand_lots_are_counted_in_seconds(database_url: str, db: Database):
    """A count whose work grew with the square of its lines would stop a stocktake at its largest place."""
    async with open_api(database_url) as api:
        house = await House(api, Goods(db)).open()
        await _fill(house)
        began = time.perf_counter()
        sheet = await house.post("/counts/start", {"site": house.goods.site, "location": "BIG"}, "anna")
        lines = [{"sku": "L", "lot": f"L{n}", "quantity": "5"} for n in range(1, LINES + 1)]
        done = await house.post(f"/counts/{sheet['id']}/submit", {"lines": lines}, "anna")
        took_s = time.perf_counter() - began
    assert (done["state"], len(sheet["lines"])) == ("closed", LINES)
    assert took_s < 10


async def _fill(house: House) -> None:
    goods = house.goods
    at, item = await goods.place("BIG"), await goods.item("L", tracking="lot")
    key = await goods.key(at, item)

    async def add(tx: Tx, _: Any) -> None:
        made = sa.text(
            "INSERT INTO lot (id, item_id, lot_no) SELECT gen_random_uuid(), :i, 'L' || n FROM generate_series(1, :n) n"
        )
        await tx.conn.execute(made, {"i": item, "n": LINES})
        found = sa.text("SELECT id FROM lot WHERE item_id = :i").bindparams(i=item).columns(id=sa.Uuid)
        lots = list(await tx.conn.scalars(found))
        outside = await virtual_location(tx, goods.site, "outside")
        entries = [Entry(outside, key.become(lot_id=lot), Decimal(5)) for lot in lots]
        await post(tx, entries, cause="opening", site=goods.site)

    await goods.db.run(add, None, actor=SYSTEM)
