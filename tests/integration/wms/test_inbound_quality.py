"""From the dock over the quality check into the house (capability rows 3 and 4)."""

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.support.api import open_api
from tests.support.dock import Dock
from tests.support.goods import Goods
from wms.kit.db import Database
from wms.standards.gs1 import make_sscc

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

SITE = "ZAB-O"
SKU = "FUNGUS-250"


@pytest.fixture
async def dock(database_url: str, db: Database) -> AsyncIterator[Dock]:
    async with open_api(database_url) as api:
        goods = Goods(db, site=SITE)
        await goods.item(tracking="lot")
        await goods.place("A-01", path_order=10)
        await goods.place("A-02", path_order=20)
        yield await Dock(api, goods).open()


def line(quantity: object, **more: object) -> dict[str, object]:
    return {"sku": SKU, "quantity": str(quantity), "lot": "L1"} | more


async def plan(dock: Dock, **values: object) -> None:
    item = str(dock.goods.items[SKU])
    await dock.put("/inspection-plans", {"site": SITE, "item_id": item, "sample_percent": "10"} | values)


async def causes(dock: Dock) -> list[tuple[str, Decimal]]:
    async with dock.goods.db.read() as conn:
        rows = await conn.execute(sa.text("SELECT cause, quantity FROM stock_entry ORDER BY id"))
        return [(row.cause, row.quantity) for row in rows]


async def test_goods_are_not_pickable_until_their_check_has_passed(dock: Dock):
    """Row 3: dock, quality place, bin; each step is a pair in the journal, and only the last makes the goods available."""
    await plan(dock, accept_number=1)
    id = await dock.notice(line(100))
    got = await dock.receive(id, line(100))
    assert got["quality_checks"] == 1
    assert await dock.work("putaway") == []
    [check] = await dock.items("/quality-checks", site=SITE)
    assert (check["sample"], check["state"], check["lot"]) == (10, "open", "L1")
    [task] = await dock.work("quality")
    assert task["subject_id"] == check["id"]
    await dock.post(f"/quality-checks/{check['id']}/bring", {"location": "QC"})
    assert await dock.refused(f"/quality-checks/{check['id']}/bring", {"location": "A-01"}) == "wrong_location_kind"
    assert await dock.stock() == {(SKU, "QC", "quality_check"): 100}
    first = await dock.post(f"/quality-checks/{check['id']}/results", {"checked": 6, "defects": 1})
    assert first["state"] == "open"
    await dock.post(f"/quality-checks/{check['id']}/results", {"checked": 4, "defects": 0})
    assert await dock.work("quality") == []
    [task] = await dock.work("putaway")
    assert task["location"] == "QC"
    await dock.post("/putaway/confirm", {"task_id": task["id"], "location": "A-01"})
    assert await dock.stock() == {(SKU, "A-01", "good"): 100}
    assert await causes(dock) == [(one, 100) for one in ("receive", "to_check", "quality", "putaway")]
    assert await dock.refused(f"/quality-checks/{check['id']}/results", {"checked": 1, "defects": 0}) == "check_decided"


async def test_a_lot_that_fails_its_sample_goes_to_quarantine_as_a_whole(dock: Dock):
    """Row 4: what came later or lies in a bin already is stopped too, and further receipts of the lot never become good."""
    old = await dock.notice(line(30))
    await dock.receive(old, line(30))
    [task] = await dock.work("putaway")
    await dock.post("/putaway/confirm", {"task_id": task["id"], "location": "A-01"})
    await plan(dock)
    id = await dock.notice(line(100))
    await dock.receive(id, line(60))
    await dock.receive(id, line(20))
    [check] = await dock.items("/quality-checks", site=SITE)
    assert (check["quantity"], check["sample"]) == ("80", 8)
    failed = await dock.post(f"/quality-checks/{check['id']}/results", {"checked": 2, "defects": 1})
    assert failed["state"] == "failed"
    assert await dock.stock() == {(SKU, "A-01", "quarantine"): 30, (SKU, "DOCK", "quarantine"): 80}
    rows = await dock.items("/stock", site=SITE)
    assert all(row["on_hold"] and row["available"] == "0" for row in rows)
    await dock.receive(id, line(20))
    assert (await dock.stock())[SKU, "DOCK", "quarantine"] == 100
    [task] = await dock.work("putaway")
    assert await dock.refused("/putaway/confirm", {"task_id": task["id"], "location": "A-02"}) == "wrong_location_kind"
    proposed = await dock.post("/putaway/propose", {"task_id": task["id"]})
    assert [one["location"] for one in proposed["places"]] == ["QC"]
    await dock.post("/putaway/confirm", {"task_id": task["id"], "location": "QC"})
    assert (await dock.stock())[SKU, "QC", "quarantine"] == 100


