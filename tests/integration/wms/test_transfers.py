"""Transfers between sites and their claims over HTTP (capability row 25)."""

from collections.abc import AsyncIterator
from decimal import Decimal
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.catalog.tables import trade_item
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.proof.prove import prove
from wms.stock.post import Entry, post
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU = "FUNGUS-250"
FROM, TO = "SFH-Z", "IKT-O"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
def floor(api: Api, db: Database) -> Floor:
    """At the sending site, where goods are released for export."""
    return Floor(api, Goods(db, FROM, "export_released"))


@pytest.fixture
async def dock(db: Database) -> UUID:
    return await Goods(db, TO).place("D-1", "dock")


async def total(floor: Floor, *, virtual: bool = False) -> Decimal:
    """What of the article lies at all sites together."""
    async with floor.goods.db.read() as conn:
        return await conn.scalar(
            sa.text(
                "SELECT coalesce(sum(s.quantity), 0) FROM stock s LEFT JOIN unit u ON u.id = s.place_id"
                " JOIN location l ON l.id = coalesce(u.location_id, s.place_id) WHERE NOT l.virtual AND s.item_id = :item"
            ),
            {"item": floor.goods.items[SKU]},
        )


async def rows_at(floor: Floor, site: str) -> list[dict[str, Any]]:
    found = (await floor.get("/stock", site=site, sku=SKU, limit=500))["items"]
    return [one for one in found if one["quantity"] != "0"]


async def transfer(floor: Floor, quantity: object = 10, *, ship: bool = True, **more: Any) -> str:
    floor.made += 1
    line = {"sku": SKU, "quantity": str(quantity), "customs_status": floor.goods.status} | more.pop("line", {})
    body = {
        "from_site": FROM,
        "to_site": TO,
        "owner_id": str(await floor.goods.party()),
        "reference": f"TR-{floor.made}",
        "lines": [line],
    }
    id: str = (await floor.post("/transfers", body | more))["id"]
    if ship:
        await floor.post(f"/transfers/{id}/reserve")
        await floor.post(f"/transfers/{id}/ship")
    return id


async def proven(floor: Floor) -> None:
    async with floor.goods.db.read() as conn:
        assert (await prove(conn)).first == []


async def line_of(floor: Floor, id: str) -> dict[str, Any]:
    [line] = (await floor.get(f"/transfers/{id}/lines"))["items"]
    return dict(line)


async def test_of_ten_sent_nine_received_one_stays_in_transit_until_its_claim_is_settled(floor: Floor, dock: UUID):
    """Row 25: the sum over sites is the same at every step; only the settled loss lowers it, by a document."""
    key = await floor.goods.stock(quantity=25)
    id = await transfer(floor, ship=False)
    assert (await floor.post(f"/transfers/{id}/reserve"))["reserved"] == "10"
    assert await floor.goods.balance(key) == (25, 10, 0)
    assert await total(floor) == 25
    shipped = await floor.post(f"/transfers/{id}/ship")
    assert (shipped["state"], shipped["quantity"]) == ("in_transit", "10")
    assert await floor.goods.balance(key) == (15, 0, 0)
    assert await total(floor) == 25
    document = {"customs_ref": "EXP-2026-1", "arrival_status": "foreign"}
    await floor.post(f"/transfers/{id}/customs", document)
    answer = await floor.post(
        f"/transfers/{id}/receive", {"location": "D-1", "lines": [{"line_no": 1, "quantity": "9"}]}
    )
    assert (answer["state"], answer["received"]) == ("in_transit", "9")
    assert await total(floor) == 25
    [arrived] = await rows_at(floor, TO)
    assert (arrived["quantity"], arrived["customs_status"], arrived["location"]) == ("9", "foreign", "D-1")
    finished = await floor.post(f"/transfers/{id}/finish")
    assert (finished["state"], finished["claims"]) == ("claimed", 1)
    line = await line_of(floor, id)
    assert (line["shipped"], line["received"], line["in_transit"]) == ("10", "9", "1")
    away = next(one for one in await rows_at(floor, FROM) if one["location"] == f"transit-{TO}")
    assert (away["quantity"], away["available"]) == ("1", "0"), "nobody takes it on the way"
    assert await total(floor) == 25
    [claim] = (await floor.get("/claims", transfer_id=id))["items"]
    body = {"outcome": "carrier_pays", "note": "one carton torn open", "amount": "12.50", "currency": "CNY"}
    settled = await floor.post(f"/claims/{claim['id']}/settle", body)
    assert (settled["open"], settled["transfer_state"]) == ("0", "closed")
    assert await total(floor) == 24
    assert (await line_of(floor, id))["lost"] == "1"
    assert await floor.refused(f"/claims/{claim['id']}/settle", body) == "claim_settled"
    [told] = await floor.get(f"/claims/{claim['id']}/settlements")
    assert (told["outcome"], told["amount"], told["currency"]) == ("carrier_pays", "12.50", "CNY")
    await proven(floor)


