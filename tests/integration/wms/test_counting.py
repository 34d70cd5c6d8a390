"""Counts and stocktakes over HTTP, beside running work (capability rows 23, 24, 42)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.house import House
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU, OK = "FUNGUS-250", {"note": "looked twice"}


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
async def house(api: Api, db: Database) -> House:
    return await House(api, Goods(db)).open()


async def _start(house: House, place: str = "T-01-01", who: str = "anna") -> Any:
    return await house.post("/counts/start", {"site": house.goods.site, "location": place}, who)


async def _submit(house: House, sheet: Any, quantity: object, who: str = "anna", **line: Any) -> str:
    body = {"lines": [{"sku": SKU, "quantity": str(quantity)} | line]}
    return str((await house.post(f"/counts/{sheet['id']}/submit", body, who))["state"])


async def _policy(house: House, **values: Any) -> None:
    await house.put(
        "/count-policy", {"site": house.goods.site, "recount_quantity": "100", "recount_percent": "90"} | values
    )


async def _move(house: House, source: StockKey, target: StockKey, quantity: int, **entry: Any) -> None:
    async def verb(tx: Tx, _: None) -> None:
        await post(tx, [Entry(source, target, Decimal(quantity), **entry)], cause="move", site=house.goods.site)

    await house.goods.db.run(verb, None, actor=SYSTEM)


async def test_a_count_is_blind_and_closes_when_the_books_are_right(house: House):
    """Row 23: the sheet and the count tell no quantity to who counts; agreement posts nothing and ends the task."""
    key = await house.goods.stock(quantity=40)
    asked = await house.post("/counts", {"site": house.goods.site, "locations": ["T-01-01"]}, "lead1")
    again = await house.post("/counts", {"site": house.goods.site, "locations": ["T-01-01"]}, "lead1")
    assert (len(asked["asked"]), again["asked"]) == (1, [])
    [task] = await house.tasks("count")
    sheet = await _start(house)
    assert sheet["lines"] == [{"sku": SKU, "names": {"en": SKU}, "lot": None, "serial": None, "unit": None}]
    [line] = await house.items(f"/counts/{sheet['id']}/lines", "lead1")
    assert (line["snapshot"], line["expected"]) == (None, None)
    assert (
        await house.refused("/counts/start", {"site": house.goods.site, "location": "T-01-01"}, "boris")
        == "count_begun"
    )
    assert await house.refused(f"/tasks/{task['id']}/complete", {}, "anna") == "task_needs_its_work"
    assert await _submit(house, sheet, 40) == "closed"
    assert (await house.get(f"/tasks/{task['id']}"))["state"] == "done"
    assert (await house.goods.balance(key))[0] == 40
    assert await house.refused(f"/counts/{sheet['id']}/approve", OK, "lead1") == "count_not_ready"


async def test_moves_during_a_count_are_no_variance(house: House):
    """Row 23: 5 leave before the counter passes, 3 come after; the variance is against the books at the scan."""
    await _policy(house)
    key = await house.goods.stock(quantity=40)
    other = await house.goods.key(await house.goods.place("T-01-02"), await house.goods.item(SKU))
    sheet = await _start(house)
    await _move(house, key, other, 5)
    counted_at = datetime.now(UTC).isoformat()
    await _move(house, other, key, 3)
    late = {"happened_at": datetime.fromisoformat(sheet["started_at"])}
    assert await _submit(house, sheet, 31, counted_at=counted_at) == "to_approve"
    await _move(house, key, other, 2, **late)  # carried before it was counted, told after
    [line] = await house.items(f"/counts/{sheet['id']}/lines", "lead1")
    assert (line["snapshot"], line["moved"], line["expected"], line["variance"]) == ("40", "-5", "35", "-4")
    done = await house.post(f"/counts/{sheet['id']}/approve", OK, "lead1")
    assert done["adjusted"] == 1
    [line] = await house.items(f"/counts/{sheet['id']}/lines", "lead1")
    assert (line["expected"], line["variance"]) == ("33", "-2")
    assert (await house.goods.balance(key))[0] == 31 + 3
    assert [fact["data"]["lines"] for fact in await house.facts("stock.adjusted")] == [1]


async def test_a_count_stands_beside_live_picking(house: House, api: Api):
    """Row 23: ten orders are picked while the bin is counted; what is missing is missing, and every pick is in the books."""
    await _policy(house)
    floor = Floor(api, house.goods)
    key = await house.goods.stock(quantity=100)
    orders = [await floor.order({SKU: 2}) for _ in range(6)]
    for number in range(6):
        await floor.tote(f"TOTE-{number}")
    sheet = await _start(house)

    async def work(number: int) -> None:
        [one] = await floor.picks(orders[number])
        await floor.post(f"/picks/{one['id']}/confirm", Floor.scans(one, f"TOTE-{number}"))

    await asyncio.gather(*(work(number) for number in range(3)))
    counted_at = datetime.now(UTC).isoformat()  # 94 by the books; somebody took 4
    _, _, _, state = await asyncio.gather(
        *(work(number) for number in (3, 4, 5)), _submit(house, sheet, 90, counted_at=counted_at)
    )
    assert state == "to_approve"
    await house.post(f"/counts/{sheet['id']}/approve", OK, "lead1")
    [line] = await house.items(f"/counts/{sheet['id']}/lines", "lead1")
    assert (line["expected"], line["variance"]) == ("94", "-4")
    assert (await house.goods.balance(key))[0] == 100 - 12 - 4


async def test_a_large_variance_is_counted_by_another_and_approved_by_a_third(house: House):
    """Row 23 and 63: own recount and own approval are refused; nothing is posted before the approval."""
    await _policy(house, recount_quantity="3")
    key = await house.goods.stock(quantity=40)
    sheet = await _start(house, who="lead1")
    assert await _submit(house, sheet, 30, "lead1") == "recount"
    start = {"site": house.goods.site, "location": "T-01-01"}
    assert await house.refused("/counts/start", start, "lead1") == "four_eyes"
    again = await _start(house, who="boris")
    assert (again["id"], again["round"]) == (sheet["id"], 2)
    assert await _submit(house, again, 31, "boris") == "to_approve"
    path = f"/counts/{sheet['id']}/approve"
    assert await house.refused(path, OK, "lead1") == "four_eyes"
    assert await house.refused(path, OK, "anna") == "not_allowed"
    assert await house.refused(path, OK, "elsewhere") == "not_found"
    assert (await house.goods.balance(key))[0] == 40
    await house.post(path, OK, "lead2")
    assert (await house.goods.balance(key))[0] == 31
    assert await house.tasks("count") == []


async def test_a_bonded_variance_is_a_proposal_and_waits_for_customs(house: House):
    """Row 42: approval adjusts nothing on an account line; posting needs the right, another person and a document's number."""
    await _policy(house)
    goods = house.goods
    item = await goods.item(SKU)
    line_id = await goods.account_line(item)
    key = await goods.key(await goods.place(), item, customs_status="duty_unpaid", account_line_id=line_id)
    await goods.bring(key, 20)
    sheet = await _start(house)
    assert await _submit(house, sheet, 18) == "to_approve"
    done = await house.post(f"/counts/{sheet['id']}/approve", OK, "lead1")
    assert (done["posting_id"], done["adjusted"], len(done["proposed"])) == (None, 0, 1)
    assert (await goods.balance(key))[0] == 20
    [one] = await house.items("/count-proposals", state="proposed")
    assert (one["quantity"], one["account_line"], one["state"]) == ("-2", 1, "proposed")
    path = f"/count-proposals/{one['id']}/post"
    assert await house.refused(path, {"reference": "X-1"}, "lead1") == "not_allowed"
    assert await house.refused(path, {}, "officer") == "reference_missing"
    await house.post(path, {"reference": "CUS-2026-1"}, "officer")
    assert await house.refused(path, {"reference": "CUS-2026-1"}, "officer") == "proposal_decided"
    assert (await goods.balance(key))[0] == 18
    async with goods.db.read() as conn:
        assert await conn.scalar(sa.text("SELECT quantity FROM account_line")) == 18