async def test_the_most_special_plan_decides_and_a_pallet_waits_as_a_whole(dock: Dock):
    """A supplier's article under a stricter plan; a mixed pallet is not put away while a part of it is unchecked."""
    await dock.goods.item("CRAB")
    await dock.goods.party("RU-SWEETS")
    supplier = str(dock.goods.parties["RU-SWEETS"])
    await dock.put("/inspection-plans", {"site": SITE, "supplier_id": supplier, "sample_minimum": 3})
    await plan(dock, sample_percent="50")
    await dock.put("/inspection-plans", {"site": SITE, "item_id": str(await dock.goods.item("CRAB")), "active": False})
    sscc = make_sscc("9520000", 1)
    lines = [line(10, sscc=sscc), {"sku": "CRAB", "quantity": "4", "sscc": sscc}]
    id = await dock.notice(*lines, supplier="RU-SWEETS", units=[{"sscc": sscc}])
    await dock.post(f"/notices/{id}/receive-unit", {"sscc": sscc, "location": "DOCK"})
    checks = {one["sku"]: one for one in await dock.items("/quality-checks", site=SITE)}
    assert (checks[SKU]["sample"], checks["CRAB"]["sample"]) == (5, 3)
    await dock.post(f"/quality-checks/{checks['CRAB']['id']}/results", {"checked": 3, "defects": 0})
    assert await dock.work("putaway") == []
    await dock.post(f"/quality-checks/{checks[SKU]['id']}/results", {"checked": 5, "defects": 0})
    [task] = await dock.work("putaway")
    await dock.post("/putaway/confirm", {"site": SITE, "unit": sscc, "location": "A-02"})
    assert await dock.stock() == {(SKU, "A-02", "good"): 10, ("CRAB", "A-02", "good"): 4}
    assert (await dock.get(f"/tasks/{task['id']}"))["state"] == "done"


async def test_a_receipt_is_undone_only_before_its_sample(dock: Dock):
    """A check that has begun was about these goods; undoing the receipt would make its result a lie."""
    await plan(dock)
    id = await dock.notice(line(100))
    await dock.receive(id, line(50))
    await dock.receive(id, line(50))
    await dock.post(f"/notices/{id}/undo", {"reason": "counted twice"})
    [check] = await dock.items("/quality-checks", site=SITE)
    assert check["quantity"] == "50"
    await dock.post(f"/quality-checks/{check['id']}/results", {"checked": 1, "defects": 0})
    assert await dock.refused(f"/notices/{id}/undo", {"reason": "counted twice"}) == "check_decided"


async def test_checks_and_plans_end_at_the_site(dock: Dock):
    """A stranger neither reads nor decides what waits here."""
    await plan(dock)
    id = await dock.notice(line(100))
    await dock.receive(id, line(100))
    [check] = await dock.items("/quality-checks", site=SITE)
    assert await dock.items("/quality-checks", "elsewhere") == []
    assert await dock.items("/inspection-plans", "elsewhere") == []
    assert (await dock.ask("GET", f"/quality-checks/{check['id']}", who="elsewhere")).status_code == 404
    for path in (f"/quality-checks/{check['id']}/results", f"/quality-checks/{check['id']}/bring"):
        body = {"checked": 1, "defects": 0, "location": "QC"}
        assert (await dock.ask("POST", path, body, who="elsewhere")).status_code == 404, path
    assert (await dock.ask("POST", f"/quality-checks/{check['id']}/results", body, who="receiver")).status_code == 403
