"""Orders, allocation and their release over HTTP (capability rows 7, 10, 14, 16, 34, 50)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.stock.reserve import Want, reserve

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU = "FUNGUS-250"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
def floor(api: Api, db: Database) -> Floor:
    return Floor(api, Goods(db))


async def test_twenty_clients_who_want_one_of_ten_get_exactly_ten(floor: Floor):
    """Row 14: nothing is promised twice, nobody is turned away by an error, and who gets nothing keeps an honest remainder."""
    key = await floor.goods.stock(quantity=10)
    ids = [await floor.order({SKU: 1}, release=False) for _ in range(20)]
    answers = await asyncio.gather(*(floor.ask(f"/orders/{id}/release") for id in ids))
    assert [one.status_code for one in answers] == [200] * 20
    reserved = [Decimal(one.json()["reserved"]) for one in answers]
    assert sum(reserved) == 10
    assert all(Decimal(one.json()["remainder"]) == 1 - got for one, got in zip(answers, reserved, strict=True))
    assert await floor.goods.balance(key) == (10, 10, 0)


async def test_twenty_clients_at_ten_rows_empty_all_ten(floor: Floor):
    """Row 14: who is outrun at the first bin finds another one inside the same request."""
    for number in range(10):
        await floor.goods.stock(place=f"T-02-{number:02}", quantity=1)
    ids = [await floor.order({SKU: 1}, release=False) for _ in range(20)]
    answers = await asyncio.gather(*(floor.ask(f"/orders/{id}/release") for id in ids))
    assert [one.status_code for one in answers] == [200] * 20
    assert sorted(one.json()["state"] for one in answers) == ["allocated"] * 10 + ["released"] * 10


async def test_the_earliest_expiry_goes_first_and_the_expired_lot_never(floor: Floor):
    """Row 7: FEFO across bins, through the database's own dates."""
    goods, today = floor.goods, datetime.now(UTC).date()
    item = await goods.item(SKU)
    for name, days in (("late", 90), ("gone", -2), ("early", 20)):
        lot = await goods.lot(item, name, today + timedelta(days))
        await goods.bring(await goods.key(await goods.place(f"T-{name}"), item, lot_id=lot), 5)
    id = await floor.order({SKU: 12})
    assert {one["lot_no"]: one["quantity"] for one in await floor.picks(id)} == {"early": "5", "late": "5"}
    one_more = await floor.order({SKU: 1})
    assert await floor.picks(one_more) == []
    await floor.post(f"/orders/{id}/cancel", {"reason": "to see the order in which lots go"})
    await floor.post(f"/orders/{one_more}/allocate")
    assert [one["lot_no"] for one in await floor.picks(one_more)] == ["early"]
    await goods.bring(await goods.key(await goods.place("T-early"), item, lot_id=goods.lots["early"]), 5)
    fresh = await floor.order({SKU: 1}, min_remaining_days=30)
    assert [one["lot_no"] for one in await floor.picks(fresh)] == ["late"], "twenty days are not thirty"


async def test_unpaid_goods_never_fill_an_order_for_paid_ones(floor: Floor):
    """Row 34: the same article in one bin, once with duty paid and once not, is never allocated together."""
    goods = floor.goods
    item, place = await goods.item(SKU), await goods.place()
    await goods.bring(await goods.key(place, item, customs_status="free"), 3)
    await goods.bring(await goods.key(place, item, customs_status="duty_unpaid"), 3)
    body = await floor.body({})
    for status in ("free", "duty_unpaid"):
        line = {"sku": SKU, "quantity": "6", "customs_status": status}
        made = await floor.post("/orders", body | {"reference": status, "lines": [line]})
        answer = await floor.post(f"/orders/{made['id']}/release")
        assert (answer["reserved"], answer["remainder"], answer["state"]) == ("3", "3", "partly_allocated")


