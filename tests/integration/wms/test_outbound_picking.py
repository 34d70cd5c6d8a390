"""Waves, walks and picks by scans over HTTP (capability rows 15, 17, 18, 28, 48)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU = "FUNGUS-250"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
def floor(api: Api, db: Database) -> Floor:
    return Floor(api, Goods(db))


async def _spread(floor: Floor, articles: int) -> list[str]:
    """Articles, one a bin, in two aisles with coordinates."""
    names = []
    for number in range(articles):
        sku, aisle = f"S-{number}", number % 2
        place = f"T-{aisle}-{number:02}"
        walk = {"path_order": number, "x_mm": aisle * 3600, "y_mm": number * 1000, "zone": f"Z{aisle}"}
        await floor.goods.place(place, "pick", **walk)
        await floor.goods.stock(sku, place, 100)
        names.append(sku)
    return names


async def test_fifty_orders_in_a_wave_make_fewer_stops_than_orders(floor: Floor):
    """Row 15: carts of ten slots; a location is one stop however many orders want from it; every order has its own slot."""
    skus = await _spread(floor, 6)
    for number in range(50):
        await floor.order({skus[number % 6]: 1, skus[(number + 1) % 6]: 2}, release=False, carrier="EX-RAIL")
    wave = await floor.post("/waves", {"site": floor.goods.site, "name": "EVENING", "carrier": "EX-RAIL"})
    assert len(wave["order_ids"]) == 50
    planned = await floor.post("/pick-lists", {"site": floor.goods.site, "wave_id": wave["id"], "slots": 10})
    assert len(planned["lists"]) == 5
    assert planned["stops"] < 50 < planned["order_stops"]
    view = await floor.get(f"/pick-lists/{planned['lists'][0]['id']}")
    assert len({one["slot"] for one in view["picks"]}) == 10
    assert [one["stop"] for one in view["picks"]] == sorted(one["stop"] for one in view["picks"])
    assert await floor.refused("/pick-lists", {"site": floor.goods.site, "wave_id": wave["id"]}) == "nothing_to_pick"


async def test_a_wave_keeps_its_limits_and_a_zone_its_pickers(floor: Floor):
    """Row 15: limits cut a wave after the most urgent; zone picking gives each zone a list of its own."""
    skus = await _spread(floor, 4)
    now = datetime.now(UTC)
    ids = [
        await floor.order(
            {skus[0]: 1, skus[1]: 1}, release=False, cut_off_at=(now + timedelta(hours=9 - n)).isoformat()
        )
        for n in range(4)
    ]
    wave = await floor.post("/waves", {"site": floor.goods.site, "name": "W", "max_orders": 2})
    assert wave["order_ids"] == [ids[3], ids[2]]
    zones = await floor.post("/pick-lists", {"site": floor.goods.site, "order_ids": wave["order_ids"], "by_zone": True})
    assert [(one["zone"], one["stops"]) for one in zones["lists"]] == [("Z0", 1), ("Z1", 1)]
    in_zone = await floor.order({skus[2]: 1}, release=False)
    zoned = await floor.post("/waves", {"site": floor.goods.site, "name": "Z", "zone": "Z0"})
    assert zoned["order_ids"] == [in_zone]


async def test_each_slot_of_a_cart_is_check_scanned(floor: Floor):
    """Row 15: goods of one order never reach another order's tote, and a tote serves one order at a time."""
    await floor.goods.stock()
    ids = [await floor.order({SKU: 2}) for _ in range(2)]
    for label in ("TOTE-1", "TOTE-2"):
        await floor.tote(label)
    planned = await floor.post("/pick-lists", {"site": floor.goods.site, "order_ids": ids})
    view = await floor.get(f"/pick-lists/{planned['lists'][0]['id']}")
    first, second = view["picks"]
    assert planned["stops"] == 1
    await floor.post(f"/picks/{first['id']}/confirm", Floor.scans(first, "TOTE-1", quantity="1"))
    wrong = Floor.scans(first, "TOTE-2", quantity="1")
    assert await floor.refused(f"/picks/{first['id']}/confirm", wrong) == "wrong_tote"
    assert await floor.refused(f"/picks/{second['id']}/confirm", Floor.scans(second, "TOTE-1")) == "tote_in_use"
    await floor.post(f"/picks/{first['id']}/confirm", Floor.scans(first, "TOTE-1", quantity="1"))
    await floor.post(f"/picks/{second['id']}/confirm", Floor.scans(second, "TOTE-2"))
    assert (await floor.get(f"/pick-lists/{view['id']}"))["state"] == "done"
    task = await floor.get(f"/tasks/{planned['lists'][0]['task_id']}")
    assert task["state"] == "done"


