"""Receiving (capability rows 1 and 2): what came is what is booked, and every difference has a document."""

import time
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.support.api import PASSWORD, open_api
from tests.support.dock import Dock
from tests.support.goods import Goods
from wms.access.add_person import AddPerson, add_person
from wms.catalog.tables import trade_item
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.standards.gs1 import make_sscc
from wms.stock.tables import stock_entry

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

SITE = "ZAB-O"
SKU = "FUNGUS-250"


@pytest.fixture
async def dock(database_url: str, db: Database) -> AsyncIterator[Dock]:
    async with open_api(database_url) as api:
        goods = Goods(db, site=SITE)
        await goods.item()
        yield await Dock(api, goods).open()


def line(quantity: object, sku: str = SKU, **more: object) -> dict[str, object]:
    return {"sku": sku, "quantity": str(quantity)} | more


async def test_98_of_100_with_3_damaged(dock: Dock):
    """Row 2: 2 stay open, the discrepancy is documented, and the stock is 95 good and 3 damaged."""
    id = await dock.notice(line(100))
    await dock.receive(id, line(95), line(3, condition="damaged"))
    [got] = await dock.items(f"/notices/{id}/lines")
    assert (got["expected"], got["received"], got["damaged"], got["open"]) == ("100", "98", "3", "2")
    assert await dock.stock() == {(SKU, "DOCK", "good"): 95, (SKU, "DOCK", "damaged"): 3}
    [damaged] = await dock.items("/discrepancies", site=SITE)
    assert (damaged["kind"], damaged["quantity"]) == ("damaged", "3")
    assert (await dock.post(f"/notices/{id}/close"))["discrepancies"] == 1
    kinds = {one["kind"]: one["quantity"] for one in await dock.items("/discrepancies", notice_id=id)}
    assert kinds == {"damaged": "3", "short": "2"}
    assert await dock.refuse(id, line(2)) == "notice_closed"


async def test_tolerance_is_of_the_total_and_not_of_each_count(dock: Dock):
    """Row 2: three counts of +4 % each must not pass as 12 %."""
    id = await dock.notice(line(100), tolerance_percent="5")
    await dock.receive(id, line(100))
    await dock.receive(id, line(4))
    assert await dock.refuse(id, line(4)) == "over_receipt"
    await dock.receive(id, line(1))
    assert await dock.refuse(id, line("0.000001")) == "over_receipt"
    assert (await dock.post(f"/notices/{id}/close"))["discrepancies"] == 1
    [over] = await dock.items("/discrepancies", notice_id=id)
    assert (over["kind"], over["quantity"]) == ("over", "5")


async def test_what_nobody_announced_is_an_exception_and_never_a_silent_line(dock: Dock):
    """Row 1: an unannounced article is received, visibly: a line that expects nothing, and an open document."""
    await dock.goods.item("CRAB-KG")
    id = await dock.notice(line(10))
    got = await dock.receive(id, line(4, "CRAB-KG"), line(10))
    assert got["discrepancies"] == 1
    await dock.receive(id, line(2, "CRAB-KG"))
    blind = next(one for one in await dock.items(f"/notices/{id}/lines") if one["sku"] == "CRAB-KG")
    assert (blind["expected"], blind["received"]) == ("0", "6")
    [found] = await dock.items("/discrepancies", notice_id=id)
    assert (found["kind"], found["sku"], found["quantity"]) == ("blind_receipt", "CRAB-KG", "6")
    settled = await dock.post(f"/discrepancies/{found['id']}/settle", {"reason": "supplier_claim", "note": "ask them"})
    assert settled["reason"] == "supplier_claim"
    assert await dock.refused(f"/discrepancies/{found['id']}/settle", {"reason": "accepted"}) == "discrepancy_settled"
    await dock.receive(id, line(1, "CRAB-KG"))
    assert len(await dock.items("/discrepancies", notice_id=id, settled="false")) == 1


async def test_another_lot_than_announced_is_not_silently_that_line(dock: Dock):
    """A lot that nobody announced may be the recalled one; it is received beside the line, with a document."""
    await dock.goods.item("LOTTED", tracking="lot")
    id = await dock.notice(line(10, "LOTTED", lot="L1", expires_on="2027-05-01"))
    assert await dock.refuse(id, line(5, "LOTTED")) == "lot_missing"
    assert await dock.refuse(id, line(5, "LOTTED", lot="L2", line_no=1)) == "unknown_line_no"
    await dock.receive(id, line(6, "LOTTED", lot="L1", expires_on="2027-05-01"), line(4, "LOTTED", lot="L2"))
    [found] = await dock.items("/discrepancies", notice_id=id)
    assert (found["kind"], found["quantity"]) == ("blind_receipt", "4")
    assert await dock.refuse(id, line(1, "LOTTED", lot="L1", expires_on="2027-06-01")) == "lot_conflict"


