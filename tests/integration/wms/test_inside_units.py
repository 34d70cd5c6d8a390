"""Units by hand over HTTP (capability rows 11 and 12)."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.api import Api, open_api
from tests.support.goods import Goods
from tests.support.house import House
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.standards.gs1 import check_key
from wms.stock.place_hold import PlaceHold, place_hold

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SKU = "FUNGUS-250"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
async def house(api: Api, db: Database) -> House:
    opened = await House(api, Goods(db)).open()
    for number in (1, 2, 3):
        await opened.goods.place(f"T-01-0{number}")
    return opened


async def _unit(house: House, place: str = "T-01-01", who: str = "anna", **body: Any) -> str:
    made = await house.post("/units", {"site": house.goods.site, "place": place, "kind": "pallet"} | body, who)
    return str(made["code"])


async def _filled(house: House, quantity: int = 10, place: str = "T-01-01", **dimensions: Any) -> str:
    code = await _unit(house, place)
    tree = await house.get(f"/units/{code}")
    item = await house.goods.item(SKU)
    await house.goods.bring(await house.goods.key(tree["id"], item, **dimensions), quantity)
    return code


async def test_a_pallet_of_three_levels_moves_by_one_scan(house: House):
    """Row 11: one scan moves the pallet, the case on it and the tote in that; minted SSCCs are right and never given twice."""
    pallet = await _unit(house)
    case = await _unit(house, pallet, kind="case")
    tote = await _filled(house, place=case)
    codes = [pallet, case, tote, *[await _unit(house) for _ in range(3)]]
    assert len(set(codes)) == 6
    assert [check_key(code, "sscc") for code in codes] == [None] * 6
    site = house.goods.site
    await house.post("/units/move", {"site": site, "unit": f"00{pallet}", "to": "T-01-02"}, "anna")
    tree = await house.get(f"/units/{pallet}")
    assert (tree["location"], tree["units"][0]["units"][0]["goods"][0]["quantity"]) == ("T-01-02", "10")
    assert tree["sums"] == [{"sku": SKU, "owner": "FUNGI", "quantity": "10"}]
    assert (await house.get(f"/units/{tote}"))["location"] == "T-01-02"
    assert await house.refused("/units/move", {"site": site, "unit": pallet, "to": case}) == "unit_in_itself"
    assert await house.refused("/units/move", {"site": site, "unit": pallet, "to": "T-01-02"}) == "already_there"
    assert [fact["data"]["to"] for fact in await house.facts("unit.moved")] == ["T-01-02"]


async def test_a_split_keeps_the_sum(house: House):
    """Row 12: what is not there cannot be split off, what is reserved or held with its unit stays in it."""
    code, site = await _filled(house), house.goods.site
    body = {"site": site, "unit": code, "lines": [{"sku": SKU, "quantity": "4"}], "into": {"kind": "case"}}
    made = await house.post("/units/split", body, "anna")
    assert await house.on_hand(SKU) == {code: 6, made["unit"]["code"]: 4}
    assert (
        await house.refused("/units/split", body | {"lines": [{"sku": SKU, "quantity": "6.5"}]}) == "insufficient_stock"
    )
    assert await house.refused("/units/split", body | {"lines": [{"sku": "NO", "quantity": "1"}]}) == "unknown_goods"
    found = await house.get(f"/units/{code}")
    hold = PlaceHold(unit_id=found["id"], reason="quality", note="wet")
    admin = SYSTEM.__class__(SYSTEM.id, "q", "q", frozenset({"hold.write"}), None)
    await house.goods.db.run(place_hold, hold, actor=admin)
    assert await house.refused("/units/split", body) == "on_hold"


async def test_goods_that_could_be_two_are_asked_for(house: House):
    """Two owners' goods of one article in one unit are never guessed at."""
    code = await _filled(house)
    tree = await house.get(f"/units/{code}")
    await house.goods.bring(
        await house.goods.key(tree["id"], await house.goods.item(SKU), owner_id=await house.goods.party("CRAB")), 5
    )
    body = {"site": house.goods.site, "unit": code, "lines": [{"sku": SKU, "quantity": "1"}]}
    assert await house.refused("/units/split", body) == "ambiguous_goods"
    mine = next(row for row in (await house.get(f"/units/{code}"))["goods"] if row["owner"] == "CRAB")
    made = await house.post("/units/split", body | {"lines": [{"stock_id": mine["stock_id"], "quantity": "1"}]})
    assert (await house.get(f"/units/{made['unit']['code']}"))["sums"] == [
        {"sku": SKU, "owner": "CRAB", "quantity": "1"}
    ]


