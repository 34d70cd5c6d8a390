"""Returns over HTTP (capability row 27)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.support.api import PASSWORD, Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.proof.prove import prove
from wms.stock.correct import reverse_entries
from wms.stock.post import post

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU = "HONEY-500"
ZONE = "SFH-Z"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
async def floor(api: Api, db: Database) -> Floor:
    """At an overseas site, with a dock."""
    goods = Goods(db)
    await goods.place("D-1", "dock")
    return Floor(api, goods)


@pytest.fixture
async def zone(api: Api, db: Database) -> Floor:
    """At a bonded zone, with a dock."""
    goods = Goods(db, ZONE, "duty_unpaid")
    await goods.place("D-1", "dock")
    return Floor(api, goods)


async def ship(floor: Floor, quantity: int, **more: Any) -> list[dict[str, Any]]:
    """What left for an order of so many."""
    line = {"sku": SKU, "quantity": str(quantity), "customs_status": floor.goods.status}
    id = await floor.order({}, lines=[line], **more)
    if floor.goods.status == "duty_unpaid":
        await floor.post(f"/orders/{id}/customs-release", {"release_ref": "I-1"})
    await floor.post(f"/orders/{id}/ship-all")
    return list((await floor.get("/shipped-goods", order_id=id))["items"])


async def announcement(floor: Floor, entry: dict[str, Any], quantity: object, **more: Any) -> dict[str, Any]:
    floor.made += 1
    return {
        "owner_id": str(await floor.goods.party()),
        "reference": f"RMA-{floor.made}",
        "kind": "customer",
        "reason": "did not like it",
        "lines": [{"entry_id": entry["entry_id"], "quantity": str(quantity)}],
    } | more


async def received(floor: Floor, id: str, quantity: object, **more: Any) -> Any:
    body = {"location": "D-1", "lines": [{"line_no": 1, "quantity": str(quantity)}]} | more
    return await floor.post(f"/returns/{id}/receive", body)


async def pass_days(api: Api, days: float) -> None:
    """Let the application's clock go forward; who is signed in signs in again."""
    db = api.client._transport.app.state.services.db  # type: ignore[attr-defined]
    start = db.clock()
    db.clock = lambda: start + timedelta(days=days)
    for name in ("admin",):
        answer = await api.client.post("/api/v1/sessions", json={"name": name, "password": PASSWORD})
        api.tokens[name] = answer.json()["token"]


async def test_a_bonded_return_goes_back_to_its_account_line(zone: Floor, api: Api):
    """Row 27: 1210: owner, lot, customs status and account line are what they were when the goods left, and the account rises
    by what came back; the line of the return names the entry and the order line."""
    goods = zone.goods
    item = await goods.item(SKU, tracking="lot")
    account, lot = await goods.account_line(item), await goods.lot(item, "L-1", date(2099, 1, 1))
    key = await goods.key(await goods.place(), item, lot_id=lot, account_line_id=account)
    await goods.bring(key, 10)
    [left] = await ship(zone, 4)
    assert (left["shipped"], left["returnable"], left["account_no"]) == ("4", "4", "T2306W000001")
    released = (datetime.now(UTC) - timedelta(days=20)).isoformat()
    body = await announcement(zone, left, 3, kind="bonded", released_at=released)
    id = (await zone.post("/returns", body))["id"]
    answer = await received(zone, id, 3)
    assert answer["state"] == "receiving"
    [line] = (await zone.get(f"/returns/{id}/lines"))["items"]
    assert (line["entry_id"], line["order_line_id"]) == (left["entry_id"], left["order_line_id"])
    [row] = (await zone.get("/stock", site=ZONE, sku=SKU, condition="returned"))["items"]
    same = ("owner_id", "lot", "customs_status", "account_no", "account_line")
    [stays] = (await zone.get("/stock", site=ZONE, sku=SKU, condition="good"))["items"]
    assert [row[name] for name in same] == [stays[name] for name in same]
    assert row["quantity"] == "3"
    grades = [{"line_no": 1, "quantity": "2", "grade": "good"}, {"line_no": 1, "quantity": "1", "grade": "damaged"}]
    assert (await zone.post(f"/returns/{id}/inspect", {"lines": grades}))["state"] == "closed"
    async with goods.db.read() as conn:
        assert (await prove(conn)).first == []
    by_condition = {
        (one["condition"], one["location"]): one["quantity"]
        for one in (await zone.get("/stock", site=ZONE, sku=SKU))["items"]
    }
    assert by_condition == {("good", "T-01-01"): "6", ("good", "D-1"): "2", ("damaged", "D-1"): "1"}
    assert [one["kind"] for one in (await zone.get("/tasks", site=ZONE, kind="putaway"))["items"]] == ["putaway"]


