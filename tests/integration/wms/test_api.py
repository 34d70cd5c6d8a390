"""The API's laws: nobody without a token, nobody beyond rights and sites, every refusal a code, every repeat harmless."""

import json
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from tests.support.api import PASSWORD, PEOPLE, Api, open_api
from tests.support.line_events import LINE
from wms.access.audit import find_broken_entries
from wms.access.rights import ROLES
from wms.kit.db import Database
from wms.kit.refusal import REFUSALS

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

HEADER = "waybill_no,destination,service,weight_g,pieces,goods,hs_code,consignee_name,consignee_phone\n"
GOOD = HEADER + "RA473124829CN,MOW,EXP,1200,1,Dried black fungus,071232,Ольга Выдуманная,+79990001122\n"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


def _routes(api: Api) -> list[tuple[str, str]]:
    document = api.client._transport.app.openapi()  # type: ignore[attr-defined] # httpx keeps the application there
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def _fill(path: str) -> str:
    nothing = "00000000-0000-7000-8000-000000000000"
    site, area, name = LINE.split("/")
    values = {"{id}": nothing, "{site_name}": site, "{area}": area, "{name}": name, "{code}": "RA473124829CN"}
    for key, value in values.items():
        path = path.replace(key, value)
    return path


async def test_nobody_reads_or_writes_without_a_token(api: Api):
    """Every route but signing in answers 401 to a request without a token, and to one with a wrong token."""
    for method, path in _routes(api):
        if method == "POST" and path in ("/api/v1/sessions", "/api/v1/sessions/badge"):
            continue
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YTpi"}):
            answer = await api.client.request(method, _fill(path), headers=headers)
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.json()["code"] == "not_signed_in"


async def test_a_site_that_is_not_mine_does_not_exist_for_me(api: Api):
    """Rights end at the site: a stranger's question is answered as if there were nothing."""
    announced = (await api.announce("m.csv", GOOD.encode())).json()
    found = (await api.get("/api/v1/codes/RA473124829CN")).json()
    for path in (
        f"/api/v1/manifests/{announced['manifest_id']}",
        f"/api/v1/lines/{LINE}",
        f"/api/v1/lines/{LINE}/live",
        f"/api/v1/lines/{LINE}/plan",
        f"/api/v1/parcels/{found['id']}",
        "/api/v1/codes/RA473124829CN",
        "/api/v1/parcels?site=SFH-S",
        "/api/v1/bags?site=SFH-S",
        "/api/v1/manifests?site=SFH-S",
    ):
        answer = await api.client.get(path, headers=api.as_("elsewhere"))
        assert answer.status_code == 404, (path, answer.text)
    assert (await api.announce("m.csv", GOOD.encode(), who="elsewhere")).status_code == 404
    for path in ("/api/v1/lines", "/api/v1/manifests"):
        assert (await api.get(path, who="elsewhere")).json() == []
    sites = (await api.get("/api/v1/sites", who="elsewhere")).json()
    assert [site["code"] for site in sites] == ["MLX-S"]


async def test_a_role_without_the_right_is_refused_by_name(api: Api):
    """A refusal names the missing right, so that the person knows what to ask for."""
    answer = await api.announce("m.csv", GOOD.encode(), who="tech")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert answer.json()["params"] == {"right": "manifest.announce"}
    assert (await api.get("/api/v1/lines", who="viewer")).status_code == 403
    assert (await api.get("/api/v1/people", who="leader")).status_code == 403


async def test_personal_data_is_masked_for_all_but_those_who_need_it(api: Api, database_url: str):
    """A sorter operator sees enough to compare, a customs officer sees the name; the database holds neither in clear."""
    await api.announce("m.csv", GOOD.encode())
    masked = (await api.get("/api/v1/codes/RA473124829CN", who="receiver")).json()
    opened = (await api.get("/api/v1/codes/RA473124829CN", who="officer")).json()
    assert masked["consignee_name"].startswith("О*")
    assert masked["consignee_phone"] == "********1122"
    assert (opened["consignee_name"], opened["consignee_phone"]) == ("Ольга Выдуманная", "+79990001122")
    db = Database(database_url)
    async with db.read() as conn:
        name = await conn.scalar(sa.text("SELECT consignee_name FROM parcel"))
    await db.close()
    assert "Ольга".encode() not in bytes(name)


