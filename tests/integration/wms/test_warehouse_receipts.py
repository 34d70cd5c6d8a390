"""Warehouse receipts (仓单) and their pledge over HTTP."""

import time
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.support.api import open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.facts import fact
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.proof.prove import prove
from wms.stock.add_location import add_location
from wms.stock.move import Move, move_units
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, reserve
from wms.stock.stock_key import StockKey
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@pytest.fixture
async def floor(database_url: str, db: Database) -> AsyncIterator[Floor]:
    async with open_api(database_url) as api:
        await sign_in(api, db, "second", "administrator")
        yield Floor(api, Goods(db))


async def issue(floor: Floor, lines: dict[StockKey, object]) -> dict[str, Any]:
    owner = next(iter(lines)).owner_id
    rows = [{"stock_id": str(key.id), "quantity": str(quantity)} for key, quantity in lines.items()]
    made: dict[str, Any] = await floor.post(
        "/warehouse-receipts", {"site": floor.goods.site, "owner_id": str(owner), "lines": rows}
    )
    return made


async def bank(goods: Goods) -> str:
    id = await goods.party("BANK")
    async with goods.db.engine.begin() as conn:
        await conn.execute(party.update().where(party.c.id == id).values(roles=["bank"]))
    return str(id)


async def price(floor: Floor, item: object, amount: str) -> dict[str, Any]:
    body = {"currency": "CNY", "source": "exchange list", "prices": [{"item_id": str(item), "price": amount}]}
    told: dict[str, Any] = await floor.post("/collateral-prices", body)
    return told


async def pledge(floor: Floor, id: str, loan: str = "100") -> dict[str, Any]:
    body = {"bank_id": await bank(floor.goods), "bank_reference": "CTR-7", "loan": loan, "currency": "CNY"}
    told: dict[str, Any] = await floor.post(
        f"/warehouse-receipts/{id}/pledge", body | {"warning_ratio": "1.4", "call_ratio": "1.2"}
    )
    return told


async def refused(goods: Goods, verb: Any) -> str:
    with pytest.raises(Refusal) as told:
        await goods.db.run(verb, None, actor=SYSTEM)
    return told.value.code


async def facts(goods: Goods, beginning: str) -> list[str]:
    async with goods.db.read() as conn:
        kinds = await conn.scalars(sa.select(fact.c.kind).where(fact.c.kind.startswith(beginning)).order_by(fact.c.id))
        return list(kinds)


async def assert_proven(goods: Goods) -> None:
    async with goods.db.read() as conn:
        assert (await prove(conn)).first == []


async def test_pledged_goods_cannot_leave_be_reserved_or_change(floor: Floor):
    """Issue, Owners: what a receipt stands for cannot leave, be reserved, change owner, status or condition; the rest of the
    row can."""
    goods = floor.goods
    key = await goods.stock(quantity=10)
    made = await issue(floor, {key: 8})
    await price(floor, key.item_id, "100")
    await pledge(floor, made["id"])
    assert await goods.balance(key) == (10, 0, 8)

    def take(target: object, quantity: int) -> Any:
        async def verb(tx: Tx, _: None) -> None:
            end = target if isinstance(target, StockKey) else await virtual_location(tx, goods.site, "outside")
            await post(tx, [Entry(key, end, Decimal(quantity))], cause="test", site=goods.site)

        return verb

    async def promise(tx: Tx, _: None) -> None:
        await reserve(tx, [Want(key.id, uuid4(), Decimal(3))])

    other = await goods.party("CRAB")
    targets = (None, key.at(await goods.place("T-02")), key.become(owner_id=other), key.become(condition="damaged"))
    for target in targets:
        assert await refused(goods, take(target, 3)) == "insufficient_stock"
    assert await refused(goods, promise) == "insufficient_stock"
    body = {"stock_id": str(key.id), "quantity": "3", "condition": "damaged", "reason": "wet"}
    assert await floor.refused("/stock/status-changes", body) == "insufficient_stock"
    line = {"stock_id": str(key.id), "quantity": "3"}
    body = {"site": goods.site, "owner_id": str(key.owner_id), "lines": [line]}
    assert await floor.refused("/warehouse-receipts", body) == "insufficient_stock"
    for act in ("surrender", "split", "transfer"):
        body = {"parts": [[{"line_no": 1, "quantity": "1"}]], "new_owner_id": str(other), "reference": "sale 4"}
        assert await floor.refused(f"/warehouse-receipts/{made['id']}/{act}", body) == "receipt_pledged"
    await goods.db.run(take(None, 2), None, actor=SYSTEM)
    assert await goods.balance(key) == (8, 0, 8)
    await assert_proven(goods)


