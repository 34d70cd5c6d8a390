"""Replenishment, kits, scrap, slotting and labour over HTTP (capability rows 17, 22, 26, 29, 58, 60)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.house import House
from tests.support.people import sign_in
from wms.kit.db import Database

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU = "FUNGUS-250"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
async def house(api: Api, db: Database) -> House:
    return await House(api, Goods(db)).open()


async def _face(house: House, least: int = 5, most: int = 20) -> Any:
    """A face P-1 with its article in the racks, in two lots of 8 and 30."""
    goods = house.goods
    item = await goods.item(SKU)
    await goods.place("P-1", "pick")
    for lot_no, expires_on, quantity in (("SOON", date(2027, 1, 1), 8), ("LATE", date(2028, 1, 1), 30)):
        lot = await goods.lot(item, lot_no, expires_on)
        await goods.bring(await goods.key(await goods.place(f"R-{lot_no}"), item, lot_id=lot), quantity)
    face = {"location": "P-1", "sku": SKU, "owner": "FUNGI", "min_quantity": str(least), "max_quantity": str(most)}
    await house.put("/pick-faces", {"site": goods.site, "faces": [face]}, "lead1")
    return item


async def test_ten_triggers_at_once_make_one_task(house: House):
    """Row 22: a face under its minimum waits for one person, whoever else noticed it too."""
    await _face(house)
    body = {"site": house.goods.site}
    answers = await asyncio.gather(*(house.post("/replenishments", body, "lead1") for _ in range(10)))
    assert sum(len(one["tasks"]) for one in answers) == 1
    [task] = await house.tasks("replenish")
    said = task["payload"]
    assert (said["from"], said["lot"], said["quantity"], said["face"]) == ("R-SOON", "SOON", "8", "P-1")


async def test_a_face_is_filled_from_rack_to_rack(house: House):
    """Row 22: wrong scans post nothing; what the face still lacks becomes the next task at once."""
    await _face(house)
    [id] = (await house.post("/replenishments", {"site": house.goods.site}, "lead1"))["tasks"]
    path = f"/replenishments/{id}/confirm"
    right = {"source": "R-SOON", "item": SKU, "lot": "SOON", "quantity": "8", "face": "P-1"}
    await house.goods.item("OTHER-1")
    for wrong, code in (
        ({"face": "R-LATE"}, "wrong_location"),
        ({"item": "OTHER-1"}, "wrong_item"),
        ({"quantity": "9"}, "over_replenish"),
        ({"lot": "LATE"}, "unknown_goods"),
    ):
        assert await house.refused(path, right | wrong, "anna") == code
    done = await house.post(path, right, "anna")
    [task] = await house.tasks("replenish") if done["next"] else [None]
    assert task is None, "eight are above the minimum of five"
    assert (await house.on_hand(SKU))["P-1"] == 8


async def test_open_orders_fill_a_face_that_is_above_its_minimum(house: House, api: Api):
    """Row 22: demand that nobody has promised yet counts, up to what the face holds."""
    item = await _face(house)
    goods, floor = house.goods, Floor(api, house.goods)
    await goods.bring(await goods.key(await goods.place("P-1", "pick"), item), 6)
    body = {"site": goods.site}
    assert (await house.post("/replenishments", body, "lead1"))["tasks"] == []
    await floor.order({SKU: 15}, release=False)
    [id] = (await house.post("/replenishments", body, "lead1"))["tasks"]
    assert (await house.get(f"/tasks/{id}"))["payload"]["quantity"] == "8"


async def test_a_site_is_told_what_it_should_have_and_has_not(house: House):
    """Row 22: less than the safety stock may be taken; what is enough is not in the list."""
    await house.goods.stock(quantity=10)
    await house.goods.stock("HONEY-1", quantity=10)
    items = [{"sku": SKU, "owner": "FUNGI", "quantity": "11"}, {"sku": "HONEY-1", "owner": "FUNGI", "quantity": "10"}]
    await house.put("/safety-stock", {"site": house.goods.site, "items": items}, "lead1")
    found = await house.items("/safety-stock/breaches", site=house.goods.site)
    assert [(one["sku"], one["quantity"], one["available"]) for one in found] == [(SKU, "11", "10")]
    assert (
        await house.ask("GET", f"/safety-stock/breaches?site={house.goods.site}", who="elsewhere")
    ).status_code == 404


async def _kit(house: House) -> tuple[Any, Any]:
    """GIFT = A + 2 B. B lies there in two lots."""
    goods = house.goods
    a, b = await goods.item("A"), await goods.item("B", tracking="lot")
    kit = await goods.item("GIFT", tracking="lot")
    parts = [{"item_id": str(a), "quantity": "1"}, {"item_id": str(b), "quantity": "2"}]
    await house.put(f"/items/{kit}/bill", {"components": parts}, "lead1")
    bench = await goods.place("BENCH")
    await goods.bring(await goods.key(bench, a), 10)
    for lot_no, day in (("B1", 1), ("B2", 2)):
        lot = await goods.lot(b, lot_no, date(2027, 1, day))
        await goods.bring(await goods.key(bench, b, lot_id=lot), 5)
    return a, b


async def test_kits_use_up_and_make_at_once_and_are_traced_both_ways(house: House):
    """Row 26: all or nothing; from a lot of a component to the kits, and from a kit to its lots."""
    await _kit(house)
    site = house.goods.site
    body = {"site": site, "owner": "FUNGI", "sku": "GIFT", "source": "BENCH", "target": "BENCH", "lot": "G1"}
    assert await house.refused("/kits", body | {"quantity": "6"}, "anna") == "insufficient_stock"
    assert await house.refused("/kits", body | {"quantity": "1", "lot": None}, "anna") == "lot_missing"
    assert await house.on_hand("A") == {"BENCH": 10}
    made = await house.post("/kits", body | {"quantity": "3"}, "anna")
    assert [await house.on_hand(sku) for sku in ("A", "B", "GIFT")] == [{"BENCH": 7}, {"BENCH": 4}, {"BENCH": 3}]
    kit = await house.get(f"/kits/{made['id']}")
    assert [(one["way"], one["sku"], one["lot"], one["quantity"]) for one in kit["goods"] if one["sku"] != "A"] == [
        ("used", "B", "B1", "5"),
        ("used", "B", "B2", "1"),
        ("made", "GIFT", "G1", "3"),
    ]
    for sku, lot in (("B", "B1"), ("B", "B2"), ("GIFT", "G1")):
        assert [one["id"] for one in await house.items("/kits", sku=sku, lot=lot)] == [made["id"]]
    assert await house.items("/kits", sku="B", lot="B9") == []
    back = body | {"quantity": "1", "lots": [{"sku": "B", "lot": "B2"}]}
    assert await house.refused("/kits/break", body | {"quantity": "1"}, "anna") == "lot_missing"
    await house.post("/kits/break", back, "anna")
    assert [await house.on_hand(sku) for sku in ("A", "B", "GIFT")] == [{"BENCH": 8}, {"BENCH": 6}, {"BENCH": 2}]
    assert [fact["kind"] for fact in [*await house.facts("kit.made"), *await house.facts("kit.broken")]] == [
        "kit.made",
        "kit.broken",
    ]


async def test_bonded_components_are_not_made_into_kits(house: House):
    """Row 26: what stands in a bonded account changes only with customs; two statuses never become one kit."""
    a, b = await _kit(house)
    goods = house.goods
    bench, line = await goods.place("BENCH"), await goods.account_line(a)
    bonded = await goods.key(bench, a, customs_status="duty_unpaid", account_line_id=line)
    await goods.bring(bonded, 50)
    body = {"site": goods.site, "owner": "FUNGI", "sku": "GIFT", "source": "BENCH", "target": "BENCH", "lot": "G1"}
    assert await house.refused("/kits", body | {"quantity": "11"}, "anna") == "bonded_goods"
    await goods.bring(
        await goods.key(bench, b, customs_status="free", lot_id=await goods.lot(b, "B0", date(2026, 12, 1))), 2
    )
    assert await house.refused("/kits", body | {"quantity": "1"}, "anna") == "mixed_customs"


async def test_a_service_is_a_task_that_a_word_ends(house: House):
    """Row 26: labels and bundles change no goods."""
    await house.goods.place("BENCH")
    made = await house.post("/units", {"site": house.goods.site, "place": "BENCH", "kind": "case"}, "anna")
    body = {"site": house.goods.site, "unit": made["code"], "service": "relabel", "note": "Russian labels"}
    asked = await house.post("/services", body, "lead1")
    await house.post(f"/tasks/{asked['task_id']}/complete", {"result": {"labels": 40}}, "anna")
    assert (await house.get(f"/tasks/{asked['task_id']}"))["state"] == "done"


async def test_bonded_scrap_stays_locked_until_the_authority_has_spoken(house: House, api: Api):
    """Row 29: set aside at once, moved and picked by nobody, destroyed by another person, with the authority's number."""
    goods = house.goods
    item = await goods.item(SKU)
    line = await goods.account_line(item)
    key = await goods.key(await goods.place(), item, customs_status="duty_unpaid", account_line_id=line)
    await goods.bring(key, 10)
    ask = {"site": goods.site, "stock_id": str(key.id), "quantity": "4", "reason": "wet"}
    asked = await house.post("/scraps", ask, "lead1")
    assert asked["bonded"] is True
    path = f"/scraps/{asked['id']}"
    aside = key.become(condition="quarantine")
    assert await goods.balance(aside) == (4, 4, 0)
    change = {"stock_id": str(aside.id), "quantity": "1", "condition": "good", "reason": "looks fine"}
    assert await house.refused("/stock/status-changes", change, "lead2") == "insufficient_stock"
    assert await house.refused(f"{path}/approve", {"note": "go"}, "lead1") == "four_eyes"
    assert await house.refused(f"{path}/approve", {"note": "go"}, "lead2") == "authority_reference_missing"
    assert await house.refused(f"{path}/authority", {"reference": "X"}, "lead2") == "not_allowed"
    await house.post(f"{path}/authority", {"reference": "DES-2026-7"}, "officer")
    done = await house.post(f"{path}/approve", {"note": "burnt under watch"}, "lead2")
    assert (done["state"], done["authority_ref"]) == ("scrapped", "DES-2026-7")
    assert await house.refused(f"{path}/approve", {"note": "again"}, "lead2") == "scrap_decided"
    assert (await goods.balance(aside))[0] == 0
    async with goods.db.read() as conn:
        assert await conn.scalar(sa.text("SELECT quantity FROM account_line")) == 6
    [row] = await house.items("/scraps", site=goods.site)
    assert (row["sku"], row["state"]) == (SKU, "scrapped")