async def test_a_repeated_manifest_changes_nothing(api: Api):
    """Announcing is idempotent by waybill number: a second upload accepts nothing and refuses nothing."""
    first = (await api.announce("m.csv", GOOD.encode())).json()
    again = (await api.announce("m.csv", GOOD.encode())).json()
    assert (first["accepted"], first["repeated"]) == (1, 0)
    assert (again["accepted"], again["repeated"], again["refused"]) == (0, 1, 0)


async def test_bad_rows_are_told_by_number_and_good_rows_go_in(api: Api):
    """One bad row must not cost ninety-nine good ones; it is named with its column and reason."""
    text = GOOD + "RA473124820CN,MOW,EXP,1200,1,Tea,,,\nCP123456785CN,MOW,EXP,heavy,1,Tea,,,\n"
    told = (await api.announce("m.csv", text.encode())).json()
    assert (told["rows"], told["accepted"], told["refused"]) == (3, 1, 2)
    assert [(one["row_no"], one["column"], one["code"]) for one in told["problems"]] == [
        (3, "waybill_no", "bad_check_digit"),
        (4, "weight_g", "bad_number"),
    ]
    kept = (await api.get(f"/api/v1/manifests/{told['manifest_id']}")).json()
    assert kept["problems_total"] == len(told["problems"]) == 2


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("m.csv", b"\xff\xfe\x00\x01" * 50),
        ("m.xlsx", b"PK\x03\x04 not really"),
        ("m.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><CEB505Message>&a;</CEB505Message>'),
        ("m.csv", b""),
        ("m.exe", b"MZ"),
    ],
)
async def test_a_broken_manifest_is_refused_whole(api: Api, name: str, data: bytes):
    """What cannot be read is one clear refusal with its reason, and nothing half written."""
    answer = await api.announce(name, data)
    assert answer.status_code == 422, answer.text
    assert answer.json()["code"] == "manifest_refused"
    assert answer.json()["params"]["why"]
    assert (await api.get("/api/v1/manifests")).json() == []


async def test_an_upload_larger_than_the_cap_is_cut_off(database_url: str):
    """The cap counts the bytes that come, whatever the header claims."""
    async with open_api(database_url, max_upload_bytes=10_000) as api:
        answer = await api.announce("m.csv", b"x" * 30_000)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
        huge = await api.client.post(
            "/api/v1/sessions", content=b" " * 2_000_000, headers={"content-type": "application/json"}
        )
        assert huge.status_code == 413