async def test_a_release_takes_two_people_and_enough_value(floor: Floor):
    """Issue, Owners: who entered the bank's letter cannot approve it; what stays must cover what stays owed; the last release
    closes the receipt and frees the goods."""
    goods = floor.goods
    key = await goods.stock(quantity=20)
    made = await issue(floor, {key: 20})
    assert await floor.refused(f"/warehouse-receipts/{made['id']}/releases", {"bank_reference": "L", "loan": "0"}) == (
        "receipt_not_pledged"
    )
    await price(floor, key.item_id, "10")
    assert (await pledge(floor, made["id"]))["ratio"] == "2"
    part = {"bank_reference": "L-1", "loan": "100", "lines": [{"line_no": 1, "quantity": "7"}]}
    asked = await floor.post(f"/warehouse-receipts/{made['id']}/releases", part)
    assert await floor.refused(f"/warehouse-receipts/{made['id']}/releases", part) == "release_pending"
    decide = f"/pledge-releases/{asked['id']}/decision"
    assert await floor.refused(decide, {"approve": True}) == "four_eyes"
    assert await goods.balance(key) == (20, 0, 20)
    assert await floor.refused(decide, {"approve": True}, "second") == "ratio_too_low"
    assert (await floor.post(decide, {"approve": False}, "second"))["state"] == "refused"
    assert await floor.refused(decide, {"approve": True}, "second") == "release_decided"
    for body, left, state in (
        (part | {"loan": "60"}, 13, "pledged"),
        ({"bank_reference": "L-2", "loan": "0"}, 0, "closed"),
    ):
        asked = await floor.post(f"/warehouse-receipts/{made['id']}/releases", body)
        told = await floor.post(f"/pledge-releases/{asked['id']}/decision", {"approve": True}, "second")
        assert (told["state"], told["decided_by"]) == ("approved", "second")
        assert await goods.balance(key) == (20, 0, left)
        assert (await floor.get(f"/warehouse-receipts/{made['id']}"))["state"] == state
    assert len((await floor.get(f"/warehouse-receipts/{made['id']}/releases"))["items"]) == 3
    await assert_proven(goods)


async def test_the_ratio_is_watched_with_every_price(floor: Floor):
    """Issue, Owners: an alert is told when value over loan falls below a threshold and when it is back, once each; goods
    without a price cover no loan."""
    goods = floor.goods
    key = await goods.stock(quantity=20)
    made = await issue(floor, {key: 20})
    body = {"bank_id": str(await goods.party("CRAB")), "bank_reference": "CTR-7", "loan": "100", "currency": "CNY"}
    path = f"/warehouse-receipts/{made['id']}/pledge"
    assert await floor.refused(path, body | {"warning_ratio": "1.4", "call_ratio": "1.2"}) == "not_a_bank"
    body["bank_id"] = await bank(goods)
    assert await floor.refused(path, body | {"warning_ratio": "1.4", "call_ratio": "1.2"}) == "ratio_too_low"
    await price(floor, key.item_id, "7")
    await pledge(floor, made["id"])
    for amount, alert in (("6.99", "warning"), ("6.5", "warning"), ("5.9", "call"), ("7.1", "none")):
        await price(floor, key.item_id, amount)
        seen = await floor.get(f"/warehouse-receipts/{made['id']}")
        assert (seen["alert"], Decimal(seen["value"])) == (alert, Decimal(amount) * 20)
    assert await facts(goods, "pledge.") == ["pledge.made", "pledge.warned", "pledge.called", "pledge.recovered"]
    assert [one["number"] for one in (await floor.get("/warehouse-receipts", alert="none"))["items"]] == [
        made["number"]
    ]