async def test_neither_docks_nor_damaged_nor_held_goods_are_promised(floor: Floor):
    """Row 3: goods at the dock are not pickable; nor are damaged ones, those of another owner, or those on hold."""
    goods = floor.goods
    item = await goods.item(SKU)
    await goods.stock(place="T-DOCK", quantity=0.5)
    dock = await goods.place("T-D", "dock")
    await goods.bring(await goods.key(dock, item), 5)
    await goods.bring(await goods.key(await goods.place("T-X"), item, condition="damaged"), 5)
    await goods.bring(await goods.key(await goods.place("T-Y"), item, owner_id=await goods.party("OTHER")), 5)
    off = await goods.place("T-OFF", enabled=False)
    await goods.bring(await goods.key(off, item), 5)
    id = await floor.order({SKU: 5})
    [line] = await floor.lines(id)
    assert line["reserved"] == "0.5"


async def test_an_import_repeated_makes_one_order(floor: Floor):
    """Row 50: the owner's reference names one order; the same content is the same order, another content is refused."""
    await floor.goods.item(SKU)
    body = await floor.body({SKU: 2})
    first, again = [await floor.post("/orders", body) for _ in range(2)]
    assert first["id"] == again["id"]
    assert await floor.refused("/orders", body | {"customer": "SOMEBODY"}) == "reference_reused"
    keyed = await floor.body({SKU: 2})
    answers = await asyncio.gather(*(floor.ask("/orders", keyed, key="import-0001") for _ in range(10)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["id"] for one in answers}) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"site": "NO-SITE"}, "unknown_site"),
        ({"lines": [{"sku": "nothing", "quantity": "1"}]}, "unknown_item"),
        ({"lines": [{"sku": SKU, "quantity": "1", "lot_no": "no"}]}, "unknown_lot"),
        ({"lines": [{"sku": SKU, "quantity": "0"}]}, "invalid_request"),
        ({"lines": [{"quantity": "1"}]}, "invalid_request"),
        ({"owner_id": "00000000-0000-0000-0000-000000000009"}, "not_found"),
    ],
)
async def test_what_is_wrong_with_an_order_is_named(floor: Floor, change: dict[str, object], code: str):
    await floor.goods.item(SKU)
    assert await floor.refused("/orders", await floor.body({SKU: 1}) | change) == code


async def test_the_remainder_is_served_when_stock_arrives(floor: Floor):
    """A backorder is no new order: the same lines get what comes later, the most urgent order first."""
    await floor.goods.stock(quantity=3)
    soon = datetime.now(UTC) + timedelta(hours=1)
    late = await floor.order({SKU: 5}, cut_off_at=(soon + timedelta(hours=5)).isoformat())
    urgent = await floor.order({SKU: 5}, cut_off_at=soon.isoformat())
    await floor.goods.stock(quantity=5)
    answers = await floor.post("/orders/allocate-open", {"site": floor.goods.site})
    by_id = {one["id"]: one for one in answers}
    assert by_id[urgent]["state"] == "allocated"
    assert (by_id[late]["reserved"], by_id[late]["remainder"]) == ("3", "2")
    await floor.goods.stock(quantity=2)
    assert (await floor.post(f"/orders/{late}/allocate"))["state"] == "allocated"


async def test_what_was_staged_for_a_line_becomes_its_pick(floor: Floor):
    """Row 21: a missing line waits in a lane; what receiving reserved there is picked there, the surplus is everybody's."""
    goods = floor.goods
    item, lane = await goods.item(SKU), await goods.place("T-LANE", "staging")
    id = await floor.order({SKU: 4})
    assert await floor.refused(f"/orders/{id}/cross-dock", {"lane": "T-NONE"}) == "unknown_location"
    for lines in (1, 0):
        assert (await floor.post(f"/orders/{id}/cross-dock", {"lane": "T-LANE"}))["lines"] == lines
    key = await goods.key(lane, item)
    await goods.bring(key, 5)

    async def stage(tx: Tx, _: None) -> None:
        line_id = await tx.conn.scalar(sa.text("SELECT id FROM outbound_line"))
        await reserve(tx, [Want(key.id, line_id, Decimal(5))])

    await goods.db.run(stage, None, actor=SYSTEM)
    assert (await floor.post(f"/orders/{id}/allocate"))["state"] == "allocated"
    assert await goods.balance(key) == (5, 4, 0)
    [one] = await floor.picks(id)
    assert (one["location"], one["quantity"]) == ("T-LANE", "4")
    await floor.pick_all(id, "TOTE-1")
    assert (await floor.post(f"/orders/{id}/allocate"))["remainder"] == "0"