async def test_five_wrong_passwords_lock_the_account(api: Api):
    """Guessing has an end; the right password does not open a locked account."""
    for _ in range(5):
        answer = await api.client.post("/api/v1/sessions", json={"name": "tech", "password": "wrong"})
        assert answer.json()["code"] == "wrong_credentials"
    answer = await api.client.post("/api/v1/sessions", json={"name": "tech", "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (423, "account_locked")


async def test_signing_out_ends_the_token(api: Api):
    """A token that was given back is worth nothing."""
    assert (await api.client.delete("/api/v1/sessions/current", headers=api.as_("tech"))).status_code == 204
    assert (await api.get("/api/v1/me", who="tech")).status_code == 401


async def test_the_same_key_gives_the_same_answer_and_another_command_is_refused(api: Api):
    """A handheld that lost the response asks again with its key; it must not hold a parcel twice or mint two SSCCs."""
    await api.announce("m.csv", GOOD.encode())
    id = (await api.get("/api/v1/codes/RA473124829CN")).json()["id"]
    headers = api.as_("officer") | {"Idempotency-Key": "key-00000001"}
    answers = [
        await api.client.post(
            f"/api/v1/parcels/{id}/hold", headers=headers, json={"hold": True, "note": "instruction 7"}
        )
        for _ in range(3)
    ]
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].status_code == 200
    other = await api.client.post(f"/api/v1/parcels/{id}/hold", headers=headers, json={"hold": False, "note": "x"})
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


async def test_a_hold_says_what_to_do_next(api: Api):
    """The worker does not read states; the screen says where the parcel has to go."""
    await api.announce("m.csv", GOOD.encode())
    before = (await api.get("/api/v1/codes/RA473124829CN", who="receiver")).json()
    assert (before["state"], before["todo"]) == ("announced", "induct")
    await api.client.post(
        f"/api/v1/parcels/{before['id']}/hold", headers=api.as_("officer"), json={"hold": True, "note": "布控"}
    )
    after = (await api.get("/api/v1/codes/RA473124829CN", who="receiver")).json()
    assert (after["hold"], after["todo"]) == (True, "bring_to_inspection")


async def test_a_plan_based_on_an_old_version_is_refused(api: Api):
    """Two planners at once: the second is told, not silently overwritten; a chute that does not exist is refused."""
    plan = (await api.get(f"/api/v1/lines/{LINE}/plan")).json()
    body = {name: plan[name] for name in ("max_passes", "rules", "roles")} | {"based_on": plan["version"]}
    first = await api.client.put(f"/api/v1/lines/{LINE}/plan", headers=api.as_("admin"), json=body)
    assert (first.status_code, first.json()["version"]) == (200, plan["version"] + 1)
    second = await api.client.put(f"/api/v1/lines/{LINE}/plan", headers=api.as_("leader"), json=body)
    assert (second.status_code, second.json()["code"]) == (409, "plan_outdated")
    body["based_on"] = plan["version"] + 1
    body["rules"] = [{"destination": "MOW", "chutes": ["c99"]}]
    third = await api.client.put(f"/api/v1/lines/{LINE}/plan", headers=api.as_("admin"), json=body)
    assert (third.status_code, third.json()["params"]) == (422, {"chute": "c99"})


async def test_human_acts_are_audited_and_the_trail_is_chained(api: Api, database_url: str):
    """Who did what is kept in a chain; it verifies, and the database refuses to rewrite it."""
    await api.announce("m.csv", GOOD.encode())
    db = Database(database_url)
    async with db.read() as conn:
        actions = list(await conn.scalars(sa.text("SELECT action FROM audit_entry WHERE actor_name = 'receiver'")))
        assert await find_broken_entries(conn) == []
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        async with db.engine.begin() as conn:
            await conn.execute(sa.text("UPDATE audit_entry SET actor_name = 'nobody'"))
    await db.close()
    assert actions == ["manifest.announce"]


async def test_errors_have_one_shape(api: Api):
    """A client parses one body for every error, down to the field that is wrong."""
    wrong = await api.client.post("/api/v1/people", headers=api.as_("admin"), json={"name": "x y", "role": 3})
    body = wrong.json()
    assert (wrong.status_code, body["code"]) == (422, "invalid_request")
    assert {one["field"] for one in body["fields"]} == {"name", "password", "role"}
    nowhere = await api.client.get("/api/v1/nothing", headers=api.as_("admin"))
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert all(code in REFUSALS for code in (body["code"], nowhere.json()["code"]))


async def test_every_answer_carries_the_security_headers(api: Api):
    """The browser is told to trust nothing from outside."""
    answer = await api.client.get("/healthz")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_metrics_are_for_the_holder_of_their_token(api: Api):
    """Numbers of a customs site are nobody's business."""
    assert (await api.client.get("/metrics", headers=api.as_("admin"))).status_code == 401
    assert (await api.client.get("/metrics", headers={"Authorization": "Bearer " + "m" * 24})).status_code == 200


def test_people_of_the_tests_have_real_roles():
    """The matrix of this file speaks of the roles the product has."""
    assert {role for role, _ in PEOPLE.values()} <= set(ROLES)
    assert json.dumps(sorted(ROLES))