async def test_a_late_return_is_refused(zone: Floor, api: Api):
    """Row 27: applied for within 30 days of release and back within 45, as Ann. 2020-45 says, on the calendar of the site."""
    item = await zone.goods.item(SKU)
    account = await zone.goods.account_line(item)
    await zone.goods.bring(await zone.goods.key(await zone.goods.place(), item, account_line_id=account), 10)
    [left] = await ship(zone, 4)
    now = datetime.now(UTC)
    bonded = {"kind": "bonded", "released_at": (now - timedelta(days=32)).isoformat()}
    late = await zone.ask("/returns", await announcement(zone, left, 1, **bonded))
    assert (late.json()["code"], late.json()["params"]["clock"]) == ("return_too_late", "apply")
    bonded["released_at"] = (now - timedelta(days=29)).isoformat()
    id = (await zone.post("/returns", await announcement(zone, left, 2, **bonded)))["id"]
    await pass_days(api, 15)
    await received(zone, id, 1)
    await pass_days(api, 3)
    body = {"location": "D-1", "lines": [{"line_no": 1, "quantity": "1"}]}
    late = await zone.ask(f"/returns/{id}/receive", body)
    assert (late.json()["code"], late.json()["params"]["clock"]) == ("return_too_late", "arrive")
    counted_late = body | {"arrived_at": (now + timedelta(days=15)).isoformat()}
    await zone.post(f"/returns/{id}/receive", counted_late)


async def test_no_other_name_goes_round_the_window(zone: Floor):
    """What left unpaid from an account cannot come back as a customer's return; nor without the day of its release."""
    item = await zone.goods.item(SKU)
    account = await zone.goods.account_line(item)
    await zone.goods.bring(await zone.goods.key(await zone.goods.place(), item, account_line_id=account), 10)
    [left] = await ship(zone, 4)
    for kind in ("customer", "refused", "export"):
        assert await zone.refused("/returns", await announcement(zone, left, 1, kind=kind)) == "return_kind"
    assert await zone.refused("/returns", await announcement(zone, left, 1, kind="bonded")) == "invalid_request"
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = await announcement(zone, left, 1, kind="bonded", released_at=later)
    assert await zone.refused("/returns", body) == "released_after_leaving"


async def test_never_more_comes_back_than_left(floor: Floor):
    """Row 27: over any number of returns, asked for at the same time; what a closed return did not bring may come again."""
    await floor.goods.stock(SKU, quantity=10)
    [left] = await ship(floor, 5)
    assert await floor.refused("/returns", await announcement(floor, left, 6)) == "over_return"
    bodies = [await announcement(floor, left, 1) for _ in range(12)]
    answers = await asyncio.gather(*(floor.ask("/returns", body) for body in bodies))
    made = [one.json()["id"] for one in answers if one.status_code == 201]
    assert len(made) == 5
    assert {one.json()["code"] for one in answers if one.status_code != 201} == {"over_return"}
    body = {"location": "D-1", "lines": [{"line_no": 1, "quantity": "2"}]}
    assert await floor.refused(f"/returns/{made[0]}/receive", body) == "over_return"
    await received(floor, made[0], 1)
    assert await floor.refused(f"/returns/{made[0]}/close") == "return_not_inspected"
    assert (await floor.post(f"/returns/{made[1]}/close"))["state"] == "cancelled"
    await floor.post("/returns", await announcement(floor, left, 1))
    assert await floor.refused("/returns", await announcement(floor, left, 1)) == "over_return"


async def test_refused_delivery_comes_back_and_serves_the_next_order(floor: Floor):
    """Row 27: until it is inspected nobody is promised it; graded good it is stock again."""
    await floor.goods.stock(SKU, quantity=5)
    [left] = await ship(floor, 5)
    id = (await floor.post("/returns", await announcement(floor, left, 5, kind="refused")))["id"]
    await received(floor, id, 4)
    grade = {"lines": [{"line_no": 1, "quantity": "5", "grade": "good"}]}
    assert await floor.refused(f"/returns/{id}/inspect", grade) == "over_return"
    available = await floor.get("/availability", item=SKU)
    assert (available["on_hand"], available["atp"]) == ("4", "0")
    grades = [{"line_no": 1, "quantity": "3", "grade": "good"}, {"line_no": 1, "quantity": "1", "grade": "quarantine"}]
    assert (await floor.post(f"/returns/{id}/inspect", {"lines": grades}))["state"] == "inspected"
    available = await floor.get("/availability", item=SKU)
    assert (available["on_hand"], available["atp"]) == ("4", "3")
    assert (await floor.post(f"/returns/{id}/close"))["state"] == "closed"
    [line] = (await floor.get(f"/returns/{id}/lines"))["items"]
    assert (line["quantity"], line["received"], line["good"], line["quarantine"]) == ("4", "4", "3", "1")


