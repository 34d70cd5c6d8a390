"""Odd requests: whatever a route is asked with, the answer is a refusal with a code, never a failure of the server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.api import Api, open_api
from tests.support.line_events import LINE

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

NOTHING = "00000000-0000-7000-8000-000000000000"
ODD_TEXTS = ["a\0b", "\0", "￿" * 8, "e\u0301" * 20, "'; DROP TABLE parcel; --", "%", "_", "\u202egnp", "x" * 300]
ODD_NUMBERS = ["-1", "0", "1e3", "9" * 30, "NaN", "", "一"]
ODD_TIMES = ["2026-11-20T06:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "now", "\0"]
ODD_IDS = ["", "x", "\0", NOTHING + "0", "9" * 400]


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


def _is_told(answer: httpx.Response) -> None:
    """A success, or an error in the one shape."""
    where = f"{answer.request.method} {answer.request.url} -> {answer.status_code} {answer.text[:200]}"
    assert answer.status_code < 500, where
    if answer.status_code >= 400:
        assert answer.json()["code"], where


async def test_odd_queries_are_refused_with_a_code(api: Api):
    """A NUL, a time without a zone or a number beyond the database's is the client's mistake, not a crash."""
    cases = [
        *(("/api/v1/parcels", {"site": text}) for text in ODD_TEXTS),
        *(("/api/v1/parcels", {"site": "SFH-S", "reason": text[:24]}) for text in ODD_TEXTS),
        *(("/api/v1/parcels", {"site": "SFH-S", "before": text}) for text in ODD_TIMES),
        *(("/api/v1/parcels", {"site": "SFH-S", "limit": text}) for text in ODD_NUMBERS),
        *(("/api/v1/bags", {"site": text[:8]}) for text in ODD_TEXTS),
        *(("/api/v1/manifests", {"site": text[:8]}) for text in ODD_TEXTS),
        *((f"/api/v1/manifests/{NOTHING}", {"offset": text}) for text in ODD_NUMBERS),
    ]
    for path, query in cases:
        _is_told(await api.get(path, **query))


async def test_a_page_far_behind_the_end_is_refused_or_empty(api: Api):
    """An offset that no bigint holds used to end in the driver."""
    told = (await api.announce("m.csv", b"waybill_no,destination\nbad row,\n")).json()
    answer = await api.get(f"/api/v1/manifests/{told.get('manifest_id', NOTHING)}", offset=10**30)
    _is_told(answer)


async def test_odd_paths_are_refused_with_a_code(api: Api):
    """Codes come from scanners: anything may be printed on a box."""
    for text in ODD_TEXTS:
        quoted = quote(text, safe="")
        _is_told(await api.client.get(f"/api/v1/codes/{quoted}", headers=api.as_("admin")))
        _is_told(await api.client.get(f"/api/v1/lines/{quoted}/a/b", headers=api.as_("admin")))
        _is_told(await api.client.get(f"/api/v1/lines/{quoted}/a/b/live", headers=api.as_("admin")))
        _is_told(await api.client.get(f"/api/v1/lines/{quoted}/a/b/plan", headers=api.as_("admin")))
    for id in ODD_IDS:
        quoted = quote(id, safe="")
        for method, path in (("GET", "parcels/{}"), ("POST", "bags/{}/close"), ("POST", "alarms/{}/acknowledge")):
            _is_told(await api.client.request(method, f"/api/v1/{path.format(quoted)}", headers=api.as_("admin")))


def _bodies(text: str) -> list[tuple[str, str, Any]]:
    roles = dict.fromkeys(("no_read", "no_data", "hold", "overflow", "safe"), text)
    rule = {"destination": text, "chutes": [text], text: 1}
    plan = {"based_on": 1, "max_passes": 3, "rules": [{"chutes": [text or "c01"], "from_g": 10**40}], "roles": roles}
    return [
        ("POST", "/api/v1/sessions", {"name": text, "password": text}),
        ("POST", "/api/v1/people", {"name": text, "password": text * 20, "role": text, "sites": [text], text: 1}),
        ("POST", "/api/v1/people", {"name": "new", "password": "a" * 20, "role": "receiver", "sites": [text]}),
        ("POST", "/api/v1/commands", {"address": text, "name": "ping", "target": text, "seconds": 1}),
        ("POST", f"/api/v1/parcels/{NOTHING}/hold", {"hold": True, "note": text}),
        ("PUT", f"/api/v1/lines/{LINE}/plan", plan),
        ("PUT", f"/api/v1/lines/{LINE}/plan", plan | {"rules": [rule]}),
    ]


@pytest.mark.parametrize("text", [*ODD_TEXTS, "\ud800"])
async def test_odd_bodies_are_refused_with_a_code(api: Api, text: str):
    """JSON can carry what text in a database cannot: NUL, half of a surrogate pair, numbers without end."""
    for method, path, body in _bodies(text):
        content = json.dumps(body).encode()
        headers = api.as_("admin") | {"content-type": "application/json"}
        _is_told(await api.client.request(method, path, content=content, headers=headers))


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b"\xff", b"[" * 5000, b'{"name": 1e999}', b"NaN"])
async def test_what_is_no_command_is_refused_with_a_code(api: Api, content: bytes):
    """Broken JSON comes from broken clients every day."""
    headers = api.as_("admin") | {"content-type": "application/json"}
    for path in ("/api/v1/sessions", "/api/v1/people", "/api/v1/commands", f"/api/v1/parcels/{NOTHING}/hold"):
        _is_told(await api.client.post(path, content=content, headers=headers))


async def test_odd_uploads_are_refused_with_a_code(api: Api):
    """Names of files and defaults for rows are texts of strangers too."""
    good = b"waybill_no,destination\nRA473124829CN,MOW\n"
    for text in ODD_TEXTS:
        _is_told(await api.announce(text, good))
        _is_told(await api.announce("m.csv", good, destination=text[:16], service=text[:16]))
        _is_told(await api.announce("m.csv", good, who="admin", site=text[:8]))
        _is_told(await api.announce("m.csv", b"waybill_no,destination,goods\nRA473124829CN,MOW," + text.encode()))
        await api.announce("m.csv", f"waybill_no,destination\n{text}1,MOW".encode())


async def test_a_credential_of_foreign_letters_is_just_wrong(api: Api):
    """Comparing secrets must not fail on letters outside ASCII."""
    for path in ("/metrics", "/api/v1/me"):
        answer = await api.client.get(path, headers={"Authorization": b"Bearer \xe9\xff"})
        assert answer.status_code == 401, path


async def test_a_key_of_odd_characters_is_a_key(api: Api):
    """Whatever a client takes as its key, the second request answers like the first."""
    headers = api.as_("admin") | {"Idempotency-Key": b"\xe9\xff key/'%_".decode("latin-1")}
    body = {"name": "key-person", "password": "a long enough password", "role": "receiver"}
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    first = await api.client.post("/api/v1/people", headers=raw, json=body)
    again = await api.client.post("/api/v1/people", headers=raw, json=body)
    assert (first.status_code, first.text) == (201, again.text)


async def test_screens_hide_no_path_of_the_api(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With the screens built, an unknown path of the API is still not found, and no path leads out of their folder."""
    for entry in ("console", "handheld"):
        (tmp_path / "dist" / entry).mkdir(parents=True)
        (tmp_path / "dist" / entry / "index.html").write_text(entry)
    (tmp_path / "dist" / "assets").mkdir()
    (tmp_path / "secret").write_text("secret")
    monkeypatch.setattr("wms.app.WEB_DIST", tmp_path / "dist")
    async with open_api(database_url) as api:
        for path in ("/api/v1/nothing", "/api/v1/", "/etc/passwd", "/api/openapi"):
            answer = await api.client.get(path, headers=api.as_("admin"))
            assert answer.status_code == 404, (path, answer.text)
            assert answer.json()["code"], path
        assert (await api.client.get("/handheld/")).text == "handheld"
        for path in ("a%00b", "x" * 5000, "..%2f..%2fsecret", "%2e%2e/%2e%2e/secret", "parcels/deep"):
            answer = await api.client.get(f"/console/{path}")
            assert (answer.status_code, answer.text) == (200, "console"), path
