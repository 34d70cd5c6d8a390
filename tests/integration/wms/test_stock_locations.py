"""Locations over HTTP (capability row 5, what the ledger is told)."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.api import Api, open_api
from tests.support.people import sign_in
from wms.kit.db import Database

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

PLAN = {"site": "UUD-O", "pattern": "A-{01..03}-{01..04}-{A..B}", "aisle_pitch_mm": 3000, "bay_pitch_mm": 1000}


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


async def _post(api: Api, path: str, body: dict[str, Any] | None = None, who: str = "admin") -> Any:
    return await api.client.post(f"/api/v1{path}", headers=api.as_(who), json=body or {})


async def _list(api: Api, who: str = "admin", **query: object) -> list[dict[str, Any]]:
    answer = await api.get("/api/v1/locations", who=who, limit=500, site="UUD-O", **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_hall_is_made_from_one_pattern_and_asked_again_adds_nothing(api: Api):
    """Names are on racks: the preview tells them, making them again changes none, and the walk has one order."""
    preview = (await _post(api, "/locations/preview", PLAN)).json()
    assert (preview["total"], preview["known"], preview["first"][0]) == (24, 0, "A-01-01-A")
    assert await _list(api, zone="A") == []
    assert (await _post(api, "/locations", PLAN)).json() == {"total": 24, "added": 24, "known": 0}
    assert (await _post(api, "/locations", PLAN)).json() == {"total": 24, "added": 0, "known": 24}
    found = {row["name"]: row for row in await _list(api, zone="A")}
    assert len(found) == 24
    walk = sorted(found.values(), key=lambda row: row["path_order"])
    assert [row["name"] for row in walk][7:9] == ["A-01-04-B", "A-02-04-A"]
    assert (found["A-03-04-B"]["x_mm"], found["A-03-04-B"]["y_mm"]) == (6000, 3000)


async def test_a_pattern_that_would_fill_the_database_is_refused(api: Api):
    """One slip in a range is a million bins; the count is told instead."""
    told = await _post(api, "/locations", PLAN | {"pattern": "A-{1..999}-{1..999}-{A..Z}"})
    assert (told.status_code, told.json()["code"]) == (422, "too_many_locations")
    told = await _post(api, "/locations/preview", PLAN | {"pattern": "A-{1..}"})
    assert (told.status_code, told.json()["code"]) == (422, "bad_pattern")


async def test_limits_change_and_the_name_does_not(api: Api):
    """What a bin takes is data; what its label says is the bin."""
    await _post(api, "/locations", PLAN)
    row = (await _list(api, name="A-01-01-A"))[0]
    path = f"/api/v1/locations/{row['id']}"
    change = {"temperature": "frozen", "max_weight_g": 500_000, "mixing": "one_item", "name": "B-1"}
    changed = (await api.client.patch(path, headers=api.as_("admin"), json=change)).json()
    assert (changed["name"], changed["temperature"], changed["max_weight_g"]) == ("A-01-01-A", "frozen", 500_000)
    changed = (await api.client.patch(path, headers=api.as_("admin"), json={"temperature": None})).json()
    assert (changed["temperature"], changed["mixing"]) == (None, "one_item")


async def test_a_disabled_location_says_so(api: Api):
    """A bent beam takes nothing more; putaway asks for enabled ones only."""
    await _post(api, "/locations", PLAN)
    row = (await _list(api, name="A-01-01-A"))[0]
    assert (await _post(api, f"/locations/{row['id']}/disable", {"reason": "beam bent"})).json()["enabled"] is False
    assert len(await _list(api, zone="A", enabled=True)) == 23
    assert (await _post(api, f"/locations/{row['id']}/enable")).json()["enabled"] is True


async def test_a_foreign_site_is_not_there(api: Api, db: Database):
    """Rights end at the site, also by id."""
    await _post(api, "/locations", PLAN)
    row = (await _list(api, zone="A"))[0]
    await sign_in(api, db, "local", "shift_leader", sites=["SFH-B"])
    assert (await api.get(f"/api/v1/locations/{row['id']}", who="local")).status_code == 404
    assert (await _post(api, f"/locations/{row['id']}/disable", {}, "local")).status_code == 404
    assert (await _post(api, "/locations", PLAN, "local")).status_code == 404
    assert (await api.get("/api/v1/locations", who="local", site="UUD-O")).status_code == 404
    everywhere = (await api.get("/api/v1/locations", who="local", limit=500)).json()["items"]
    assert {one["site"] for one in everywhere} <= {"SFH-B"}
    assert (await _list(api, zone="A", enabled=False)) == []


async def test_virtual_places_are_neither_listed_nor_changed(api: Api, db: Database):
    """`outside` is not a place to put a box, and disabling it would stop every receipt."""
    async with db.read() as conn:
        ids = [row.id for row in await conn.exec_driver_sql("SELECT id FROM location WHERE virtual OR kind = 'chute'")]
    assert ids
    assert (await _post(api, f"/locations/{ids[0]}/disable")).status_code == 404


async def test_how_full_a_zone_is(api: Api):
    """An empty hall is empty; a location tells what lies in it."""
    await _post(api, "/locations", PLAN)
    (zone,) = [one for one in (await api.get("/api/v1/locations/occupancy", site="UUD-O")).json() if one["zone"] == "A"]
    assert (zone["locations"], zone["occupied"], zone["empty"]) == (24, 0, 24)
    row = (await _list(api, zone="A", empty=True))[0]
    view = (await api.get(f"/api/v1/locations/{row['id']}")).json()
    assert view["occupancy"] == {"units": 0, "items": 0, "owners": 0, "quantity": "0", "weight_g": 0, "volume_mm3": 0}
