"""Rights end at the site, on every route, also where a record does not name one."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.support.api import PASSWORD, Api, open_api
from tests.support.line_events import LINE
from wms.access.add_person import AddPerson, add_person
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.inbox import parked

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

HEADER = "waybill_no,destination,service,weight_g,pieces,goods\n"
NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


async def _execute(database_url: str, *statements: sa.Executable | str) -> None:
    db = Database(database_url)
    async with db.engine.begin() as conn:
        for statement in statements:
            await conn.execute(sa.text(statement) if isinstance(statement, str) else statement)
    await db.close()


async def _sign_in(api: Api, database_url: str, name: str, role: str, sites: list[str] | None) -> None:
    db = Database(database_url)
    await db.run(add_person, AddPerson(name=name, password=PASSWORD, role=role, sites=sites), actor=SYSTEM)
    await db.close()
    api.tokens[name] = (await api.client.post("/api/v1/sessions", json={"name": name, "password": PASSWORD})).json()[
        "token"
    ]


def _parked(topic: str) -> sa.Executable:
    return parked.insert().values(
        topic=topic, payload=b"{", size_bytes=1, code="not_json", detail="", digest=uuid4().hex, times=1, at=NOW
    )


async def test_parked_messages_are_read_by_the_people_of_their_site(api: Api, database_url: str):
    """What a machine said may be a waybill number; a technician elsewhere has no business with it."""
    topics = ["kouan/v1/sfh-s/hall/s1/x/evt/scan", "kouan/v1/mlx-s/hall/s1/x/evt/scan", "rubbish"]
    await _execute(database_url, *(_parked(topic) for topic in topics))
    assert [row["topic"] for row in (await api.get("/api/v1/parked", who="tech")).json()] == topics[:1]
    assert [row["topic"] for row in (await api.get("/api/v1/parked", who="elsewhere")).json()] == topics[1:2]
    assert len((await api.get("/api/v1/parked", who="auditor")).json()) == 3


async def test_an_alarm_is_acknowledged_at_its_own_site(api: Api, database_url: str):
    """Also the alarm of a gateway or of a line nobody has set up: its address says where it is."""
    for device in (LINE, f"{LINE}/sorter", "sfh-s/_gw/gw1", "sfh-s/hall/new/sorter"):
        id = uuid4()
        insert = f"INSERT INTO alarm (id, device, code, params, at, times) VALUES ('{id}', '{device}', 'x', '{{}}', now(), 1)"
        await _execute(database_url, insert)
        told = await api.client.post(f"/api/v1/alarms/{id}/acknowledge", headers=api.as_("elsewhere"))
        assert (told.status_code, told.json()["code"]) == (404, "not_found"), device
        told = await api.client.post(f"/api/v1/alarms/{id}/acknowledge", headers=api.as_("tech"))
        assert told.status_code == 204, device


async def test_a_line_shows_its_own_alarms(api: Api, database_url: str):
    """S10 is not S1, and an underscore is not any letter."""
    devices = ["sfh-s/hall/s1", "sfh-s/hall/s1/sorter", "sfh-s/_gw/gw1", "sfh-s/hall/s10/sorter", "sfh-s/xgw/a/b"]
    for device in devices:
        await _execute(
            database_url,
            f"INSERT INTO alarm (id, device, code, params, at, times) VALUES ('{uuid4()}', '{device}', 'x', '{{}}', now(), 1)",
        )
    shown = (await api.get(f"/api/v1/lines/{LINE}")).json()["alarms"]
    assert sorted(alarm["device"] for alarm in shown) == sorted(devices[:3])


async def test_an_administrator_of_one_site_makes_nobody_greater(api: Api, database_url: str):
    """Else the rights of one site would be one request away from those of every site."""
    await _sign_in(api, database_url, "local", "administrator", ["SFH-S"])
    body = {"name": "puppet", "password": "a long enough password", "role": "administrator"}
    for sites in (None, ["MLX-S"], ["SFH-S", "MLX-S"]):
        told = await api.client.post("/api/v1/people", headers=api.as_("local"), json=body | {"sites": sites})
        assert (told.status_code, told.json()["field"]) == (422, "sites"), sites
    told = await api.client.post("/api/v1/people", headers=api.as_("local"), json=body | {"sites": ["SFH-S"]})
    assert told.status_code == 201
    seen = {row["name"] for row in (await api.get("/api/v1/people", who="local")).json()}
    assert seen == {"local", "puppet", "leader", "receiver", "tech"}


async def test_a_kept_answer_says_nothing_of_a_password(api: Api, database_url: str):
    """A quick digest over name and password would undo the slow one that guards it."""
    body = {"name": "keyed", "password": "a long enough password", "role": "receiver"}
    headers = api.as_("admin") | {"Idempotency-Key": "key-00000001"}
    first = await api.client.post("/api/v1/people", headers=headers, json=body)
    again = await api.client.post("/api/v1/people", headers=headers, json=body | {"password": "another one at all"})
    assert (first.status_code, again.text) == (201, first.text)
    assert "password" not in AddPerson(**body).model_dump_json()
    assert "a long enough" not in repr(AddPerson(**body))


async def test_pages_of_a_manifest_leave_nothing_out(api: Api):
    """A whole manifest has one time; the pages go through all of it, each parcel once."""
    codes = {f"SF10000000{n:05d}" for n in range(25)}
    await api.announce("m.csv", (HEADER + "".join(f"{code},MOW,EXP,100,1,Tea\n" for code in codes)).encode())
    seen: list[str] = []
    query: dict[str, object] = {"site": "SFH-S", "state": "announced", "limit": 7}
    while page := (await api.get("/api/v1/parcels", **query)).json():
        seen += [row["waybill_no"] for row in page]
        query |= {"before": page[-1]["state_at"], "before_id": page[-1]["id"]}
    assert len(seen) == 25
    assert set(seen) == codes


async def test_a_stream_ends_with_its_sign_in_and_leaves_no_watcher(api: Api, monkeypatch: pytest.MonkeyPatch):
    """A screen left on overnight must not read on after its token was given back; what it used is freed."""
    from datetime import timedelta

    from starlette.requests import Request

    from wms.access.api import current_actor
    from wms.boards import api as boards

    monkeypatch.setattr(boards, "_TOKEN_CHECKED_EVERY", timedelta(0))
    monkeypatch.setattr("wms.boards.watch_line._LONGEST_S", 0.01)
    monkeypatch.setattr("wms.boards.watch_line._SHORTEST_S", 0.01)
    app = api.client._transport.app  # type: ignore[attr-defined] # httpx keeps the application there
    headers = [(b"authorization", api.as_("tech")["Authorization"].encode())]
    request = Request({"type": "http", "headers": headers, "app": app, "method": "GET", "path": "/"})
    held, watch = app.state.services, app.state.line_watch
    who = await current_actor(request)
    answer = await boards.get_line_live(*LINE.split("/"), request, held, who)
    chunks = answer.body_iterator.__aiter__()
    for _ in range(3):
        assert (await anext(chunks)).startswith(b"event: line\n")
    await api.client.delete("/api/v1/sessions/current", headers=api.as_("tech"))
    async with asyncio.timeout(5):
        async for chunk in chunks:
            assert chunk.startswith(b"event: line\n")
    assert watch._watchers == {LINE: set()}
    assert watch._loops == {}


async def test_a_client_that_goes_leaves_no_watcher(api: Api, monkeypatch: pytest.MonkeyPatch):
    """Browsers close tabs without a word, also in the middle of a picture."""
    monkeypatch.setattr("wms.boards.watch_line._LONGEST_S", 0.01)
    watch = api.client._transport.app.state.line_watch  # type: ignore[attr-defined] # httpx keeps the application there
    for pictures in (1, 2, 3):
        views = watch.views(LINE)
        for _ in range(pictures):
            await anext(views)
        await views.aclose()
    waiting = [asyncio.ensure_future(anext(views)) for views in (watch.views(LINE), watch.views(LINE))]
    await asyncio.gather(*waiting)
    assert {path: watchers for path, watchers in watch._watchers.items() if watchers} == {}
    assert watch._loops == {}


async def test_a_foreign_record_and_no_record_are_told_alike(api: Api):
    """A different code for each would let a stranger ask what there is."""
    data = HEADER + "RA473124829CN,MOW,EXP,1200,1,Tea\n"
    there = (await api.announce("m.csv", data.encode())).json()["manifest_id"]
    found = (await api.get("/api/v1/codes/RA473124829CN")).json()["id"]
    plan = (await api.get(f"/api/v1/lines/{LINE}/plan")).json()
    body = {name: plan[name] for name in ("max_passes", "rules", "roles")} | {"based_on": plan["version"]}
    hold = {"hold": True, "note": "x"}
    nothing, nowhere = str(uuid4()), "mlx-s/hall/s9"
    cases = [
        ("GET", "parcels/{}", None, found, nothing),
        ("POST", "parcels/{}/hold", hold, found, nothing),
        ("GET", "manifests/{}", None, there, nothing),
        ("GET", "codes/{}", None, "RA473124829CN", "CP123456785CN"),
        ("GET", "lines/{}", None, LINE, nowhere),
        ("GET", "lines/{}/live", None, LINE, nowhere),
        ("GET", "lines/{}/plan", None, LINE, nowhere),
        ("PUT", "lines/{}/plan", body, LINE, nowhere),
    ]
    for who in ("elsewhere", "viewer"):
        for method, path, content, foreign, absent in cases:
            told = []
            for one in (foreign, absent):
                url = f"/api/v1/{path.format(one)}"
                answer = await api.client.request(method, url, headers=api.as_(who), json=content)
                told.append((answer.status_code, answer.text.replace(one, "…")))
            assert told[0] == told[1], (who, path)
            assert told[0][0] == (404 if who == "elsewhere" else 403), (who, path, told)