async def test_pledged_goods_move_inside_the_house_whole(floor: Floor):
    """Issue, Owners: a pledged line is moved whole and is held at every moment; a pallet with pledged goods in it moves in its
    site, and not out of it."""
    goods = floor.goods
    pallet = await goods.unit(await goods.place("T-01"))
    item = await goods.item("CRAB-1", catch_weight=True)
    loose = await goods.key(await goods.place("T-01"), item)
    await goods.bring(loose, 9, weight_g=9_100)
    stacked = loose.at(pallet)
    await goods.bring(stacked, 5, weight_g=5_000)
    made = await issue(floor, {loose: 6, stacked: 5})
    await price(floor, item, "100")
    await pledge(floor, made["id"])
    target = await goods.place("T-02")
    moves = f"/warehouse-receipts/{made['id']}/moves"
    await floor.post(moves, {"line_no": 1, "to_place_id": str(target)})
    assert await goods.balance(loose) == (3, 0, 0)
    assert await goods.balance(loose.at(target)) == (6, 0, 6)
    assert await floor.refused(moves, {"line_no": 1, "to_place_id": str(target)}) == "already_there"
    elsewhere = Goods(goods.db, site="UUD-O")
    away = await elsewhere.place("U-01")
    assert await floor.refused(moves, {"line_no": 1, "to_place_id": str(away)}) == "another_site"

    async def outside(tx: Tx, _: None):
        return await virtual_location(tx, goods.site, "outside")

    out = await goods.db.run(outside, None, actor=SYSTEM)
    assert await floor.refused(moves, {"line_no": 1, "to_place_id": str(out)}) == "not_found"

    def bring_pallet(to: object) -> Any:
        async def verb(tx: Tx, _: None) -> None:
            await move_units(tx, [Move(pallet, to, tx.now, "move", tx.new_id())])  # type: ignore[arg-type]

        return verb

    await goods.db.run(bring_pallet(target), None, actor=SYSTEM)
    assert await refused(goods, bring_pallet(away)) == "pledged_leaves_site"
    assert [line["location"] for line in (await floor.get(f"/warehouse-receipts/{made['id']}/lines"))["items"]] == [
        "T-02",
        "T-02",
    ]
    await assert_proven(goods)


async def test_a_receipt_is_split_transferred_and_surrendered(floor: Floor):
    """Issue, Owners: the parts sum to the whole and numbers are never given twice; with a transfer the goods change owner
    without ever being free; what is surrendered is free."""
    goods = floor.goods
    key, second = await goods.stock(quantity=10), await goods.stock("SHIITAKE-1", "T-03", 4)
    whole = await issue(floor, {key: 10, second: 4})
    split = f"/warehouse-receipts/{whole['id']}/split"
    over = {"parts": [[{"line_no": 1, "quantity": "6"}], [{"line_no": 1, "quantity": "5"}]]}
    assert await floor.refused(split, over) == "over_receipt_line"
    made = (await floor.post(split, {"parts": [[{"line_no": 1, "quantity": "6"}]]}))["receipts"]
    assert len({whole["number"], *(one["number"] for one in made)}) == 3
    lines = [(await floor.get(f"/warehouse-receipts/{one['id']}/lines"))["items"] for one in made]
    assert [[line["quantity"] for line in of_one] for of_one in lines] == [["6"], ["4", "4"]]
    assert await goods.balance(key) == (10, 0, 10)
    assert await floor.refused(f"/warehouse-receipts/{whole['id']}/surrender", {}) == "receipt_closed"
    buyer = await goods.party("CRAB")
    first = f"/warehouse-receipts/{made[0]['id']}"
    await floor.post(f"{first}/transfer", {"new_owner_id": str(buyer), "reference": "sale 4"})
    sold = key.become(owner_id=buyer)
    assert [await goods.balance(one) for one in (key, sold)] == [(4, 0, 4), (6, 0, 6)]
    part = {"lines": [{"line_no": 1, "quantity": "2"}]}
    assert (await floor.post(f"{first}/surrender", part))["state"] == "open"
    assert await goods.balance(sold) == (6, 0, 4)
    await assert_proven(goods)
    assert (await floor.post(f"{first}/surrender", {}))["state"] == "closed"
    assert await goods.balance(sold) == (6, 0, 0)
    assert await facts(goods, "warehouse_receipt.") == [
        *("warehouse_receipt.issued", "warehouse_receipt.split", "warehouse_receipt.transferred"),
        *("warehouse_receipt.transferred", "warehouse_receipt.surrendered", "warehouse_receipt.surrendered"),
    ]
    await assert_proven(goods)