async def test_scrap_that_was_rejected_is_what_it_was(house: House):
    """Row 29: also goods on hold may be set aside, and the hold does not keep them from being destroyed."""
    key = await house.goods.stock(quantity=10)
    ask = {"site": house.goods.site, "stock_id": str(key.id), "quantity": "4", "reason": "torn"}
    asked = await house.post("/scraps", ask, "anna")
    await house.post(f"/scraps/{asked['id']}/reject", {"note": "only dusty"}, "lead1")
    assert await house.goods.balance(key) == (10, 0, 0)
    await house.post("/holds", {"item_id": str(key.item_id), "reason": "recall", "note": "x"})
    asked = await house.post("/scraps", ask, "anna")
    await house.post(f"/scraps/{asked['id']}/approve", {"note": "recalled"}, "lead1")
    assert (await house.goods.balance(key))[0] == 6


async def test_busy_goods_are_proposed_for_near_places(house: House, api: Api):
    """Row 58: the picks of the last days walked again over the proposal are a shorter way, by what it says."""
    goods, floor = house.goods, Floor(api, house.goods)
    await goods.place("PACK", "packing", x_mm=0, y_mm=0)
    for number, sku in enumerate(("SLOW", "MIDDLE", "BUSY")):
        await goods.place(f"S-{number}", "pick", x_mm=1000 * (number + 1), y_mm=0)
        await goods.stock(sku, f"S-{number}", 50)
    for sku, times in (("BUSY", 3), ("SLOW", 1)):
        for number in range(times):
            await floor.pick_all(await floor.order({sku: 1}), f"T-{sku}-{number}")
    found = await house.get(f"/sites/{goods.site}/slotting", "lead1")
    assert (found["picks"], found["walked_mm"], found["proposed_mm"]) == (
        4,
        2 * (3 * 3000 + 1000),
        2 * (3 * 1000 + 2000),
    )
    assert found["walked_mm"] - found["proposed_mm"] == sum(one["saved_mm"] for one in found["moves"])
    assert (found["moves"][0]["sku"], found["moves"][0]["target"]) == ("BUSY", "S-0")
    assert {one["sku"]: one["proposed"] for one in found["classes"]}["BUSY"] == "A"