async def test_a_wrong_scan_never_posts(floor: Floor):
    """Row 48: wrong location, article, lot, quantity or tote: refused with its own code, and not a gram has moved."""
    goods = floor.goods
    item = await goods.item(SKU, gtin="09520000000011")
    for name in ("L1", "L2"):
        lot = await goods.lot(item, name)
        await goods.bring(await goods.key(await goods.place(), item, lot_id=lot), 5)
    await goods.stock("OTHER-1")
    body = await floor.body({})
    made = await floor.post("/orders", body | {"lines": [{"sku": SKU, "quantity": "3", "lot_no": "L1"}]})
    await floor.post(f"/orders/{made['id']}/release")
    [one] = await floor.picks(made["id"])
    await floor.tote("TOTE-1")
    path = f"/picks/{one['id']}/confirm"
    for change, code in (
        ({"location": "T-99"}, "wrong_location"),
        ({"item": "OTHER-1"}, "wrong_item"),
        ({"item": "no such code"}, "wrong_item"),
        ({"lot_no": "L2"}, "wrong_lot"),
        ({"lot_no": None}, "wrong_lot"),
        ({"quantity": "4"}, "over_pick"),
        ({"tote": "T-404"}, "unknown_tote"),
    ):
        assert await floor.refused(path, Floor.scans(one, "TOTE-1", **change)) == code
    [line] = await floor.lines(made["id"])
    assert (line["picked"], line["reserved"]) == ("0", "3")
    answer = await floor.post(path, Floor.scans(one, "TOTE-1", item="(01)09520000000011(10)L1", lot_no=None))
    assert (answer["left"], answer["order_state"]) == ("0", "picking")


async def test_what_was_held_after_it_was_promised_is_not_picked(floor: Floor):
    """Row 28: a recall reaches the picker before his hand does."""
    await floor.goods.stock()
    id = await floor.order({SKU: 2})
    [one] = await floor.picks(id)
    await floor.tote("TOTE-1")
    await floor.goods.db.run(_hold_location, await floor.goods.place(), actor=SYSTEM)
    assert await floor.refused(f"/picks/{one['id']}/confirm", Floor.scans(one, "TOTE-1")) == "on_hold"
    later = await floor.order({SKU: 1})
    [line] = await floor.lines(later)
    assert line["remainder"] == "1"


async def _hold_location(tx: Tx, at: UUID) -> None:
    await tx.conn.execute(
        sa.text(
            "INSERT INTO stock_hold (id, location_id, reason, note, placed_at, placed_by)"
            " VALUES (gen_random_uuid(), :at, 'recall', 'test', now(), 'test')"
        ),
        {"at": at},
    )


async def test_picked_goods_stay_promised(floor: Floor):
    """What lies in a tote is reserved for its order: it is neither available nor promised to anybody else."""
    goods = floor.goods
    key = await goods.stock(quantity=5)
    id = await floor.order({SKU: 5})
    await floor.pick_all(id, "TOTE-1")
    assert await goods.balance(key) == (0, 0, 0)
    other = await floor.order({SKU: 1})
    assert (await floor.lines(other))[0]["remainder"] == "1"
    assert await floor.refused(f"/orders/{id}/cancel", {"reason": "too late"}) == "order_in_work"