async def test_found_and_missing_goods_each_get_their_line(house: House):
    """Row 24: an empty place by the books may hold goods, and a full one none; goods that could be two are asked for."""
    await _policy(house)
    goods = house.goods
    await goods.place("T-09-09")
    missing = await goods.stock("HONEY-1", quantity=4)
    item = await goods.item("LOTTED", tracking="lot")
    sheet = await _start(house)
    path = f"/counts/{sheet['id']}/submit"
    lotted: dict[str, Any] = {"lines": [{"sku": "LOTTED", "quantity": "7"}]}
    assert await house.refused(path, lotted, "anna") == "lot_missing"
    lotted["lines"][0]["lot"] = "L-1"
    assert await house.refused(path, lotted, "anna") == "owner_missing"
    lotted["lines"][0]["owner"] = "FUNGI"
    assert (await house.post(path, lotted, "anna"))["state"] == "recount", "nobody expected these goods"
    await _start(house, who="boris")
    assert (await house.post(path, lotted, "boris"))["state"] == "to_approve"
    await house.post(f"/counts/{sheet['id']}/approve", OK, "lead1")
    assert (await goods.balance(missing))[0] == 0
    [row] = await house.items("/stock", site=goods.site, item_id=str(item))
    assert (row["lot"], row["quantity"], row["location"]) == ("L-1", "7", "T-01-01")
    empty = await house.post("/counts/confirm-empty", {"site": goods.site, "location": "T-09-09"}, "anna")
    assert empty["state"] == "closed"


