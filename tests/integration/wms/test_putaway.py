"""Put-away and cross-dock over HTTP (capability rows 5, 6 and 21)."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.support.api import PASSWORD, open_api
from tests.support.dock import Dock
from tests.support.goods import Goods
from wms.access.add_person import AddPerson, add_person
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.putaway import near_bins
from wms.standards.gs1 import make_sscc
from wms.stock.tables import location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

SITE = "ZAB-O"
SKU = "FUNGUS-250"


@pytest.fixture
async def dock(database_url: str, db: Database) -> AsyncIterator[Dock]:
    async with open_api(database_url) as api:
        goods = Goods(db, site=SITE)
        await goods.item(abc="A", weight_g=270)
        yield await Dock(api, goods).open()


def line(quantity: object, sku: str = SKU, **more: object) -> dict[str, object]:
    return {"sku": sku, "quantity": str(quantity)} | more


async def arrive(dock: Dock, *lines: dict[str, object], **more: object) -> dict[str, object]:
    """Goods at the dock; the task that puts the last of them away."""
    id = await dock.notice(*lines, **more)
    for unit in more.get("units", ()):  # type: ignore[attr-defined]
        await dock.post(f"/notices/{id}/receive-unit", {"sscc": unit["sscc"], "location": "DOCK"})
    if not more:
        await dock.receive(id, *lines)
    return (await dock.items("/tasks", site=SITE, state="open"))[-1]


async def disable(dock: Dock, name: str) -> None:
    async def verb(tx: Tx, _: None) -> None:
        await tx.conn.execute(location.update().where(location.c.name == name).values(enabled=False))

    await dock.goods.db.run(verb, None, actor=SYSTEM)


async def test_the_same_goods_get_the_documented_sequence_and_then_the_next_best(dock: Dock):
    """Row 6: fixed place, same article, class A, empty; with each first place out of use the next one is first."""
    for name, order, limits in (
        ("A-01", 10, {"abc": "B"}),
        ("A-02", 20, {"abc": "A"}),
        ("A-03", 30, {}),
        ("FIX", 90, {}),
    ):
        await dock.goods.place(name, path_order=order, **limits)
    await dock.goods.stock(place="A-03", quantity=1)
    await dock.put(f"/sites/{SITE}/fixed-places/{dock.goods.items[SKU]}", {"locations": ["FIX"]})
    task = await arrive(dock, line(10))
    wanted = [("FIX", "fixed"), ("A-03", "same_lot"), ("A-02", "abc_zone"), ("A-01", "nearest_empty")]
    for start in range(len(wanted)):
        got = await dock.post("/putaway/propose", {"task_id": task["id"]})
        assert [(one["location"], one["step"]) for one in got["places"]] == wanted[start:]
        await disable(dock, wanted[start][0])
    got = await dock.post("/putaway/propose", {"task_id": task["id"]})
    assert got["places"] == []
    assert {one["location"]: one["why"] for one in got["rejected"]}["FIX"] == "location_disabled"
    assert {one["location"]: one["why"] for one in got["rejected"]}["QC"] == "wrong_location_kind"
    assert await dock.refused("/putaway/confirm", {"task_id": task["id"], "location": "A-01"}) == "location_disabled"


async def test_a_site_sets_its_own_chain(dock: Dock):
    """Strategy is a setting of the site, not a release of the software."""
    await dock.goods.place("A-01", path_order=10)
    await dock.goods.place("A-02", path_order=20, abc="A")
    task = await arrive(dock, line(10))
    await dock.put(f"/sites/{SITE}/putaway-chain", {"steps": ["nearest_empty"]})
    got = await dock.post("/putaway/propose", {"task_id": task["id"]})
    assert [one["location"] for one in got["places"]] == ["A-01", "A-02"]
    assert (await dock.get(f"/sites/{SITE}/putaway-chain"))["steps"] == ["nearest_empty"]


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        ({"temperature": "frozen"}, "wrong_temperature"),
        ({"customs_statuses": ["free"]}, "wrong_customs_zone"),
        ({"max_weight_g": 2_000}, "location_overweight"),
        ({"mixing": "one_item"}, "mixing_forbidden"),
        ({"kind": "pick", "mixing": "one_owner"}, None),
    ],
)
async def test_what_a_place_refuses_is_neither_proposed_nor_posted(
    dock: Dock, limits: dict[str, object], why: str | None
):
    """Row 5: the proposal's reason and the ledger's refusal are the same code."""
    await dock.goods.item("CRAB")
    await dock.goods.stock("CRAB", "A-01", 1)

    async def limit(tx: Tx, _: None) -> None:
        await tx.conn.execute(location.update().where(location.c.name == "A-01").values(**limits))

    await dock.goods.db.run(limit, None, actor=SYSTEM)
    task = await arrive(dock, line(10))
    got = await dock.post("/putaway/propose", {"task_id": task["id"]})
    if why is None:
        await dock.post("/putaway/confirm", {"task_id": task["id"], "location": "A-01"})
        assert (await dock.stock())[SKU, "A-01", "good"] == 10
        return
    assert {one["location"]: one["why"] for one in got["rejected"]}["A-01"] == why
    assert await dock.refused("/putaway/confirm", {"task_id": task["id"], "location": "A-01"}) == why
    assert (await dock.stock())[SKU, "DOCK", "good"] == 10


async def test_another_place_than_proposed_is_taken_with_a_reason(dock: Dock):
    """The person at the bin sees what no rule knows; the reason stays with the task."""
    await dock.goods.place("A-01", path_order=10)
    await dock.goods.place("A-02", path_order=20)
    task = await arrive(dock, line(10))
    await dock.post("/putaway/propose", {"task_id": task["id"]})
    body = {"task_id": task["id"], "location": "A-02"}
    assert await dock.refused("/putaway/confirm", body) == "putaway_reason_missing"
    part = await dock.post("/putaway/confirm", body | {"quantity": "4", "reason": "A-01 is wet"})
    assert (part["quantity"], part["left"]) == ("4", "6")
    await dock.post("/putaway/confirm", {"task_id": task["id"], "location": "A-01"})
    done = await dock.get(f"/tasks/{task['id']}")
    assert (done["state"], done["result"]["location"]) == ("done", "A-01")
    assert await dock.refused("/putaway/confirm", body) in ("task_closed", "not_found")
    assert await dock.stock() == {(SKU, "A-01", "good"): 6, (SKU, "A-02", "good"): 4}


async def test_proposals_at_once_do_not_send_two_people_to_one_empty_bin(dock: Dock):
    """An empty bin for one article is promised to the first who asks; the next is sent to the next bin."""
    skus = [f"CRAB-{number}" for number in range(8)]
    for number, sku in enumerate(skus):
        await dock.goods.item(sku)
        await dock.goods.place(f"A-{number}", path_order=10 + number, mixing="one_item")
    lines = [line(5, sku) for sku in skus]
    await dock.receive(await dock.notice(*lines), *lines)
    tasks = await dock.work("putaway")
    got = await asyncio.gather(*(dock.post("/putaway/propose", {"task_id": one["id"]}) for one in tasks))
    assert sorted(one["places"][0]["location"] for one in got) == [f"A-{number}" for number in range(8)]


async def test_work_that_somebody_else_holds_is_not_confirmed(dock: Dock):
    """Row 52 where it matters: goods are moved by the one who has the task, and by nobody else meanwhile."""
    await dock.goods.place("A-01")
    task = await arrive(dock, line(10))
    person = AddPerson(name="second", password=PASSWORD, role="shift_leader", sites=None)
    await dock.goods.db.run(add_person, person, actor=SYSTEM)
    answer = await dock.api.client.post("/api/v1/sessions", json={"name": "second", "password": PASSWORD})
    dock.api.tokens["second"] = answer.json()["token"]
    mine = await dock.post("/tasks/take", {"site": SITE, "kinds": ["putaway"]}, who="second")
    assert mine["task"]["id"] == task["id"]
    body = {"task_id": task["id"], "location": "A-01"}
    assert await dock.refused("/putaway/confirm", body) == "task_taken_over"
    assert (await dock.stock())[SKU, "DOCK", "good"] == 10
    assert (await dock.post("/putaway/confirm", body, who="second"))["left"] == "0"


async def demand(dock: Dock, quantity: object, **more: object) -> str:
    id = str(uuid4())
    body = {
        "site": SITE,
        "item_id": str(dock.goods.items[SKU]),
        "owner_id": str(dock.goods.parties["FUNGI"]),
        "customs_status": "foreign",
        "demand_id": id,
        "lane": "LANE-1",
        "quantity": str(quantity),
    }
    await dock.post("/cross-dock-demands", body | more)
    return id


async def test_a_unit_that_is_waited_for_goes_to_the_lane_and_is_never_put_away(dock: Dock):
    """Row 21: its task leads to the outbound lane, every bin is refused, and in the lane it is reserved for who waits."""
    await dock.goods.place("A-01")
    wanted = await demand(dock, 40)
    sscc, other = make_sscc("9520000", 1), make_sscc("9520000", 2)
    units = [{"sscc": sscc}, {"sscc": other}]
    await arrive(dock, line(40, sscc=sscc), line(40, sscc=other), units=units)
    [task] = await dock.work("cross_dock")
    [away] = await dock.work("putaway")
    assert (task["payload"]["label"], away["payload"]["label"]) == (sscc, other)
    proposed = await dock.post("/putaway/propose", {"site": SITE, "unit": sscc})
    assert (proposed["lane"], proposed["places"]) == ("LANE-1", [])
    for body in ({"task_id": task["id"]}, {"site": SITE, "unit": sscc}):
        assert await dock.refused("/putaway/confirm", body | {"location": "A-01"}) == "cross_dock_only"
    await dock.post("/putaway/confirm", {"site": SITE, "unit": sscc, "location": "LANE-1"})
    assert (await dock.get(f"/tasks/{task['id']}"))["state"] == "done"
    async with dock.goods.db.read() as conn:
        kept = (await conn.execute(sa.text("SELECT demand_id, quantity FROM reservation"))).all()
        causes = set(await conn.scalars(sa.text("SELECT cause FROM journal WHERE cause <> 'receive'")))
    assert [(str(row.demand_id), row.quantity) for row in kept] == [(wanted, 40)]
    assert causes == {"cross_dock"}
    [row] = await dock.items("/cross-dock-demands", site=SITE)
    assert (row["wanted"], row["promised"]) == ("40", "40")


async def test_loose_goods_serve_demand_too_and_an_undone_receipt_gives_it_back(dock: Dock):
    """Demand whose goods were booked by mistake waits on for the next truck."""
    await demand(dock, 50)
    id = await dock.notice(line(50), line(10))
    await dock.receive(id, line(20))
    assert len(await dock.work("cross_dock")) == 1
    await dock.post(f"/notices/{id}/undo", {"reason": "other truck"})
    assert await dock.work("cross_dock") == []
    [row] = await dock.items("/cross-dock-demands", site=SITE)
    assert row["promised"] == "0"
    await dock.receive(id, line(20))
    await dock.receive(id, line(5))
    [task] = await dock.work("cross_dock")
    done = await dock.post("/putaway/confirm", {"task_id": task["id"], "location": "LANE-1"})
    assert (done["quantity"], done["left"]) == ("20", "5")
    assert len(await dock.work("putaway")) == 1, "what came beyond the promise is put away"


async def test_a_large_house_is_asked_in_part_and_answers_the_same(dock: Dock, monkeypatch: pytest.MonkeyPatch):
    """Reading only the nearest bins of each step is a matter of speed; the first place is that of the whole house."""
    for order in range(12):
        limits = {"temperature": "frozen"} if order < 5 else {"abc": "A"} if order == 9 else {}
        await dock.goods.place(f"A-{order:02}", path_order=10 + order, **limits)
    task = await arrive(dock, line(10))
    for gone in ("A-09", "A-05", "A-06"):
        monkeypatch.setattr(near_bins, "FEW", 250)
        whole = await dock.post("/putaway/propose", {"task_id": task["id"]})
        monkeypatch.setattr(near_bins, "FEW", 2)
        part = await dock.post("/putaway/propose", {"task_id": task["id"]})
        assert part["places"][0] == whole["places"][0]
        assert whole["places"][0]["location"] == gone
        await disable(dock, gone)