async def test_an_export_return_is_free_of_tax_while_its_window_is_open(api: Api, db: Database):
    """Row 27: within six months free of tax, within a year at all; windows are data and may be added."""
    goods = Goods(db, "SFH-B", "export_released")
    await goods.place("D-1", "dock")
    border = Floor(api, goods)
    await goods.stock(SKU, quantity=5)
    [left] = await ship(border, 3)
    id = (await border.post("/returns", await announcement(border, left, 2, kind="export")))["id"]
    record = await border.get(f"/returns/{id}")
    assert record["arrive_by_on"] > record["tax_free_by_on"] > record["announced_at"][:10]
    assert (await received(border, id, 1))["tax_free"] is True
    windows = (await border.get("/return-windows"))["items"]
    assert {(one["kind"], one["clock"]) for one in windows} >= {("bonded", "arrive"), ("export", "tax_free")}
    shorter = {"kind": "export", "clock": "tax_free", "days": 1, "source": "a test", "verified": False}
    today = datetime.now(UTC).date()
    body = shorter | {"valid_from": (today - timedelta(days=1)).isoformat()}
    for who, status in (("leader", 403), ("admin", 200)):
        answer = await api.client.put("/api/v1/return-windows", headers=api.as_(who), json=body)
        assert answer.status_code == status, answer.text
    again = (await border.post("/returns", await announcement(border, left, 1, kind="export")))["id"]
    await pass_days(api, 3)
    assert (await received(border, again, 1))["tax_free"] is False
    assert (await received(border, id, 1))["tax_free"] is True, "its window was open when it left"
    [other] = await ship(border, 2)
    more = await announcement(border, other, 2, kind="export")
    old = (await border.post("/returns", more))["id"]
    await pass_days(api, 370)
    body = {"location": "D-1", "lines": [{"line_no": 1, "quantity": "1"}]}
    assert await border.refused(f"/returns/{old}/receive", body) == "return_too_late"


async def test_a_return_is_of_its_owner_and_its_site(floor: Floor, api: Api, db: Database):
    """Another tenant's shipment cannot be returned, seen or guessed; nor can one of a foreign site."""
    await floor.goods.stock(SKU, quantity=5)
    [left] = await ship(floor, 3)
    other = await floor.goods.party("OTHER")
    await sign_in(api, db, "tenant", "integration", owners=[other])
    await sign_in(api, db, "mine", "integration", owners=[await floor.goods.party()])
    await sign_in(api, db, "far", "shift_leader", sites=["MLX-S"])
    mine = await announcement(floor, left, 1)
    assert await floor.refused("/returns", mine, who="tenant") == "not_found"
    assert await floor.refused("/returns", mine | {"owner_id": str(other)}, who="tenant") == "not_found"
    assert await floor.refused("/returns", mine, who="far") == "not_found"
    made = await floor.post("/returns", mine, who="mine")
    assert (await floor.post("/returns", mine, who="mine"))["id"] == made["id"]
    assert await floor.refused("/returns", mine | {"reason": "another"}, who="mine") == "reference_reused"
    for who in ("tenant", "far"):
        assert (await floor.get("/returns", who))["items"] == []
        for path in (f"/returns/{made['id']}", f"/returns/{made['id']}/lines"):
            assert (await api.get(f"/api/v1{path}", who)).status_code == 404
    body = {"location": "D-1", "lines": [{"line_no": 1, "quantity": "1"}]}
    assert await floor.refused(f"/returns/{made['id']}/receive", body, who="far") == "not_found"
    assert await floor.refused(f"/returns/{UUID(int=9)}/close") == "not_found"


async def test_a_shipment_that_was_corrected_cannot_be_returned(floor: Floor):
    """The goods are here again by the correction; a return would bring them twice."""
    await floor.goods.stock(SKU, quantity=5)
    [left] = await ship(floor, 3)
    entries = (await floor.get("/stock", site=floor.goods.site, sku=SKU))["items"]
    [entry] = [
        one for one in (await floor.get(f"/stock/{entries[0]['id']}/entries"))["items"] if one["id"] == left["entry_id"]
    ]
    body = await announcement(floor, left, 1)
    before = (await floor.post("/returns", body))["id"]

    async def correct(tx: Tx, id: int) -> None:
        await post(tx, await reverse_entries(tx, [id]), cause="reversal", site=floor.goods.site)

    await floor.goods.db.run(correct, entry["id"], actor=SYSTEM)
    assert await floor.refused("/returns", await announcement(floor, left, 1)) == "not_found"
    receive = {"location": "D-1", "lines": [{"line_no": 1, "quantity": "1"}]}
    assert await floor.refused(f"/returns/{before}/receive", receive) == "not_found"


async def test_grams_come_back_in_proportion(floor: Floor):
    """Of catch-weight goods the grams that return add up to those that left."""
    item = await floor.goods.item(SKU, catch_weight=True)
    await floor.goods.bring(await floor.goods.key(await floor.goods.place(), item), 3, weight_g=1000)
    [left] = await ship(floor, 3)
    id = (await floor.post("/returns", await announcement(floor, left, 3)))["id"]
    for _ in range(3):
        await received(floor, id, 1)
    [row] = (await floor.get("/stock", site=floor.goods.site, sku=SKU))["items"]
    assert (Decimal(row["quantity"]), row["weight_g"]) == (3, 1000)