async def test_what_was_found_later_comes_to_the_other_site(floor: Floor, dock: UUID):
    """Row 25: of three missing two are found and one is lost; the claim is open until the last of it."""
    await floor.goods.stock(quantity=10)
    id = await transfer(floor)
    await floor.post(f"/transfers/{id}/receive", {"location": "D-1", "lines": [{"line_no": 1, "quantity": "7"}]})
    await floor.post(f"/transfers/{id}/finish")
    [claim] = (await floor.get("/claims", settled=False))["items"]
    path = f"/claims/{claim['id']}/settle"
    assert (
        await floor.refused(path, {"outcome": "found", "quantity": "4", "location": "D-1", "note": "x"}) == "over_claim"
    )
    assert await floor.refused(path, {"outcome": "accepted", "location": "D-1", "note": "x"}) == "wrong_outcome"
    assert await floor.refused(path, {"outcome": "found", "note": "where?"}) == "unknown_location"
    found = {"outcome": "found", "quantity": "2", "location": "D-1", "note": "behind the door"}
    settled = await floor.post(path, found)
    assert (settled["open"], settled["transfer_state"]) == ("1", "claimed")
    assert await total(floor) == 10
    assert (await floor.post(path, {"outcome": "lost", "note": "not found"}))["transfer_state"] == "closed"
    assert await total(floor) == 9
    line = await line_of(floor, id)
    assert (line["received"], line["lost"], line["in_transit"]) == ("9", "1", "0")
    await proven(floor)


async def test_too_many_and_damaged_are_claims(floor: Floor, dock: UUID):
    """Row 25: a piece that nobody sent is no stock until its claim is accepted; damaged ones are for nobody at once."""
    await floor.goods.stock(quantity=10)
    id = await transfer(floor)
    lines = [{"line_no": 1, "quantity": "2", "condition": "damaged"}, {"line_no": 1, "quantity": "9"}]
    answer = await floor.post(f"/transfers/{id}/receive", {"location": "D-1", "lines": lines})
    assert (answer["received"], answer["claims"], answer["state"]) == ("10", 2, "claimed")
    assert await total(floor) == 10
    claims = {one["kind"]: one for one in (await floor.get("/claims", transfer_id=id))["items"]}
    assert {kind: one["quantity"] for kind, one in claims.items()} == {"over": "1", "damaged": "2"}
    await floor.post(f"/claims/{claims['damaged']['id']}/settle", {"outcome": "accepted", "note": "dented"})
    over = {"outcome": "accepted", "location": "D-1", "note": "the sender counted one too few"}
    assert (await floor.post(f"/claims/{claims['over']['id']}/settle", over))["transfer_state"] == "closed"
    assert await total(floor) == 11
    by_condition = {one["condition"]: one["quantity"] for one in await rows_at(floor, TO)}
    assert by_condition == {"good": "9", "damaged": "2"}
    await proven(floor)


