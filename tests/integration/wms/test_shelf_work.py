"""Work that shelves ask for by themselves (capability rows 22, 23)."""

from collections.abc import AsyncIterator

import pytest

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.house import House
from wms.kit.db import Database
from wms.workers.plan_shelf_work import COUNTS_WAITING, plan_counts, plan_replenishments

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
async def house(api: Api, db: Database) -> House:
    return await House(api, Goods(db)).open()


async def test_a_low_face_is_filled_without_anybody_asking(house: House, db: Database):
    """Row 22: at three in the morning nobody presses a button; and what waits for a person is not asked twice."""
    goods = house.goods
    item = await goods.item("FUNGUS-250")
    await goods.place("P-1", "pick")
    await goods.bring(await goods.key(await goods.place("R-1"), item), 30)
    face = {"location": "P-1", "sku": "FUNGUS-250", "owner": "FUNGI", "min_quantity": "5", "max_quantity": "20"}
    await house.put("/pick-faces", {"site": goods.site, "faces": [face]}, "lead1")
    assert await plan_replenishments(db) == 1
    assert await plan_replenishments(db) == 0
    assert [task["payload"]["face"] for task in await house.tasks("replenish")] == ["P-1"]


async def test_counts_come_by_themselves_where_a_site_said_how_often(house: House, api: Api, db: Database):
    """Row 23: a site without a policy is left alone; one with it gets its empty bins and a shift's worth of due places."""
    goods, floor = house.goods, Floor(api, house.goods)
    await goods.stock(quantity=3)
    await floor.pick_all(await floor.order({"FUNGUS-250": 3}), "TOTE-1")
    for number in range(COUNTS_WAITING + 5):
        await goods.place(f"C-{number:02}")
    assert await plan_counts(db) == 0
    await house.put("/count-policy", {"site": goods.site}, "lead1")
    assert await plan_counts(db) == COUNTS_WAITING + 1
    reasons = [task["payload"]["reason"] for task in await house.tasks("count")]
    assert (reasons.count("zero_bin"), reasons.count("cycle")) == (1, COUNTS_WAITING)
    assert await plan_counts(db) == 0
