"""Scans over HTTP and their undoing: what moves, what is refused, and what went elsewhere in between."""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from tests.support.api import Api, open_api
from tests.support.goods import SITE, Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.clock import system_clock
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal
from wms.stock.move import Move, move_units
from wms.stock.move_stock import StockMove, move_stock
from wms.stock.names import Names
from wms.stock.tables import location
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

MOVE = {"owner": "FUNGI", "sku": "FUNGUS-250", "from": "T-01-01", "to": "T-01-02", "quantity": "5"}


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


@pytest.fixture
async def goods(db: Database) -> Goods:
    built = Goods(db)
    await built.stock()
    await built.place("T-01-02")
    return built


async def ask(api: Api, path: str, body: object, who: str = "admin") -> httpx.Response:
    return await api.client.post(f"/api/v1{path}", json=body, headers=api.as_(who))


async def scan(api: Api, **change: object) -> httpx.Response:
    return await ask(api, f"/sites/{SITE}/stock/moves", MOVE | change)


async def go(db: Database, unit: UUID, place: UUID) -> None:
    async def verb(tx: Tx, _: None) -> None:
        await move_units(tx, [Move(unit, place, tx.now, "move", tx.new_id())])

    await db.run(verb, None, actor=SYSTEM)


async def test_a_scan_from_before_the_calendar_is_refused(api: Api, goods: Goods):
    """An instant that PostgreSQL keeps and Python cannot read would make every list that shows it fail."""
    answer = await scan(api, happened_at="0001-01-01T00:00:00+14:00")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert (await api.get("/api/v1/stock")).status_code == 200


async def test_an_article_of_ones_own_takes_the_place_of_a_shared_one(db: Database, goods: Goods):
    """What a process remembers of a shared number must not move the wrong article after the owner got one of their own."""
    names, code = Names(), ("FUNGI", "FUNGUS-250")
    shared = (await names.items(db, {code}))[code]
    own = await Goods(db, parties=goods.parties).item(owner_id=await goods.party())
    now = system_clock()
    db.clock = lambda: now + timedelta(seconds=6)
    assert (await names.items(db, {code}))[code] == own != shared


async def test_a_unit_that_went_to_another_site_is_not_there(db: Database, goods: Goods):
    """Who may move goods at one site must not reach into a unit that left for another between its look-up and the posting."""
    far = await Goods(db, site="SFH-S").place("FAR-01")
    tote = await goods.unit(goods.places["T-01-01"], kind="tote", label="TOTE-1")

    class Late(Names):
        async def places(self, db: Database, site_code: str, codes: set[str]) -> dict[str, str]:
            found = await super().places(db, site_code, codes)
            await go(db, tote, far)
            return found

    move = StockMove.model_validate(MOVE | {"to": "TOTE-1"})
    with pytest.raises(Refusal) as caught:
        await move_stock(db, Late(), SITE, [move], SYSTEM, None, b"")
    assert caught.value.code == "unit_elsewhere"


async def test_nothing_is_moved_into_a_place_that_is_closed(api: Api, db: Database, goods: Goods):
    """A bay is closed because its beam is bent or its floor is wet; what lies there may still be taken out."""
    await scan(api)
    async with db.engine.begin() as conn:
        await conn.execute(location.update().where(location.c.name == MOVE["to"]).values(enabled=False))
    refused = await scan(api)
    assert (refused.status_code, refused.json()["code"]) == (409, "location_disabled")
    out = {"from": MOVE["to"], "to": MOVE["from"]}
    assert (await scan(api, **out)).status_code == 201


async def test_nothing_is_put_into_a_unit_that_left(api: Api, db: Database, goods: Goods):
    """What lies in a unit outside is lost to the ledger, so an undone scan does not put goods back into a tote that is gone."""
    tote = await goods.unit(goods.places["T-01-01"], kind="tote", label="TOTE-1")
    await scan(api, to="TOTE-1")
    out = (await scan(api, **{"from": "TOTE-1"})).json()["posting_id"]

    async def outside(tx: Tx, _: None) -> UUID:
        return await virtual_location(tx, SITE, "outside")

    await go(db, tote, await db.run(outside, None, actor=SYSTEM))
    answer = await ask(api, "/stock/reversals", {"posting_id": out, "reason": "slip"})
    assert (answer.status_code, answer.json()["code"]) == (409, "unit_elsewhere")


async def test_a_scan_is_not_undone_from_another_site(api: Api, db: Database, goods: Goods):
    """When the unit travelled meanwhile, its goods must not jump back to where they came from without travelling."""
    tote = await goods.unit(goods.places["T-01-01"], kind="tote", label="TOTE-1")
    posting = (await scan(api, to="TOTE-1")).json()["posting_id"]
    await go(db, tote, await Goods(db, site="SFH-S").place("FAR-01"))
    for who in ("admin", "leader"):
        answer = await ask(api, "/stock/reversals", {"posting_id": posting, "reason": "slip"}, who)
        assert answer.json()["code"] == "not_reversible", who


async def test_what_customs_said_is_undone_by_who_may_say_it(api: Api, db: Database, goods: Goods):
    """A leader who corrects stock must not free what an officer detained by undoing the officer's posting."""
    await sign_in(api, db, "corrector", "shift_leader")
    key = await goods.key(goods.places["T-01-01"], goods.items["FUNGUS-250"])
    change = {"stock_id": str(key.id), "quantity": "5", "customs_status": "detained", "reason": "x", "reference": "D-1"}
    posting = (await ask(api, "/stock/status-changes", change, "officer")).json()["posting_id"]
    undo = {"posting_id": posting, "reason": "slip"}
    assert (await ask(api, "/stock/reversals", undo, "corrector")).json()["code"] == "not_allowed"
    assert (await ask(api, "/stock/reversals", undo, "officer")).status_code == 201


async def test_who_holds_a_place_may_release_it(api: Api, db: Database):
    """A leader of one site who held a bin there must not need the whole house to release it; another site's finds nothing."""
    bin = await Goods(db, site="SFH-S").place("H-01")
    body = {"location_id": str(bin), "reason": "quality", "note": "spill"}
    id = (await ask(api, "/holds", body, "leader")).json()["id"]
    assert (await ask(api, f"/holds/{id}/release", {"note": "dry"}, "elsewhere")).status_code == 404
    assert (await ask(api, f"/holds/{id}/release", {"note": "dry"}, "leader")).status_code == 200