async def test_a_short_pick_is_counted_by_the_count_that_it_asked_for(house: House, api: Api):
    """Row 18 and 23: the picker's count task becomes the count, and the bin is promised again when it is closed."""
    await _policy(house)
    floor = Floor(api, house.goods)
    key = await house.goods.stock(quantity=6)
    id = await floor.order({SKU: 3})
    [one] = await floor.picks(id)
    short = await floor.post(f"/picks/{one['id']}/short")
    assert await house.refused(f"/tasks/{short['count_task_id']}/complete", {}, "anna") == "task_needs_its_work"
    sheet = await _start(house)
    task = await house.get(f"/tasks/{short['count_task_id']}")
    assert (task["state"], task["document_id"], task["by_hand"]) == ("leased", sheet["id"], False)
    assert (await house.get(f"/counts/{sheet['id']}"))["reason"] == "short_pick"
    assert await _submit(house, sheet, 4) == "to_approve"
    await house.post(f"/counts/{sheet['id']}/approve", OK, "lead1")
    assert (await house.get(f"/tasks/{short['count_task_id']}"))["state"] == "done"
    assert (await house.goods.balance(key))[0] == 4
    assert (await floor.lines(await floor.order({SKU: 4})))[0]["remainder"] == "0"


async def test_a_bin_picked_empty_is_looked_at_once(house: House, api: Api):
    """Row 23: a pick to zero asks for a zero-bin check; what was looked at since is not asked for again."""
    floor = Floor(api, house.goods)
    await house.goods.stock(quantity=3)
    await floor.pick_all(await floor.order({SKU: 3}), "TOTE-1")
    body = {"site": house.goods.site}
    assert len((await house.post("/counts/zero-bins", body, "lead1"))["asked"]) == 1
    [task] = await house.tasks("count")
    assert task["payload"]["reason"] == "zero_bin"
    await house.post("/counts/confirm-empty", body | {"location": "T-01-01"}, "anna")
    assert (await house.post("/counts/zero-bins", body, "lead1"))["asked"] == []


async def test_places_are_counted_as_often_as_their_class_asks(house: House):
    """Row 23: class A comes before C, and what was counted lately does not come."""
    goods = house.goods
    for name, abc in (("T-A", "A"), ("T-B", "B"), ("T-C", "C")):
        await goods.place(name, "pick", abc=abc)
    await goods.db.run(_only_here, goods.site, actor=SYSTEM)
    body = {"site": goods.site, "limit": 2}
    asked = (await house.post("/counts/due", body, "lead1"))["asked"]
    places = [(await house.get(f"/counts/{id}"))["location"] for id in asked]
    assert sorted(places) == ["T-A", "T-B"]
    for name in places:
        await house.post("/counts/confirm-empty", {"site": goods.site, "location": name}, "anna")
    asked = (await house.post("/counts/due", body, "lead1"))["asked"]
    assert [(await house.get(f"/counts/{id}"))["location"] for id in asked] == ["T-C"]


async def _only_here(tx: Tx, site: str) -> None:
    """Places that the demonstration world planted are out of use."""
    await tx.conn.execute(
        sa.text("UPDATE location SET enabled = false WHERE site = :site AND name NOT LIKE 'T-%'"), {"site": site}
    )