async def test_merged_units_are_one_and_leave_no_ghost(house: House):
    """Row 12: goods and inner units go over; the empty pallet is gone, a tote stays."""
    site = house.goods.site
    first, second = await _filled(house), await _filled(house, 5, "T-01-02")
    inner = await _filled(house, 2, first)
    body = {"site": site, "source": first, "target": second}
    assert await house.refused("/units/merge", body | {"target": inner}) == "unit_in_itself"
    merged = await house.post("/units/merge", body, "anna")
    assert merged["retired"] == [first]
    tree = await house.get(f"/units/{second}")
    assert (tree["sums"][0]["quantity"], tree["units"][0]["sscc"]) == ("17", inner)
    assert (await house.ask("GET", f"/units/{first}")).status_code == 404
    tote = await _unit(house, kind="tote", label="TOTE-9")
    repacked = {"site": site, "takes": [{"unit": second, "lines": [{"sku": SKU, "quantity": "3"}]}], "target": tote}
    await house.post("/units/repack", repacked)
    back = {"site": site, "takes": [{"unit": tote, "lines": [{"sku": SKU, "quantity": "3"}]}], "target": second}
    assert (await house.post("/units/repack", back))["retired"] == []
    assert (await house.get(f"/units/{tote}"))["sums"] == []


async def test_an_old_label_leads_to_the_unit(house: House):
    """Row 12: whoever scans the label that came off is told what the unit is called now; no number is given twice."""
    code, site = await _filled(house), house.goods.site
    done = await house.post("/units/relabel", {"site": site, "unit": code, "reason": "torn"}, "anna")
    old = await house.get(f"/units/{code}")
    assert (old["relabelled_from"], old["sscc"], old["sums"][0]["quantity"]) == (code, done["code"], "10")
    assert (await house.get(f"/units/{done['code']}"))["relabelled_from"] is None
    assert await house.refused("/units/move", {"site": site, "unit": code, "to": "T-01-02"}) == "unit_relabelled"
    other = await _unit(house)
    again = {"site": site, "unit": other, "label": code, "reason": "found the old roll"}
    assert await house.refused("/units/relabel", again) == "code_exists"
    named = await house.post("/units/relabel", {"site": site, "unit": done["code"], "label": "PAL-7", "reason": "own"})
    assert (await house.get(f"/units/{code}"))["label"] == named["code"] == "PAL-7"
    history = await house.items("/units/PAL-7/history")
    assert [one["kind"] for one in history] == ["relabelled", "relabelled", "goods", "moved"]
    pages = await house.get("/units/PAL-7/history", limit=1)
    seen = [*pages["items"]]
    while pages["next"]:
        pages = await house.get("/units/PAL-7/history", limit=1, after=pages["next"])
        seen += pages["items"]
    assert seen == history


async def test_a_relocation_is_asked_once_and_carried(house: House):
    """One task for the same goods, ticked off only where they were asked for."""
    code, site = await _filled(house), house.goods.site
    body = {"site": site, "unit": code, "to": "T-01-03", "reason": "make room"}
    asked = await house.post("/relocations", body, "lead1")
    assert await house.refused("/relocations", body) == "relocation_waiting"
    path = f"/relocations/{asked['task_id']}/confirm"
    assert await house.refused(path, {"to": "T-01-02"}, "anna") == "wrong_location"
    await house.post(path, {"to": "T-01-03"}, "anna")
    assert (await house.get(f"/units/{code}"))["location"] == "T-01-03"
    assert await house.refused(path, {"to": "T-01-03"}, "anna") == "task_closed"
    key = await house.goods.stock(quantity=8)
    loose = {"site": site, "stock_id": str(key.id), "quantity": "3", "to": "T-01-02", "reason": "nearer"}
    asked = await house.post("/relocations", loose)
    await house.post(f"/relocations/{asked['task_id']}/confirm", {"to": "T-01-02"}, "anna")
    assert await house.on_hand(SKU) == {code: 10, "T-01-01": 5, "T-01-02": 3}