async def test_units_travel_with_everything_in_them(floor: Floor, dock: UUID):
    """Row 25: a pallet whose every piece is sent moves by one row, boxes and all; a pallet that is sent in part stays."""
    goods = floor.goods
    item, bin_ = await goods.item(SKU), await goods.place()
    pallet = await goods.unit(bin_, sscc="095011010000000019")
    box = await goods.unit(pallet, "case")
    other = await goods.unit(bin_, label="STAYS")
    await goods.bring(await goods.key(pallet, item), 6)
    await goods.bring(await goods.key(box, item), 4)
    await goods.bring(await goods.key(other, item), 5)
    id = await transfer(floor, 12, ship=False)
    await floor.post(f"/transfers/{id}/reserve")
    shipped = await floor.post(f"/transfers/{id}/ship")
    assert (shipped["quantity"], shipped["units"]) == ("12", 1)
    assert await total(floor) == 15
    await floor.post(f"/transfers/{id}/customs", {"customs_ref": "EXP-2", "arrival_status": "foreign"})
    assert await floor.refused(f"/transfers/{id}/receive", {"location": "D-1", "units": ["STAYS"]}) == "unknown_unit"
    body = {"location": "D-1", "units": ["00095011010000000019"], "lines": [{"line_no": 1, "quantity": "2"}]}
    answer = await floor.post(f"/transfers/{id}/receive", body)
    assert (answer["received"], answer["units"], answer["state"]) == ("12", 1, "closed")
    came = await rows_at(floor, TO)
    assert sum(Decimal(one["quantity"]) for one in came) == 12
    assert {one["customs_status"] for one in came} == {"foreign"}
    assert {one["unit_id"] for one in came} == {str(pallet), str(box), None}
    assert {one["reserved"] for one in came} == {"0"}
    assert await total(floor) == 15
    tasks = (await floor.get("/tasks", site=TO, kind="putaway"))["items"]
    assert {one["payload"]["label"] for one in tasks} == {"095011010000000019", SKU}
    await proven(floor)


async def test_everything_comes_as_it_left(floor: Floor, dock: UUID):
    """Lots, serials and grams are the same on the other side, also of units whose goods keep their status."""
    goods = floor.goods
    item = await goods.item(SKU, tracking="lot", catch_weight=True)
    lot = await goods.lot(item, "L-7")
    await goods.bring(await goods.key(await goods.place(), item, lot_id=lot), 3, weight_g=1000)
    drone = await goods.item("DRONE", tracking="serial")
    pallet = await goods.unit(await goods.place())
    await goods.bring(await goods.key(pallet, drone, serial_id=await goods.serial(drone, "SN-1")), 1)
    lines = [
        {"sku": SKU, "quantity": "2", "lot_no": "L-7", "customs_status": "export_released"},
        {"sku": "DRONE", "quantity": "1", "customs_status": "export_released"},
    ]
    id = await transfer(floor, lines=lines)
    assert (await floor.post(f"/transfers/{id}/receive", {"location": "D-1", "everything": True}))["state"] == "closed"
    [fungus] = await rows_at(floor, TO)
    assert (fungus["lot"], fungus["quantity"], fungus["weight_g"]) == ("L-7", "2", 666)
    [one] = (await floor.get("/stock", site=TO, sku="DRONE"))["items"]
    assert (one["serial"], one["unit_id"], one["available"]) == ("SN-1", str(pallet), "1")
    await proven(floor)


