"""Reports for owners over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.api import Api, open_api
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.stock.post import Entry, post
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
NOW = datetime.now(UTC)


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
def goods(db: Database) -> Goods:
    return Goods(db)


async def report(api: Api, name: str, who: str = "admin", **params: object) -> list[dict[str, Any]]:
    """Every page of a report, two rows a page."""
    rows: list[dict[str, Any]] = []
    params |= {"limit": 2}
    while True:
        answer = await api.get(f"/api/v1/owner-reports/{name}", who, **params)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["items"]
        if answer.json()["next"] is None:
            return rows
        params["after"] = answer.json()["next"]


async def post_entries(goods: Goods, cause: str, *entries: Entry) -> None:
    async def work(tx: Tx, _: None) -> None:
        await post(tx, entries, cause=cause, site=goods.site)

    await goods.db.run(work, None, actor=SYSTEM)


async def test_owner_reports_sum_to_the_bin(api: Api, goods: Goods):
    """Row 9: two owners' identical article in one bin are never merged, and their reports sum to what the bin holds, loose and
    on pallets, by article and by bin."""
    bin_id = await goods.place("T-05")
    mine = await goods.stock(place="T-05", quantity=12)
    theirs = mine.become(owner_id=await goods.party("CRAB"))
    await goods.bring(theirs, "7.5")
    pallet = await goods.unit(bin_id)
    await goods.bring(theirs.at(pallet), 3)
    await goods.bring(await goods.key(await goods.place("T-06"), await goods.item("SHIITAKE-1")), 4)
    by_bin = await report(api, "stock", by="location", location="T-05", site=goods.site)
    assert [(row["owner"], row["quantity"]) for row in by_bin] == sorted(
        [("FUNGI", "12"), ("CRAB", "10.5")], key=lambda row: str(goods.parties[row[0]])
    )
    rows = (await api.get("/api/v1/stock", location="T-05", site=goods.site)).json()["items"]
    assert len(rows) == 3
    assert sum(Decimal(row["quantity"]) for row in rows) == sum(Decimal(row["quantity"]) for row in by_bin)
    by_item = await report(api, "stock")
    everywhere = await report(api, "stock", by="location")
    assert len(by_item) == 3
    for owner_id in goods.parties.values():
        sums = [
            sum(Decimal(row["quantity"]) for row in rows if row["owner_id"] == str(owner_id))
            for rows in (by_item, everywhere)
        ]
        assert sums[0] == sums[1] > 0


async def test_a_tenant_reads_only_his_own_reports(api: Api, goods: Goods):
    """Another owner's report is not refused but not there: a tenant must not learn who else stores here."""
    key = await goods.stock(quantity=5)
    crab = await goods.party("CRAB")
    await goods.bring(key.become(owner_id=crab), 5)
    await sign_in(api, goods.db, "tenant", "owner_viewer", owners=[key.owner_id])
    assert {row["owner"] for row in await report(api, "stock", "tenant")} == {"FUNGI"}
    span = {"since": (NOW - timedelta(days=1)).isoformat(), "until": (NOW + timedelta(days=1)).isoformat()}
    for name, params in (("movements", span), ("ageing", {})):
        told = await api.get(f"/api/v1/owner-reports/{name}", "tenant", owner_id=crab, **params)
        assert (told.status_code, told.json()["code"]) == (404, "not_found")
        assert len(await report(api, name, "tenant", owner_id=key.owner_id, **params)) == 1
    await sign_in(api, goods.db, "local", "shift_leader", sites=[goods.site])
    told = await api.get("/api/v1/owner-reports/ageing", "local", owner_id=crab)
    assert (told.status_code, told.json()["code"]) == (422, "site_missing")


async def test_a_statement_adds_up(api: Api, goods: Goods):
    """Opening and movements are the closing; what is reversed was never received; what moves inside is no movement."""
    start = NOW - timedelta(hours=1)
    key = await goods.stock(quantity=20)
    wrong = await goods.bring(key, 5)
    other = key.become(owner_id=await goods.party("CRAB"))

    async def outside(tx: Tx, _: None):
        return await virtual_location(tx, goods.site, "outside")

    out = await goods.db.run(outside, None, actor=SYSTEM)
    await post_entries(goods, "move", Entry(key, key.at(await goods.place("T-02")), Decimal(6)))
    await post_entries(goods, "ship", Entry(key, out, Decimal(3)))
    await post_entries(goods, "consignment", Entry(key, other, Decimal(4)))
    undo = {"posting_id": str(wrong), "reason": "counted twice"}
    done = await api.client.post("/api/v1/stock/reversals", headers=api.as_("admin"), json=undo)
    assert done.status_code == 201, done.text
    middle = datetime.now(UTC)
    await goods.bring(key, 2)
    span = {"since": start.isoformat(), "until": middle.isoformat()}
    (mine,) = await report(api, "movements", owner_id=key.owner_id, **span)
    kinds = ("opening", "received", "shipped", "bought", "sold", "between_sites", "closing")
    assert [mine[kind] for kind in kinds] == ["0", "20", "3", "0", "4", "0", "13"]
    (theirs,) = await report(api, "movements", owner_id=other.owner_id, site=goods.site, **span)
    assert [theirs[kind] for kind in kinds] == ["0", "0", "0", "4", "0", "0", "4"]
    after = {"since": middle.isoformat(), "until": (NOW + timedelta(hours=1)).isoformat()}
    (later,) = await report(api, "movements", owner_id=key.owner_id, **after)
    assert [later[kind] for kind in kinds] == ["13", "2", "0", "0", "0", "0", "15"]


async def test_goods_age_from_the_day_they_came(api: Api, goods: Goods):
    """Ages do not begin anew with a move inside the house, and dwell is told of what left, first in first out."""
    key = await goods.stock(quantity=1)
    await goods.bring(key, 10, happened_at=NOW - timedelta(days=100))
    await goods.bring(key, 5, happened_at=NOW - timedelta(days=40))

    async def outside(tx: Tx, _: None):
        return await virtual_location(tx, goods.site, "outside")

    out = await goods.db.run(outside, None, actor=SYSTEM)
    await post_entries(goods, "ship", Entry(key, out, Decimal(8), happened_at=NOW - timedelta(days=20)))
    await post_entries(goods, "move", Entry(key, key.at(await goods.place("T-02")), Decimal(8)))
    (ages,) = await report(api, "ageing", owner_id=key.owner_id)
    assert [ages[bucket] for bucket in ("to_30", "to_90", "to_180", "to_365", "older")] == ["1", "5", "2", "0", "0"]
    assert (ages["quantity"], ages["left"], ages["mean_dwell_days"]) == ("8", "8", "80")
    assert ages["oldest_on"] == (NOW - timedelta(days=100)).date().isoformat()
