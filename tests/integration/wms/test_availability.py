"""What may be promised over all sites, and what should be sent where (capability rows 61 and 25)."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.stock.post import Entry, post
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU = "FUNGUS-250"

# Said once more and otherwise than the board says it, from the tables alone.
FREE = """
    SELECT l.site, s.owner_id, s.customs_status, sum(s.quantity - s.reserved - s.held) AS free
    FROM stock s LEFT JOIN unit u ON u.id = s.place_id JOIN location l ON l.id = coalesce(u.location_id, s.place_id)
    LEFT JOIN lot t ON t.id = s.lot_id
    WHERE NOT l.virtual AND l.enabled AND s.item_id = :item AND s.condition = 'good' AND l.name NOT LIKE 'transit-%'
      AND s.customs_status NOT IN ('detained', 'under_inspection') AND NOT EXISTS (SELECT FROM holds_on(s.id))
      AND (t.expires_on IS NULL OR t.expires_on >= :today) GROUP BY 1, 2, 3"""
ORDERED = """
    SELECT o.site, o.owner_id, n.customs_status, sum(n.quantity - n.cancelled - n.reserved - n.picked) AS soft
    FROM outbound_line n JOIN outbound_order o ON o.id = n.order_id WHERE n.item_id = :item GROUP BY 1, 2, 3"""
MOVING = """
    SELECT t.from_site AS site, t.owner_id, n.customs_status, sum(n.quantity - n.reserved) AS soft
    FROM transfer_line n JOIN transfer t ON t.id = n.transfer_id
    WHERE n.item_id = :item AND t.state IN ('new', 'reserved') GROUP BY 1, 2, 3"""


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


async def by_tables(db: Database, item: Any) -> dict[tuple[Any, ...], Decimal]:
    async with db.read() as conn:
        params = {"item": item, "today": datetime.now(UTC).date()}
        left: dict[tuple[Any, ...], Decimal] = {}
        for row in await conn.execute(sa.text(FREE).bindparams(today=params["today"]), {"item": item}):
            left[row.site, str(row.owner_id), row.customs_status] = row.free
        for query in (ORDERED, MOVING):
            for row in await conn.execute(sa.text(query), {"item": item}):
                key = (row.site, str(row.owner_id), row.customs_status)
                left[key] = left.get(key, Decimal(0)) - row.soft
    return {key: quantity for key, quantity in left.items() if quantity > 0}


async def check(floor: Floor, item: Any) -> dict[str, Any]:
    """The answer, after every law of it was held."""
    answer: dict[str, Any] = await floor.get("/availability", item=str(item))
    rows = answer["rows"]
    names = ("on_hand", "reserved", "held", "customs_blocked", "unfit", "soft_demand", "in_transit", "atp")
    for row in rows:
        n = {name: Decimal(row[name]) for name in names}
        assert min(n.values()) >= 0, row
        free = n["on_hand"] - n["reserved"] - n["held"] - n["customs_blocked"] - n["unfit"]
        assert n["atp"] == max(free - n["soft_demand"], 0), row
    said = {(row["site"], row["owner_id"], row["customs_status"]): Decimal(row["atp"]) for row in rows}
    assert {key: atp for key, atp in said.items() if atp} == await by_tables(floor.goods.db, item)
    for name in ("on_hand", "in_transit", "atp"):
        assert Decimal(answer[name]) == sum(Decimal(row[name]) for row in rows)
    assert {one["site"]: Decimal(one["atp"]) for one in answer["sites"]} == {
        site: sum(Decimal(row["atp"]) for row in rows if row["site"] == site) for site in {row["site"] for row in rows}
    }
    return answer


async def test_what_may_be_promised_is_what_the_tables_say_through_random_work(api: Api, db: Database):
    """Row 61: ATP = on hand - reserved - held - blocked by customs, less open demand, at each site, whatever happened before;
    never negative."""
    rng = random.Random(61)
    sites = [Goods(db, "SFH-Z", "duty_unpaid"), Goods(db, "IKT-O"), Goods(db, "MOW-O")]
    floors = [Floor(api, goods) for goods in sites]
    item = await sites[0].item(SKU)
    lots = {"old": date(2020, 1, 1), "new": date(2099, 1, 1)}
    for goods in sites:
        goods.items[SKU] = item
        await goods.place("D-1", "dock")
    ids = {name: await sites[0].lot(item, name, day) for name, day in lots.items()}
    made: list[tuple[Floor, str]] = []

    async def bring(floor: Floor) -> None:
        goods = floor.goods
        owner = await goods.party(rng.choice(["FUNGI", "OTHER"]))
        more = {"lot_id": ids[rng.choice(["old", "new"])], "condition": rng.choice(["good", "good", "damaged"])}
        if rng.random() < 0.2:
            more["customs_status"] = "detained"
        key = await goods.key(await goods.place(f"T-{rng.randint(1, 3)}"), item, owner_id=owner, **more)
        await goods.bring(key, rng.randint(1, 20))

    async def order(floor: Floor) -> None:
        owner = await floor.goods.party(rng.choice(["FUNGI", "OTHER"]))
        number = len(made)
        body = await floor.body({SKU: rng.randint(1, 15)}, owner_id=owner, reference=f"{floor.goods.site}-{number}")
        id = (await floor.post("/orders", body))["id"]
        made.append((floor, id))
        if rng.random() < 0.6:
            await floor.post(f"/orders/{id}/release")

    async def send(floor: Floor) -> None:
        to = rng.choice([one for one in ("SFH-Z", "IKT-O", "MOW-O") if one != floor.goods.site])
        line = {"item_id": str(item), "quantity": str(rng.randint(1, 12))}
        ends = {"from_site": floor.goods.site, "to_site": to, "reference": f"T-{rng.random()}"}
        body = ends | {"owner_id": str(await floor.goods.party()), "lines": [line]}
        id = (await floor.post("/transfers", body))["id"]
        if rng.random() < 0.7 and (await floor.post(f"/transfers/{id}/reserve"))["state"] == "reserved":
            await floor.post(f"/transfers/{id}/customs", {"customs_ref": "E", "arrival_status": "foreign"})
            if rng.random() < 0.7:
                await floor.post(f"/transfers/{id}/ship")
            if rng.random() < 0.5:
                await floor.ask(f"/transfers/{id}/receive", {"location": "D-1", "everything": True})

    async def hold(floor: Floor) -> None:
        place = await floor.goods.place(f"T-{rng.randint(1, 3)}")
        await floor.post("/holds", {"location_id": str(place), "reason": "quality", "note": "n"})

    async def leave(floor: Floor) -> None:
        if made:
            floor, id = rng.choice(made)
            path = "customs-release" if rng.random() < 0.5 else "cancel"
            await floor.ask(f"/orders/{id}/{path}", {"release_ref": "R", "reason": "r"})
            await floor.ask(f"/orders/{id}/ship-all")

    for step in range(160):
        work = rng.choice([bring, bring, order, send, leave, hold if step in range(120, 130) else send])
        await work(rng.choice(floors))
        if step % 3 == 2:
            await check(floors[0], item)
    answer = await check(floors[0], item)
    assert Decimal(answer["atp"]) > 0
    assert Decimal(answer["in_transit"]) > 0
    async with db.read() as conn:
        assert await conn.scalar(sa.text("SELECT count(*) FROM stock_hold")) > 0


async def test_demand_beyond_the_stock_promises_nothing_and_never_less(api: Api, db: Database):
    """Row 61: open demand of 8 on a stock of 5 leaves 0; the other owner's stock and the paid goods are not touched by it."""
    floor = Floor(api, Goods(db))
    key = await floor.goods.stock(quantity=5)
    other = await floor.goods.party("OTHER")
    await floor.goods.bring(await floor.goods.key(key.place_id, key.item_id, owner_id=other), 7)
    await floor.order({SKU: 8}, release=False)
    answer = await check(floor, key.item_id)
    assert {row["owner_id"]: row["atp"] for row in answer["rows"]} == {str(key.owner_id): "0", str(other): "7"}
    await sign_in(api, db, "tenant", "owner_viewer", owners=[other])
    mine = await floor.get("/availability", "tenant", item=SKU)
    assert (mine["on_hand"], mine["atp"], len(mine["rows"])) == ("7", "7", 1)
    assert (await floor.get("/availability", "elsewhere", item=SKU))["rows"] == []
    assert (await api.get("/api/v1/availability", item="NO-SUCH")).json()["code"] == "unknown_item"