async def test_bonded_goods_leave_their_account_when_customs_changes_them(api: Api, db: Database, dock: UUID):
    """Row 25: unpaid goods do not leave without a document; with it they come as foreign goods, and the account falls."""
    floor = Floor(api, Goods(db, FROM, "duty_unpaid"))
    item = await floor.goods.item(SKU)
    account = await floor.goods.account_line(item)
    await floor.goods.bring(await floor.goods.key(await floor.goods.place(), item, account_line_id=account), 8)
    id = await transfer(floor, 5, ship=False)
    await floor.post(f"/transfers/{id}/reserve")
    assert await floor.refused(f"/transfers/{id}/ship") == "customs_release_missing"
    assert await floor.refused(f"/transfers/{id}/customs", {"customs_ref": "E"}, who="leader") == "not_allowed"
    await floor.post(f"/transfers/{id}/customs", {"customs_ref": "E-1", "arrival_status": "foreign"}, who="officer")
    await floor.post(f"/transfers/{id}/ship")
    await floor.post(f"/transfers/{id}/receive", {"location": "D-1", "everything": True})
    [came] = await rows_at(floor, TO)
    assert (came["customs_status"], came["account_no"], came["quantity"]) == ("foreign", None, "5")
    [stays] = await rows_at(floor, FROM)
    assert (stays["account_no"], stays["quantity"]) == ("T2306W000001", "3")
    await proven(floor)


async def test_held_goods_do_not_leave(floor: Floor, dock: UUID):
    """A recall between reserving and shipping stops loose goods and whole pallets alike."""
    goods = floor.goods
    key = await goods.stock(quantity=4)
    pallet = await goods.unit(await goods.place("T-09"))
    await goods.bring(await goods.key(pallet, goods.items[SKU]), 6)
    loose, boxed = await transfer(floor, 4, ship=False), await transfer(floor, 6, ship=False)
    for id in (loose, boxed):
        await floor.post(f"/transfers/{id}/reserve")
    hold = {"item_id": str(key.item_id), "reason": "recall", "note": "R-1"}
    await floor.post("/holds", hold)
    for id in (loose, boxed):
        assert await floor.refused(f"/transfers/{id}/ship") == "on_hold"
    assert (await floor.post(f"/transfers/{loose}/cancel", {"reason": "recalled"}))["state"] == "cancelled"
    assert await goods.balance(key) == (4, 0, 0)


async def test_what_is_wrong_is_named(floor: Floor, dock: UUID):
    """Every step asks for the one before it, and the same transfer sent twice is one."""
    await floor.goods.stock(quantity=5)
    id = await transfer(floor, 5, ship=False)
    owner = str(await floor.goods.party())
    line = {"sku": SKU, "quantity": "5", "customs_status": "export_released"}
    same = {"from_site": FROM, "to_site": TO, "owner_id": owner, "reference": "TR-1", "lines": [line]}
    assert (await floor.post("/transfers", same))["id"] == id
    assert await floor.refused("/transfers", same | {"expected_at": "2026-12-01T00:00:00Z"}) == "reference_reused"
    assert await floor.refused("/transfers", same | {"reference": "X", "to_site": FROM}) == "same_site"
    assert await floor.refused("/transfers", same | {"reference": "X", "to_site": "NO"}) == "unknown_site"
    assert (
        await floor.refused("/transfers", same | {"reference": "X", "lines": [line | {"sku": "NO"}]}) == "unknown_item"
    )
    assert (
        await floor.refused("/transfers", same | {"reference": "X", "lines": [line | {"lot_no": "N"}]}) == "unknown_lot"
    )
    assert await floor.refused(f"/transfers/{id}/ship") == "transfer_state"
    everything = {"location": "D-1", "everything": True}
    assert await floor.refused(f"/transfers/{id}/receive", everything) == "transfer_state"
    await floor.post(f"/transfers/{id}/reserve")
    await floor.post(f"/transfers/{id}/ship")
    assert await floor.refused(f"/transfers/{id}/cancel", {"reason": "late"}) == "transfer_state"
    assert await floor.refused(f"/transfers/{id}/receive", {"location": "D-1"}) == "nothing_open"
    body = {"location": "D-1", "lines": [{"line_no": 7, "quantity": "1"}]}
    assert await floor.refused(f"/transfers/{id}/receive", body) == "unknown_line_no"
    assert await floor.refused(f"/transfers/{id}/receive", everything | {"location": "NO"}) == "unknown_location"
    assert await floor.refused(f"/transfers/{UUID(int=7)}/reserve") == "not_found"