async def test_a_stranger_finds_no_unit(house: House):
    """A unit of another site, or one with another owner's goods in it, is not there."""
    code = await _filled(house)
    assert (await house.ask("GET", f"/units/{code}", who="elsewhere")).status_code == 404
    body = {"site": house.goods.site, "unit": code, "to": "T-01-02"}
    assert await house.refused("/units/move", body, "elsewhere") == "not_found"


_STEP = st.tuples(
    st.sampled_from(["split", "merge", "repack"]), st.integers(0, 9), st.integers(0, 9), st.integers(1, 7)
)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(steps=st.lists(_STEP, min_size=4, max_size=8))
def test_whatever_is_rebuilt_the_sum_stays(database_url: str, steps: list[tuple[str, int, int, int]]):
    """Row 12: any sequence of splits, merges and repacks, also refused ones, keeps the sum of every article and lot."""
    asyncio.run(_rebuild(database_url, steps))


async def _rebuild(database_url: str, steps: list[tuple[str, int, int, int]]) -> None:
    from wms.command.refusals import CONSTRAINTS
    from wms.inside.make_unit import MakeUnit, make_unit
    from wms.inside.rebuild_units import MergeUnits, RepackUnits, SplitUnit, merge_units, repack_units, split_unit
    from wms.kit.actor import Actor
    from wms.kit.refusal import Refusal

    db = Database(database_url, refusals=CONSTRAINTS)
    goods, who = Goods(db), Actor(SYSTEM.id, "anna", "picker", frozenset({"unit.work"}), None)
    await goods.party()
    site, prefix = goods.site, "9501101"
    place = f"P-{abs(hash(tuple(steps))) % 10**9}"
    at = await goods.place(place)
    item = await _known_item(db, goods)
    codes: list[str] = []
    for _ in range(3):
        made = await db.run(make_unit, MakeUnit(site=site, place=place, kind="case", company_prefix=prefix), actor=who)
        codes.append(made.code)
        await goods.bring(await goods.key(made.id, item), 10)
    for verb, one, other, quantity in steps:
        a, b = codes[one % len(codes)], codes[other % len(codes)]
        lines = [{"sku": "REBUILT", "quantity": quantity}]
        try:
            if verb == "split":
                command = SplitUnit(site=site, unit=a, lines=lines, company_prefix=prefix)
                codes.append((await db.run(split_unit, command, actor=who)).unit.code)
            elif verb == "merge":
                done = await db.run(merge_units, MergeUnits(site=site, source=a, target=b), actor=who)
                codes = [code for code in codes if code not in done.retired]
            else:
                takes = [{"unit": a, "lines": lines}]
                done = await db.run(
                    repack_units, RepackUnits(site=site, takes=takes, target=b, company_prefix=prefix), actor=who
                )
                codes = [code for code in codes if code not in done.retired]
        except Refusal as refusal:
            if refusal.code not in ("insufficient_stock", "unknown_goods", "unit_in_itself"):
                raise
    total, units = await _total(db, at, item)
    await db.close()
    assert total == 30
    assert units == len(codes)


async def _known_item(db: Database, goods: Goods) -> Any:
    import sqlalchemy as sa

    async with db.read() as conn:
        known = await conn.scalar(sa.text("SELECT id FROM trade_item WHERE sku = 'REBUILT'"))
    return known or await goods.item("REBUILT")


async def _total(db: Database, at: Any, item: Any) -> tuple[Decimal, int]:
    import sqlalchemy as sa

    async with db.read() as conn:
        query = (
            "SELECT sum(s.quantity), count(DISTINCT u.id) FROM unit u LEFT JOIN stock s ON s.place_id = u.id"
            " WHERE u.location_id = :at"
        )
        row = (await conn.execute(sa.text(query), {"at": at})).one()
        return row[0], row[1]