async def left_before(goods: Goods, key: Any, quantity: int, days: int) -> None:
    """A shipment some days ago."""

    async def ship(tx: Tx, _: None) -> None:
        outside = await virtual_location(tx, goods.site, "outside")
        at = tx.now - timedelta(days=days)
        await post(tx, [Entry(key, outside, Decimal(quantity), happened_at=at)], cause="ship", site=goods.site)

    await goods.db.run(ship, None, actor=SYSTEM)


async def test_overseas_sites_are_proposed_what_they_will_run_out_of(api: Api, db: Database):
    """Rows 25 and 61: 28 left in 28 days and 7 are there: a week. Three more weeks' worth is proposed from the bonded zone,
    once: what is on its way there is counted, and older demand is not."""
    floor, zone = Floor(api, Goods(db)), Goods(db, "SFH-Z", "duty_unpaid")
    key = await floor.goods.stock(quantity=135)
    await left_before(floor.goods, key, 28, 5)
    await left_before(floor.goods, key, 100, 40)
    zone.items[SKU] = key.item_id
    await zone.bring(await zone.key(await zone.place(), key.item_id), 15)
    [one] = (await floor.get("/replenishment-proposals"))["items"]
    assert (one["site"], one["demand"], one["available"], one["cover_days"]) == ("IKT-O", "28", "7", 7)
    assert (one["wanted"], one["missing"]) == ("21", "6")
    [part] = one["parts"]
    assert (part["site"], part["customs_status"], part["quantity"]) == ("SFH-Z", "duty_unpaid", "15")
    assert (await floor.get("/replenishment-proposals", min_cover_days=7))["items"] == []
    line = {"item_id": one["item_id"], "quantity": "15", "customs_status": part["customs_status"]}
    ends = {"from_site": part["site"], "to_site": one["site"], "owner_id": one["owner_id"], "reference": "TR-1"}
    await floor.post("/transfers", ends | {"lines": [line]})
    assert (await floor.get("/replenishment-proposals"))["items"] == []
    assert (await floor.get("/availability", item=SKU, site="SFH-Z"))["atp"] == "0"