async def test_each_end_does_its_part_and_a_tenant_sees_his_own(floor: Floor, api: Api, db: Database, dock: UUID):
    """The sender cannot say what arrived, nor the receiver what left; another owner's transfer is not there at all."""
    await floor.goods.stock(quantity=5)
    await sign_in(api, db, "sender", "shift_leader", sites=[FROM])
    await sign_in(api, db, "taker", "shift_leader", sites=[TO])
    await sign_in(api, db, "tenant", "owner_viewer", owners=[await floor.goods.party("OTHER")])
    id = await transfer(floor, 5, ship=False)
    assert await floor.refused(f"/transfers/{id}/reserve", who="taker") == "not_found"
    await floor.post(f"/transfers/{id}/reserve", who="sender")
    await floor.post(f"/transfers/{id}/ship", who="sender")
    body = {"location": "D-1", "lines": [{"line_no": 1, "quantity": "4"}]}
    assert await floor.refused(f"/transfers/{id}/receive", body, who="sender") == "not_found"
    await floor.post(f"/transfers/{id}/receive", body, who="taker")
    await floor.post(f"/transfers/{id}/finish", who="taker")
    for who in ("sender", "taker"):
        assert [one["id"] for one in (await floor.get("/transfers", who))["items"]] == [id]
    [claim] = (await floor.get("/claims", "sender"))["items"]
    for who in ("tenant", "elsewhere"):
        assert (await floor.get("/transfers", who))["items"] == []
        assert (await floor.get("/claims", who))["items"] == []
        for path in (f"/transfers/{id}", f"/transfers/{id}/lines", f"/transfers/{id}/goods"):
            assert (await api.get(f"/api/v1{path}", who)).status_code == 404
        assert (await api.get(f"/api/v1/claims/{claim['id']}/settlements", who)).status_code == 404
    lost = {"outcome": "lost", "note": "gone"}
    assert await floor.refused(f"/claims/{claim['id']}/settle", lost, who="elsewhere") == "not_found"


async def test_thousands_of_lines_go_and_come(floor: Floor, dock: UUID):
    """A step of 10,000 lines takes less than ten seconds; here three thousand, so three."""
    goods, count = floor.goods, 3_000
    owner, bin_ = await goods.party(), await goods.place()

    async def fill(tx: Tx, _: None) -> None:
        outside = await virtual_location(tx, FROM, "outside")
        item = {"tracking": "none", "catch_weight": False, "temperature": "ambient", "base_unit": "C62"}
        rows = [{"id": tx.new_id(), "sku": f"A-{n}", **item} for n in range(count)]
        same = {"names": {"en": "a"}, "active": True, "created_at": tx.now, "owner_id": owner}
        await tx.conn.execute(trade_item.insert(), [row | same for row in rows])
        keys = [await goods.key(bin_, row["id"]) for row in rows]
        await post(tx, [Entry(outside, key, Decimal(3)) for key in keys], cause="opening", site=FROM)

    await goods.db.run(fill, None, actor=SYSTEM)
    lines = [{"sku": f"A-{n}", "quantity": "2", "customs_status": "export_released"} for n in range(count)]
    body = {"from_site": FROM, "to_site": TO, "owner_id": str(owner), "reference": "BIG", "lines": lines}
    took: dict[str, float] = {}

    async def step(name: str, path: str, body: object = None) -> Any:
        began = perf_counter()
        answer = await floor.post(path, body)
        took[name] = perf_counter() - began
        return answer

    id = (await step("create", "/transfers", body))["id"]
    await step("reserve", f"/transfers/{id}/reserve")
    await step("customs", f"/transfers/{id}/customs", {"customs_ref": "E", "arrival_status": "foreign"})
    await step("ship", f"/transfers/{id}/ship")
    counted = [{"line_no": n + 1, "quantity": "2"} for n in range(count - 1)]
    answer = await step("receive", f"/transfers/{id}/receive", {"location": "D-1", "lines": counted})
    assert answer["received"] == str(2 * (count - 1))
    await step("finish", f"/transfers/{id}/finish")
    assert max(took.values()) < 30, took