async def test_a_receipt_stands_for_good_free_goods_of_its_owner(floor: Floor):
    """Damaged or recalled goods secure no loan, and nobody issues a receipt over another's goods."""
    goods = floor.goods
    key = await goods.stock(quantity=10)
    bad = key.become(condition="damaged")
    await goods.bring(bad, 5)
    body = {"site": goods.site, "owner_id": str(key.owner_id)}

    async def told(row: StockKey, **other: object) -> str:
        lines = {"lines": [{"stock_id": str(row.id), "quantity": "1"}]}
        return await floor.refused("/warehouse-receipts", body | lines | other)

    assert await told(bad) == "not_receiptable"
    assert await told(key, owner_id=str(await goods.party("CRAB"))) == "not_found"
    assert await told(key, site="UUD-O") == "not_found"
    await floor.post("/holds", {"item_id": str(key.item_id), "reason": "recall", "note": "maker's letter"})
    assert await told(key) == "not_receiptable"


async def test_a_tenant_finds_only_his_own_receipts(floor: Floor):
    """A foreign receipt is not there, whatever is asked of it; and without the right nothing is issued."""
    goods = floor.goods
    made = await issue(floor, {await goods.stock(quantity=10): 10})
    await sign_in(floor.api, goods.db, "stranger", "owner_viewer", owners=[await goods.party("CRAB")])
    await sign_in(floor.api, goods.db, "far", "shift_leader", sites=["UUD-O"])
    paths = (made["id"], f"{made['id']}/lines", f"{made['id']}/releases")
    for who in ("stranger", "far"):
        assert (await floor.get("/warehouse-receipts", who))["items"] == []
        for path in paths:
            assert (await floor.api.get(f"/api/v1/warehouse-receipts/{path}", who)).status_code == 404
    assert await floor.refused(f"/warehouse-receipts/{made['id']}/surrender", {}, "far") == "not_found"
    assert await floor.refused(f"/warehouse-receipts/{made['id']}/surrender", {}, "stranger") == "not_allowed"


async def test_a_receipt_of_ten_thousand_lines(floor: Floor):
    """Documents of 10,000 lines are handled set-based: issued, transferred and surrendered within ten seconds each."""
    goods = floor.goods
    item, owner = await goods.item(), await goods.party()

    async def plant(tx: Tx, _: None) -> list[StockKey]:
        outside = await virtual_location(tx, goods.site, "outside")
        bin_id = await add_location(tx, goods.site, "T-10", "storage")
        lots = [{"id": tx.new_id(), "item_id": item, "lot_no": f"L{n}"} for n in range(10_000)]
        await tx.conn.execute(sa.text("INSERT INTO lot (id, item_id, lot_no) VALUES (:id, :item_id, :lot_no)"), lots)
        keys = [StockKey(bin_id, item, owner, goods.status, lot_id=row["id"]) for row in lots]
        await post(tx, [Entry(outside, key, Decimal(3)) for key in keys], cause="opening", site=goods.site)
        return keys

    keys = await goods.db.run(plant, None, actor=SYSTEM)
    clocks = [time.monotonic()]
    made = await issue(floor, dict.fromkeys(keys, 2))
    clocks.append(time.monotonic())
    buyer = await goods.party("CRAB")
    await floor.post(f"/warehouse-receipts/{made['id']}/transfer", {"new_owner_id": str(buyer), "reference": "S"})
    clocks.append(time.monotonic())
    await floor.post(f"/warehouse-receipts/{made['id']}/surrender", {})
    clocks.append(time.monotonic())
    assert max(later - earlier for earlier, later in pairwise(clocks)) < 10
    assert await goods.balance(keys[7].become(owner_id=buyer)) == (2, 0, 0)
