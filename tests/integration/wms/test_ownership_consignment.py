"""Consignment and VMI over HTTP."""

import time
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.api import open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.catalog.tables import trade_item
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.facts import fact
from wms.proof.prove import prove
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@pytest.fixture
async def floor(database_url: str, db: Database) -> AsyncIterator[Floor]:
    async with open_api(database_url) as api:
        yield Floor(api, Goods(db))


async def agree(floor: Floor, lines: list[dict[str, Any]], kind: str = "vmi") -> str:
    goods = floor.goods
    body = {"site": goods.site, "kind": kind, "reference": "VMI-2026-1", "currency": "RUB", "lines": lines}
    parties = {"supplier_id": str(await goods.party("FUNGI")), "buyer_id": str(await goods.party("SHOP"))}
    id: str = (await floor.post("/consignments", body | parties))["id"]
    return id


def wants(item: object, quantity: object) -> dict[str, str]:
    return {"item_id": str(item), "quantity": str(quantity)}


async def test_a_pull_changes_the_owner_and_settles(floor: Floor):
    """Row 9: supplier-owned goods become the buyer's at the pull, where they lie, the first to expire first; what is owed for
    them is written line by line, and a pull beyond what is there changes nothing."""
    goods = floor.goods
    item = await goods.item("SHIITAKE-1", tracking="lot")
    late, soon = [await goods.lot(item, no, on) for no, on in (("L2", date(2027, 9, 1)), ("L1", date(2027, 3, 1)))]
    at = await goods.place()
    first, second = [await goods.key(at, item, lot_id=id) for id in (soon, late)]
    await goods.bring(second, 10)
    await goods.bring(first, 4)
    id = await agree(floor, [{"item_id": str(item), "price": "2.335"}], "consignment")
    made = await floor.post(f"/consignments/{id}/pulls", {"reference": "P-1", "lines": [wants(item, "5.5")]})
    buyer = goods.parties["SHOP"]
    assert [(await goods.balance(key.become(owner_id=buyer)))[0] for key in (first, second)] == [4, Decimal("1.5")]
    assert [(await goods.balance(key))[0] for key in (first, second)] == [0, Decimal("8.5")]
    lines = (await floor.get(f"/consignment-pulls/{made['id']}/settlement"))["items"]
    told = [(line["lot"], line["quantity"], line["price"], line["amount"]) for line in lines]
    assert told == [("L1", "4", "2.335", "9.34"), ("L2", "1.5", "2.335", "3.5")]
    assert (made["amount"], made["currency"]) == ("12.84", "RUB")
    again = {"reference": "P-1", "lines": [wants(item, 1)]}
    assert await floor.refused(f"/consignments/{id}/pulls", again) == "reference_reused"
    assert await floor.refused(f"/consignments/{id}/pulls", {"reference": "P-2", "lines": [wants(item, 9)]}) == (
        "insufficient_stock"
    )
    other = await goods.item("CAP-1")
    assert await floor.refused(f"/consignments/{id}/pulls", {"reference": "P-2", "lines": [wants(other, 1)]}) == (
        "not_consigned"
    )
    assert (await goods.balance(second))[0] == Decimal("8.5")
    await floor.post(f"/consignments/{id}/end")
    assert await floor.refused(f"/consignments/{id}/pulls", {"reference": "P-3", "lines": [wants(item, 1)]}) == (
        "consignment_ended"
    )
    async with goods.db.read() as conn:
        owners = list(await conn.scalars(sa.select(fact.c.owner_id).where(fact.c.kind == "consignment.pulled")))
    async with goods.db.read() as conn:
        proof = await prove(conn)
    assert set(owners) == set(goods.parties.values())
    assert proof.first == []


async def test_goods_on_hold_are_not_pulled(floor: Floor):
    """A recall stops the sale of supplier-owned goods as it stops any other."""
    key = await floor.goods.stock(quantity=10)
    id = await agree(floor, [{"item_id": str(key.item_id), "price": "1"}])
    await floor.post("/holds", {"item_id": str(key.item_id), "reason": "recall", "note": "supplier's letter"})
    body = {"reference": "P-1", "lines": [wants(key.item_id, 1)]}
    assert await floor.refused(f"/consignments/{id}/pulls", body) == "insufficient_stock"