async def test_a_short_pick_counts_the_bin_and_looks_elsewhere(floor: Floor):
    """Row 18: one count task however many pickers stand before the bin; another bin serves; the line shows what nobody has."""
    goods = floor.goods
    await goods.place("T-A", "pick", path_order=1)
    await goods.place("T-B", "pick", path_order=2)
    empty, full = await goods.stock(place="T-A", quantity=6), await goods.stock(place="T-B", quantity=2)
    id = await floor.order({SKU: 3}, strategy="closest")
    second = await floor.order({SKU: 2}, strategy="closest")
    planned = await floor.post("/pick-lists", {"site": goods.site, "order_ids": [id, second]})
    [one] = await floor.picks(id)
    await floor.tote("TOTE-1")
    await floor.post(f"/picks/{one['id']}/confirm", Floor.scans(one, "TOTE-1", quantity="0.5"))
    short = await floor.post(f"/picks/{one['id']}/short")
    assert (short["missing"], short["remainder"], len(short["picks"])) == ("2.5", "0.5", 1)
    assert short["count_task_id"] is not None
    [again] = await floor.picks(id)
    assert (again["location"], again["quantity"]) == ("T-B", "2")
    view = await floor.get(f"/pick-lists/{planned['lists'][0]['id']}")
    assert view["stop_count"] == 2
    [other] = await floor.picks(second)
    assert (await floor.post(f"/picks/{other['id']}/short"))["count_task_id"] is None
    tasks = (await floor.get("/tasks", site=goods.site, kind="count"))["items"]
    assert len(tasks) == 1
    assert await goods.balance(empty) == (Decimal("5.5"), 0, 0)
    assert await goods.balance(full) == (2, 2, 0)
    third = await floor.order({SKU: 1})
    assert (await floor.lines(third))[0]["remainder"] == "1", "nothing is promised from a bin that waits for its count"


async def test_another_lot_may_stand_in_when_the_rules_allow_it(floor: Floor):
    """Row 18: a substitute passes owner, dates and holds like an allocation; an expired lot does not."""
    goods, today = floor.goods, datetime.now(UTC).date()
    item = await goods.item(SKU)
    for name, days in (("OLD", 10), ("NEW", 50), ("GONE", -1)):
        lot = await goods.lot(item, name, today + timedelta(days))
        await goods.bring(await goods.key(await goods.place(), item, lot_id=lot), 5)
    id = await floor.order({SKU: 2})
    [one] = await floor.picks(id)
    assert one["lot_no"] == "OLD"
    path = f"/picks/{one['id']}/substitute"
    assert await floor.refused(path, {"location": one["location"], "lot_no": "GONE"}) == "lot_not_allowed"
    assert await floor.refused(path, {"location": one["location"], "lot_no": "NONE"}) == "unknown_lot"
    await floor.post(path, {"location": one["location"], "lot_no": "NEW"})
    [other] = await floor.picks(id)
    assert other["lot_no"] == "NEW"
    await floor.tote("TOTE-1")
    await floor.post(f"/picks/{other['id']}/confirm", Floor.scans(other, "TOTE-1"))
    assert (await floor.lines(id))[0]["picked"] == "2"