async def test_lines_an_hour_are_those_of_the_journal(house: House, api: Api, db: Database):
    """Row 60: the report is a count of entries by person and hour; nobody of another site reads it."""
    goods, floor = house.goods, Floor(api, house.goods)
    await goods.stock(quantity=50)
    for number, who in enumerate(("anna", "anna", "boris")):
        order = await floor.order({SKU: 2})
        await floor.tote(f"T-{number}")
        [one] = await floor.picks(order)
        await floor.post(f"/picks/{one['id']}/confirm", Floor.scans(one, f"T-{number}"), who)
    now = datetime.now(UTC)
    span = {"begin": (now - timedelta(hours=2)).isoformat(), "end": (now + timedelta(hours=1)).isoformat()}
    report = await house.get(f"/sites/{goods.site}/labour", "lead1", **span)
    lines = {one["person"]: one["lines"] for one in report["people"] if one["person"] in ("anna", "boris")}
    assert lines == {"anna": 2, "boris": 1}
    async with db.read() as conn:
        assert sum(one["lines"] for one in report["hours"]) == await conn.scalar(
            sa.text("SELECT count(*) FROM stock_entry")
        )
    assert (await house.api.get(f"/api/v1/sites/{goods.site}/labour", "elsewhere", **span)).status_code == 404
    assert (await house.api.get(f"/api/v1/sites/{goods.site}/labour", "anna", **span)).status_code == 403