async def test_serials_are_unique_and_weighed_goods_are_weighed(dock: Dock):
    """A serial that is in stock cannot come again; goods kept by weight are not booked without it."""
    await dock.goods.item("WATCH", tracking="serial")
    await dock.goods.item("CRAB", catch_weight=True)
    id = await dock.notice(line(5, "WATCH"), line(3, "CRAB"))
    assert await dock.refuse(id, line(2, "WATCH", serials=["S1"])) == "serial_missing"
    await dock.receive(id, {"sku": "WATCH", "serials": ["S1", "S2"]})
    assert await dock.refuse(id, {"sku": "WATCH", "serials": ["S2"]}) == "serial_exists"
    assert await dock.refuse(id, {"sku": "WATCH", "serials": ["S3", "S3"]}) == "serial_exists"
    assert await dock.refuse(id, line(2, "CRAB")) == "weight_missing"
    await dock.receive(id, line(2, "CRAB", weight_g=4_310))
    rows = {row["sku"]: row for row in await dock.items("/stock", site=SITE)}
    assert rows["CRAB"]["weight_g"] == 4_310
    assert (await dock.stock())["WATCH", "DOCK", "good"] == 2


async def test_a_scanned_code_says_package_lot_and_expiry_itself(dock: Dock):
    """One scan of a case label is twelve pieces of a lot; nobody types what the label says."""

    async def add(tx: Tx, _: None) -> None:
        values = {"gtin": "09520000000011", "tracking": "lot"}
        await tx.conn.execute(trade_item.update().where(trade_item.c.sku == SKU).values(**values))
        await tx.conn.execute(
            sa.text(
                "INSERT INTO packaging (item_id, level, gtin, base_quantity) VALUES (:i, 'case', :g, 12)"
            ).bindparams(i=dock.goods.items[SKU], g="19520000000018")
        )

    await dock.goods.db.run(add, None, actor=SYSTEM)
    id = await dock.notice(line(24))
    scan = "]C1011952000000001817271130" + "10L7"
    await dock.receive(id, {"code": scan}, {"code": scan})
    [row] = await dock.items("/stock", site=SITE)
    assert (row["quantity"], row["lot"], row["expires_on"]) == ("24", "L7", "2027-11-30")


async def test_one_scan_receives_a_whole_announced_unit(dock: Dock):
    """Row 1: the SSCC of a pallet brings what the notice says is in it, nested cases included."""
    pallet, case, loose = (make_sscc("9520000", number) for number in (1, 2, 3))
    units = [{"sscc": case, "kind": "case", "parent": pallet}, {"sscc": pallet}, {"sscc": loose}]
    lines = [line(40, sscc=pallet), line(12, sscc=case), line(7, sscc=loose), line(5)]
    id = await dock.notice(*lines, units=units)
    got = await dock.post(f"/notices/{id}/receive-unit", {"sscc": pallet, "location": "DOCK"})
    assert (got["quantity"], got["units"]) == ("52", [pallet])
    assert await dock.refused(f"/notices/{id}/receive-unit", {"sscc": pallet, "location": "DOCK"}) == "unit_received"
    assert await dock.refused(f"/notices/{id}/receive-unit", {"sscc": case, "location": "DOCK"}) == "unit_received"
    other = make_sscc("9520000", 9)
    assert await dock.refused(f"/notices/{id}/receive-unit", {"sscc": other, "location": "DOCK"}) == "unknown_unit"
    by_place = {row["place"]: row["quantity"] for row in await dock.items("/stock", site=SITE)}
    assert by_place == {pallet: "40", case: "12"}
    assert len(await dock.work("putaway")) == 1, "the pallet goes as one"
    assert (await dock.post(f"/notices/{id}/close"))["discrepancies"] == 3
    kinds = sorted(one["kind"] for one in await dock.items("/discrepancies", notice_id=id))
    assert kinds == ["short", "short", "unit_missing"]


async def test_goods_are_packed_into_a_unit_at_the_dock(dock: Dock):
    """A receiver who builds a pallet gets its SSCC with the receipt, and goes on filling it."""
    id = await dock.notice(line(100))
    first = await dock.receive(id, line(40), unit={"kind": "pallet"})
    [sscc] = first["units"]
    await dock.receive(id, line(20), unit={"sscc": sscc})
    [row] = await dock.items("/stock", site=SITE)
    assert (row["place"], row["quantity"]) == (sscc, "60")