async def test_the_last_pick_is_undone_by_a_reversal(floor: Floor):
    """The journal keeps both entries; goods and promise are as before; a finished list is work again."""
    goods = floor.goods
    key = await goods.stock(quantity=5)
    id = await floor.order({SKU: 4})
    planned = await floor.post("/pick-lists", {"site": goods.site, "order_ids": [id]})
    [one] = await floor.picks(id)
    await floor.tote("TOTE-1")
    for part in ("1", "3"):
        await floor.post(f"/picks/{one['id']}/confirm", Floor.scans(one, "TOTE-1", quantity=part))
    undone = await floor.post(f"/orders/{id}/undo-pick")
    assert undone["quantity"] == "3"
    assert await goods.balance(key) == (4, 3, 0)
    assert (await floor.get(f"/pick-lists/{planned['lists'][0]['id']}"))["state"] == "open"
    assert (await floor.post(f"/orders/{id}/undo-pick"))["order_state"] == "allocated"
    assert await floor.refused(f"/orders/{id}/undo-pick") == "nothing_to_undo"
    await floor.pick_all(id, "TOTE-1")
    async with goods.db.read() as conn:
        reversed_ones = await conn.scalar(sa.text("SELECT count(*) FROM stock_entry WHERE reverses_id IS NOT NULL"))
    assert reversed_ones == 2


async def test_a_whole_pallet_moves_with_one_scan(floor: Floor):
    """A pallet with cases in it that one order has reserved to the last piece is picked as it stands; half a pallet is not."""
    goods = floor.goods
    item = await goods.item(SKU)
    pallet = await goods.unit(await goods.place(), "pallet", label="PAL-1")
    for label in ("CASE-1", "CASE-2"):
        case = await goods.unit(pallet, "case", label=label)
        await goods.bring(await goods.key(case, item), 12)
    half = await floor.order({SKU: 13})
    scan = {"unit": "PAL-1", "location": "T-01-01"}
    assert await floor.refused(f"/orders/{half}/pick-unit", scan) == "wrong_unit"
    await floor.post(f"/orders/{half}/cancel", {"reason": "test"})
    id = await floor.order({SKU: 24})
    assert await floor.refused(f"/orders/{id}/pick-unit", scan | {"location": "T-9"}) == "wrong_location"
    answer = await floor.post(f"/orders/{id}/pick-unit", scan)
    assert (answer["picks"], answer["order_state"]) == (2, "packed")
    [line] = await floor.lines(id)
    assert (line["picked"], line["packed"], line["reserved"]) == ("24", "24", "0")


async def test_a_list_in_another_s_hands_is_not_worked_on(floor: Floor, api: Api, db: Database):
    """Row 52: who holds the task of a list is the only one whose scans count."""
    await floor.goods.stock()
    id = await floor.order({SKU: 1})
    await floor.post("/pick-lists", {"site": floor.goods.site, "order_ids": [id]})
    await sign_in(api, db, "anna", "picker", sites=[floor.goods.site])
    await sign_in(api, db, "boris", "picker", sites=[floor.goods.site])
    taken = await floor.ask("/tasks/take", {"site": floor.goods.site, "kinds": ["pick"]}, "anna")
    assert taken.status_code == 200, taken.text
    [one] = await floor.picks(id)
    await floor.tote("TOTE-1")
    path, scans = f"/picks/{one['id']}/confirm", Floor.scans(one, "TOTE-1")
    assert await floor.refused(path, scans, "boris") == "task_taken_over"
    await floor.post(path, scans, "anna")


async def test_a_pick_sent_ten_times_is_posted_once(floor: Floor):
    """Row 50: a handheld that repeats its scan gets the first answer again, and the journal has one entry."""
    await floor.goods.stock()
    id = await floor.order({SKU: 3})
    [one] = await floor.picks(id)
    await floor.tote("TOTE-1")
    scans = Floor.scans(one, "TOTE-1", quantity="1")
    answers = await asyncio.gather(
        *(floor.ask(f"/picks/{one['id']}/confirm", scans, key="scan-00001") for _ in range(10))
    )
    assert {one.text for one in answers} == {answers[0].text}
    assert (await floor.lines(id))[0]["picked"] == "1"
    async with floor.goods.db.read() as conn:
        assert await conn.scalar(sa.text("SELECT count(*) FROM stock_entry WHERE cause = 'pick'")) == 1