async def test_work_of_several_kinds_is_done_along_the_way(house: House):
    """Row 17: counts and fillings of one aisle follow each other; the way is no longer than that of each kind by itself."""
    goods, site = house.goods, house.goods.site
    await _face(house)
    xs = {}
    for number in (9, 1, 7, 3, 5):
        xs[f"W-{number}"] = number
        await goods.place(f"W-{number}", "storage", path_order=number)
    async with goods.db.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE location SET path_order = 4 WHERE name = 'R-SOON'"))
    await house.post("/counts", {"site": site, "locations": list(xs)}, "lead1")
    await house.post("/replenishments", {"site": site}, "lead1")
    async with goods.db.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE task SET priority = 0 WHERE site = :site"), {"site": site})
    here, walked = "W-1", [1]
    while task := (await house.post("/tasks/take", {"site": site, "near": here}, "anna"))["task"]:
        here = task["location"]
        walked.append(task["path_order"])
    length = sum(abs(one - other) for one, other in pairwise(walked))
    assert (len(walked), length) == (7, 8)


async def test_a_tenant_sees_his_own_and_touches_nothing(house: House, api: Api, db: Database):
    """Row 10: faces, scrap, kits, reports and units of the house are not there for a tenant."""
    await house.goods.stock(quantity=10)
    await sign_in(api, db, "tenant", "owner_viewer", owners=[await house.goods.party("CRAB")])
    made = await house.post("/units", {"site": house.goods.site, "place": "T-01-01", "kind": "case"}, "anna")
    assert (await house.ask("GET", f"/units/{made['code']}", who="tenant")).status_code == 404
    for path in ("/counts", "/count-proposals", "/stocktakes"):
        assert (await house.ask("GET", path, who="tenant")).status_code == 404
    assert (await house.get("/scraps", "tenant"))["items"] == (await house.get("/kits", "tenant"))["items"] == []
    assert Decimal((await house.on_hand(SKU))["T-01-01"]) == 10