async def test_a_stocktake_with_work_going_on_equals_the_journal(house: House):
    """Row 24: each place at its own instant, goods moving all the while; the journal replayed at that instant says the same."""
    await _policy(house)
    goods, site = house.goods, house.goods.site
    keys = []
    for number in range(4):
        await goods.place(f"Z-{number}", "storage", zone="ZT")
        keys.append(await goods.stock(place=f"Z-{number}", quantity=50))
    begun = await house.post("/stocktakes", {"site": site, "zone": "ZT"}, "lead1")
    assert begun["counts"] == 4
    stop, in_hand = asyncio.Event(), asyncio.Lock()

    async def keep_moving() -> None:
        turn = 0
        while not stop.is_set():
            async with in_hand:  # nobody counts a piece that is in somebody's hand
                await _move(house, keys[turn % 4], keys[(turn + 1) % 4], 1)
            turn += 1
            await asyncio.sleep(0.005)

    mover = asyncio.create_task(keep_moving())
    instants = {}
    for number, key in enumerate(keys):
        sheet = await _start(house, f"Z-{number}")
        async with in_hand:
            counted_at = datetime.now(UTC)
            there = await _at(house, key, counted_at)
        instants[sheet["id"]] = (key, counted_at, there)
        await _submit(house, sheet, there - (2 if number == 1 else 0), counted_at=counted_at.isoformat())
    stop.set()
    await mover
    assert await house.refused(f"/stocktakes/{begun['id']}/close", {}, "lead1") == "counts_open"
    for id, (key, counted_at, there) in instants.items():
        row = await house.get(f"/counts/{id}")
        if row["state"] == "to_approve":
            await house.post(f"/counts/{id}/approve", OK, "lead1")
        [line] = await house.items(f"/counts/{id}/lines", "lead1")
        assert await _at(house, key, counted_at) == Decimal(line["counted"]), row["location"]
        assert Decimal(line["counted"]) in (there, there - 2)
    await house.post(f"/stocktakes/{begun['id']}/close", {}, "lead1")
    [row] = await house.items("/stocktakes", site=site)
    assert (row["state"], row["open"], row["varying"]) == ("closed", 0, 1)
    assert sum([(await goods.balance(key))[0] for key in keys]) == 198


async def _at(house: House, key: StockKey, at: datetime) -> Decimal:
    """The journal replayed from nothing, by when things happened."""
    query = (
        "SELECT coalesce(sum(CASE WHEN to_stock_id = :id THEN quantity ELSE 0 END"
        " - CASE WHEN from_stock_id = :id THEN quantity ELSE 0 END), 0) FROM stock_entry WHERE happened_at <= :at"
    )
    async with house.goods.db.read() as conn:
        return Decimal(await conn.scalar(sa.text(query), {"id": key.id, "at": at}))


async def test_a_frozen_place_waits_for_its_count(house: House, api: Api):
    """Row 24: nothing of it is promised while it is frozen; it is free again when its own count is closed."""
    goods, floor = house.goods, Floor(api, house.goods)
    await goods.place("T-01-01", "storage", zone="ZF")
    await goods.stock(quantity=9)
    begun = await house.post("/stocktakes", {"site": goods.site, "zone": "ZF", "freeze": True}, "lead1")
    first = await floor.order({SKU: 1})
    assert (await floor.lines(first))[0]["remainder"] == "1"
    sheet = await _start(house)
    assert await _submit(house, sheet, 9) == "closed"
    assert (await floor.lines(await floor.order({SKU: 1})))[0]["remainder"] == "0"
    await house.post(f"/stocktakes/{begun['id']}/close", {}, "lead1")


async def test_counts_are_the_houses(house: House, api: Api):
    """A tenant finds none, and a leader of another site neither."""
    await house.goods.stock(quantity=1)
    sheet = await _start(house)
    assert (await house.ask("GET", f"/counts/{sheet['id']}", who="elsewhere")).status_code == 404
    assert await house.refused(f"/counts/{sheet['id']}/cancel", OK, "elsewhere") == "not_found"
    assert (
        await house.refused("/counts/start", {"site": house.goods.site, "location": "T-01-01"}, "viewer")
        == "not_allowed"
    )
    await house.post(f"/counts/{sheet['id']}/cancel", OK, "lead1")
    assert await house.refused(f"/counts/{sheet['id']}/cancel", OK, "lead1") == "count_closed"