async def test_min_and_max_are_watched_and_called_off_once(floor: Floor):
    """Row 9: a line below its minimum or above its maximum is listed; a call-off asks for what is missing to the maximum, and
    what is on its way is not asked for twice."""
    goods = floor.goods
    low, high, fine = [
        await goods.stock(sku, "T-02", quantity) for sku, quantity in (("A-1", 4), ("B-1", 90), ("C-1", 30))
    ]
    limits = {"min_quantity": "10", "max_quantity": "50", "price": "1"}
    id = await agree(floor, [{"item_id": str(key.item_id), **limits} for key in (low, high, fine)])
    found = (await floor.get("/consignments/breaches", site=goods.site))["items"]
    assert [(line["sku"], line["on_hand"], line["breach"]) for line in found] == [
        ("A-1", "4", "below_min"),
        ("B-1", "90", "above_max"),
    ]
    called = await floor.post(f"/consignments/{id}/call-offs")
    assert called["lines"] == 1
    lines = (await floor.get(f"/consignments/{id}/lines"))["items"]
    assert [line["called_off"] for line in lines] == ["46", "0", "0"]
    assert (await floor.post(f"/consignments/{id}/call-offs"))["id"] is None
    await floor.post(f"/call-offs/{called['id']}/close")
    assert (await floor.post(f"/consignments/{id}/call-offs"))["lines"] == 1


async def test_an_agreement_is_between_its_two_parties(floor: Floor):
    """Both parties read it; a third tenant finds nothing, whatever he asks. One owner's own article cannot be agreed on."""
    goods = floor.goods
    key = await goods.stock(quantity=10)
    id = await agree(floor, [{"item_id": str(key.item_id), "price": "1"}])
    made = await floor.post(f"/consignments/{id}/pulls", {"reference": "P-1", "lines": [wants(key.item_id, 1)]})
    for name, seen in (("FUNGI", 1), ("SHOP", 1), ("STRANGER", 0)):
        await sign_in(floor.api, goods.db, name, "owner_viewer", owners=[await goods.party(name)])
        assert len((await floor.get("/consignments", name))["items"]) == seen
        paths = (f"consignments/{id}", f"consignments/{id}/lines", f"consignments/{id}/pulls")
        for path in (*paths, f"consignment-pulls/{made['id']}/settlement"):
            answer = await floor.api.get(f"/api/v1/{path}", name)
            assert answer.status_code == (200 if seen else 404), (name, path)
    own = await goods.item("OWN-1", owner_id=goods.parties["FUNGI"])
    body = {"site": goods.site, "kind": "vmi", "reference": "X", "currency": "RUB"}
    body |= {"supplier_id": str(goods.parties["FUNGI"]), "buyer_id": str(goods.parties["SHOP"])}
    for item, code in ((own, "article_not_shared"), (key.lot_id or goods.parties["SHOP"], "unknown_item")):
        lines = {"lines": [{"item_id": str(item), "price": "1"}]}
        assert await floor.refused("/consignments", body | lines) == code


async def test_a_pull_of_ten_thousand_lines_is_one_posting(floor: Floor):
    """Documents of 10,000 lines are handled set-based: each step within ten seconds."""
    goods = floor.goods
    owner, at = await goods.party("FUNGI"), await goods.place()

    async def plant(tx: Tx, _: None) -> list[StockKey]:
        rows = [
            {"id": tx.new_id(), "sku": f"BULK-{n}", "names": {"en": "bulk"}, "active": True, "created_at": tx.now}
            | {"tracking": "none", "catch_weight": False, "temperature": "ambient", "base_unit": "C62"}
            for n in range(10_000)
        ]
        await tx.conn.execute(trade_item.insert(), rows)
        keys = [StockKey(at, row["id"], owner, goods.status) for row in rows]
        outside = await virtual_location(tx, goods.site, "outside")
        await post(tx, [Entry(outside, key, Decimal(9)) for key in keys], cause="opening", site=goods.site)
        return keys

    keys = await goods.db.run(plant, None, actor=SYSTEM)
    began = time.monotonic()
    id = await agree(floor, [{"item_id": str(key.item_id), "price": "1"} for key in keys])
    agreed = time.monotonic()
    made = await floor.post(
        f"/consignments/{id}/pulls", {"reference": "P-1", "lines": [wants(key.item_id, 2) for key in keys]}
    )
    assert (made["lines"], made["amount"]) == (10_000, "20000")
    assert agreed - began < 10
    assert time.monotonic() - agreed < 30