async def test_the_last_receipt_is_undone_by_reversal(dock: Dock):
    """The journal keeps both; lines, documents, units and work are as they were before."""
    await dock.goods.item("CRAB-KG")
    sscc = make_sscc("9520000", 1)
    id = await dock.notice(line(10), line(5, sscc=sscc), units=[{"sscc": sscc}])
    await dock.receive(id, line(6), line(1, "CRAB-KG"), line(2, condition="damaged"))
    await dock.post(f"/notices/{id}/receive-unit", {"sscc": sscc, "location": "DOCK"})
    assert len(await dock.work("putaway")) == 4
    await dock.post(f"/notices/{id}/undo", {"reason": "wrong truck"})
    await dock.post(f"/notices/{id}/undo", {"reason": "wrong truck"})
    assert await dock.refused(f"/notices/{id}/undo", {"reason": "wrong truck"}) == "nothing_to_undo"
    assert await dock.stock() == {}
    assert await dock.work("putaway") == []
    assert await dock.items("/discrepancies", notice_id=id, settled="false") == []
    assert all(one["received"] == "0" for one in await dock.items(f"/notices/{id}/lines"))
    async with dock.goods.db.read() as conn:
        reversed_ = await conn.scalar(sa.select(sa.func.count()).where(stock_entry.c.reverses_id.is_not(None)))
    assert reversed_ == 4
    await dock.post(f"/notices/{id}/receive-unit", {"sscc": sscc, "location": "DOCK"})
    await dock.receive(id, line(10))
    assert (await dock.stock())[SKU, "DOCK", "good"] == 15


async def test_goods_that_went_on_are_not_undone(dock: Dock):
    """What was put away is not at the dock any more; it must be brought back before its receipt is undone."""
    await dock.goods.place("A-01")
    id = await dock.notice(line(10))
    await dock.receive(id, line(10))
    [task] = await dock.work("putaway")
    await dock.post("/putaway/confirm", {"task_id": task["id"], "location": "A-01"})
    assert await dock.refused(f"/notices/{id}/undo", {"reason": "wrong"}) == "insufficient_stock"


async def test_a_notice_is_read_by_its_owner_alone(dock: Dock):
    """A tenant's token finds nothing of another tenant's notices, lines, receipts or discrepancies."""
    mine, other = await dock.goods.party("SEA"), await dock.goods.party()
    api = dock.api
    for name, owner in (("sea", mine), ("fungi", other)):
        person = AddPerson(name=name, password=PASSWORD, role="owner_viewer", sites=None, owners=[owner])
        await dock.goods.db.run(add_person, person, actor=SYSTEM)
        answer = await api.client.post("/api/v1/sessions", json={"name": name, "password": PASSWORD})
        api.tokens[name] = answer.json()["token"]
    id = await dock.notice(line(10))
    await dock.receive(id, line(3, condition="damaged"))
    assert len(await dock.items("/notices", "fungi")) == 1
    assert len(await dock.items("/discrepancies", "fungi")) == 1
    assert await dock.items("/notices", "sea") == []
    assert await dock.items("/discrepancies", "sea") == []
    for path in (f"/notices/{id}", f"/notices/{id}/lines", f"/notices/{id}/receipts"):
        assert (await dock.ask("GET", path, who="sea")).status_code == 404, path
        assert (await dock.ask("GET", path, who="fungi")).status_code == 200, path
        assert (await dock.ask("GET", path, who="elsewhere")).status_code in (403, 404), path


async def test_ten_thousand_lines_are_announced_and_received_within_ten_seconds(dock: Dock):
    """A container of small articles is one document; nobody waits minutes for it."""

    async def add(tx: Tx, _: None) -> None:
        common = {"tracking": "lot", "catch_weight": False, "temperature": "ambient", "base_unit": "C62"}
        rows = [
            common
            | {"id": tx.new_id(), "sku": f"ART-{n:05}", "names": {"en": "x"}, "active": True, "created_at": tx.now}
            for n in range(10_000)
        ]
        await tx.conn.execute(trade_item.insert(), rows)

    await dock.goods.db.run(add, None, actor=SYSTEM)
    lines = [line(12, f"ART-{n:05}", lot=f"L{n}", expires_on="2027-05-01") for n in range(10_000)]
    began = time.perf_counter()
    id = await dock.notice(*lines)
    announced = time.perf_counter()
    got = await dock.post(f"/notices/{id}/receive-all", {"location": "DOCK"})
    received = time.perf_counter()
    print(f"10,000 lines: announced in {announced - began:.1f} s, received in {received - announced:.1f} s")
    assert (got["lines"], got["quantity"]) == (10_000, "120000")
    assert announced - began < 10
    assert received - announced < 10
    async with dock.goods.db.read() as conn:
        total = await conn.scalar(sa.text("SELECT sum(quantity) FROM stock"))
        postings = await conn.scalar(sa.text("SELECT count(DISTINCT posting_id) FROM stock_entry"))
        tasks = await conn.scalar(sa.text("SELECT count(*) FROM task WHERE kind = 'putaway'"))
    assert (total, postings, tasks) == (Decimal(120_000), 1, 10_000)
    counted = await dock.notice(*lines)
    began = time.perf_counter()
    await dock.receive(counted, *lines)
    print(f"10,000 lines: received by counts in {time.perf_counter() - began:.1f} s")
    assert time.perf_counter() - began < 30