async def test_the_nearest_cut_off_is_released_first(floor: Floor):
    """Row 16: an order that comes five minutes before its cut-off overtakes those that wait for later ones."""
    await floor.goods.stock(quantity=1)
    now = datetime.now(UTC)
    cut_offs = {"later": now + timedelta(hours=3), "soon": now + timedelta(minutes=5), "none": None}
    ids = {}
    for name, cut_off in cut_offs.items():
        more = {"cut_off_at": cut_off.isoformat()} if cut_off else {"priority": 9}
        ids[name] = await floor.order({SKU: 1}, release=False, **more)
    [first] = await floor.post("/orders/release-due", {"site": floor.goods.site, "limit": 1})
    assert (first["id"], first["state"]) == (ids["soon"], "allocated")
    until = (now + timedelta(hours=4)).isoformat()
    rest = await floor.post("/orders/release-due", {"site": floor.goods.site, "until": until})
    assert [one["id"] for one in rest] == [ids["later"]]


async def test_cancelling_gives_everything_back(floor: Floor):
    key = await floor.goods.stock(quantity=10)
    id = await floor.order({SKU: 4})
    assert await floor.goods.balance(key) == (10, 4, 0)
    assert (await floor.post(f"/orders/{id}/cancel", {"reason": "by the owner"}))["state"] == "cancelled"
    assert await floor.goods.balance(key) == (10, 0, 0)
    assert await floor.refused(f"/orders/{id}/cancel", {"reason": "twice"}) == "order_ended"
    assert await floor.refused(f"/orders/{id}/allocate") == "order_not_released"


async def test_a_tenant_finds_nothing_of_another(floor: Floor, api: Api, db: Database):
    """Row 10: another owner's order is not there, by any endpoint, nor are the house's waves, lists and loads."""
    await floor.goods.stock(quantity=9)
    other = await floor.goods.party("OTHER")
    await sign_in(api, db, "tenant", "administrator", owners=[other])
    await sign_in(api, db, "stranger", "administrator", sites=["MLX-S"])
    id = await floor.order({SKU: 1})
    [one] = await floor.picks(id)
    body = {"carrier": "X", "site": floor.goods.site, "name": "T1", "dock": "D"}
    scans = Floor.scans(one, "T")
    for who in ("tenant", "stranger"):
        for path in ("", "/lines", "/picks", "/packages", "/cartons"):
            assert (await api.get(f"/api/v1/orders/{id}{path}", who)).status_code == 404
        assert (await floor.get("/orders", who))["items"] == []
        for path, sent in (
            *((f"/orders/{id}/{verb}", {}) for verb in ("release", "allocate", "ship-all", "undo-pick", "packages")),
            (f"/orders/{id}/cancel", {"reason": "not mine"}),
            (f"/orders/{id}/customs-release", {"release_ref": "R"}),
            (f"/picks/{one['id']}/confirm", scans),
            (f"/picks/{one['id']}/short", None),
            ("/loads", body),
            ("/waves", {"site": floor.goods.site, "name": "W"}),
            ("/pick-lists", {"site": floor.goods.site, "order_ids": [id]}),
        ):
            answer = await floor.ask(path, sent, who)
            assert answer.status_code == 404, (path, answer.text)
    mine = await floor.body({SKU: 1}, owner_id=str(other))
    assert (await floor.ask("/orders", mine, "tenant")).status_code == 201


async def test_orders_are_read_page_by_page(floor: Floor):
    await floor.goods.item(SKU)
    ids = [await floor.order({SKU: 1}, release=False) for _ in range(5)]
    seen: list[str] = []
    after = {}
    while True:
        page = await floor.get("/orders", limit=2, state="new", **after)
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == ids[::-1]
    assert (await floor.api.get("/api/v1/orders", after="nonsense")).status_code == 422
