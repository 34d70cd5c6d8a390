"""Parties, articles, and what a code means, over HTTP (capability rows 13 and 51)."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from tests.support.api import Api, open_api
from tests.support.people import sign_in
from wms.kit.db import Database

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

CASE_GTIN = "19506000134359"
GTIN = "09506000134352"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


async def _post(api: Api, path: str, body: dict[str, Any], who: str = "admin", key: str | None = None) -> Any:
    headers = api.as_(who) | ({"Idempotency-Key": key} if key else {})
    return await api.client.post(f"/api/v1{path}", headers=headers, json=body)


async def _party(api: Api, code: str, *roles: str) -> UUID:
    answer = await _post(api, "/parties", {"code": code, "names": {"en": f"Firm {code}"}, "roles": roles or ("owner",)})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def _item(api: Api, sku: str, owner: UUID | None, **more: Any) -> dict[str, Any]:
    body = {"sku": sku, "owner_id": str(owner) if owner else None, "names": {"en": sku}} | more
    answer = await _post(api, "/items", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def _code(api: Api, code: str, who: str = "admin") -> Any:
    return await api.get(f"/api/v1/meanings/{quote(code, safe='')}", who=who)


async def test_a_case_of_twelve_counts_twelve_under_every_code(api: Api):
    """Row 13: ten cases of 12 are 120, whether the case is scanned by GTIN, counted by AI 37 or opened as a web address."""
    owner = await _party(api, "T-FUNGI")
    case = {"level": "case", "base_quantity": "12", "gtin": CASE_GTIN}
    await _item(api, "BF-1", owner, gtin=GTIN[1:], packaging=[case], tracking="lot", aliases=["云耳小包"])
    expected = {
        GTIN: "1", GTIN[1:]: "1", "BF-1": "1", "云耳小包": "1", CASE_GTIN: "12",
        f"]C102{CASE_GTIN}3710": "120",
        f"https://id.gs1.org/01/{CASE_GTIN}/10/L7?17=271231": "12",
        f"(01){CASE_GTIN}(10)L7": "12",
    }  # fmt: skip
    for code, quantity in expected.items():
        (meaning,) = (await _code(api, code)).json()["meanings"]
        assert (meaning["kind"], meaning["sku"], meaning["base_quantity"]) == ("item", "BF-1", quantity), code
    (meaning,) = (await _code(api, f"]d201{CASE_GTIN}17271231" + "10L7\x1d21S9")).json()["meanings"]
    assert (meaning["lot_no"], meaning["expires_on"], meaning["serial_no"]) == ("L7", "2027-12-31", "S9")


async def test_an_ambiguous_code_asks(api: Api):
    """Row 51: a code of the users' own may call two articles; a guess would ship one for the other."""
    owner = await _party(api, "T-ONE")
    other = await _party(api, "T-TWO")
    await _item(api, "A1", owner, aliases=["RED"])
    await _item(api, "A2", owner, aliases=["RED"])
    await _item(api, "A1", other, gtin=GTIN)
    found = (await _code(api, "RED")).json()["meanings"]
    assert sorted(one["sku"] for one in found) == ["A1", "A2"]
    found = (await _code(api, "A1")).json()["meanings"]
    assert {one["owner_id"] for one in found} == {str(owner), str(other)}
    narrowed = await api.get("/api/v1/meanings/A1", owner=str(owner))
    assert [one["owner_id"] for one in narrowed.json()["meanings"]] == [str(owner)]
    unknown = await _code(api, "NOBODY")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_code")


async def test_a_bin_label_and_an_article_of_one_name_are_both_told(api: Api):
    """The handheld has one scan field: what the code is decides what happens, so nothing may be hidden."""
    assert (await _post(api, "/locations", {"site": "UUD-O", "pattern": "TEA-1"})).json()["added"] == 1
    await _item(api, "TEA-1", None)
    found = (await _code(api, "TEA-1")).json()["meanings"]
    assert sorted(one["kind"] for one in found) == ["item", "location"]


async def test_a_tenant_finds_nothing_of_another(api: Api, db: Database):
    """Two owners share a warehouse, not their catalogues; not by list, id, number, alias or GTIN, nor by changing it."""
    mine, theirs = await _party(api, "T-MINE"), await _party(api, "T-THEIRS")
    carrier = await _party(api, "T-ROAD", "carrier")
    own = await _item(api, "M1", mine, aliases=["SHARED"])
    foreign = await _item(api, "T1", theirs, aliases=["SHARED"], gtin=GTIN)
    await sign_in(api, db, "tenant", "shift_leader", owners=[mine])
    listed = (await api.get("/api/v1/items", who="tenant", limit=500)).json()["items"]
    assert str(mine) in {one["owner_id"] for one in listed} <= {str(mine), None}
    assert (await api.get(f"/api/v1/items/{foreign['id']}", who="tenant")).status_code == 404
    assert [one["sku"] for one in (await _code(api, "SHARED", "tenant")).json()["meanings"]] == ["M1"]
    for code in ("T1", GTIN, f"(01){GTIN}"):
        assert (await _code(api, code, "tenant")).status_code == 404, code
    headers = api.as_("tenant")
    changed = await api.client.patch(f"/api/v1/items/{foreign['id']}", headers=headers, json={"abc": "A"})
    assert changed.status_code == 404
    common = await _item(api, "COMMON", None)
    assert (await api.get(f"/api/v1/items/{common['id']}", who="tenant")).status_code == 200
    changed = await api.client.patch(f"/api/v1/items/{common['id']}", headers=headers, json={"abc": "A"})
    assert changed.status_code == 404, "what several owners keep is no one tenant's to change"
    stopped = await _post(api, f"/items/{foreign['id']}/deactivate", {}, "tenant")
    assert stopped.status_code == 404
    body = {"sku": "X", "owner_id": str(theirs), "names": {"en": "x"}}
    assert (await _post(api, "/items", body, "tenant")).status_code == 404
    shared = await _post(api, "/items", body | {"owner_id": None}, "tenant")
    assert shared.status_code == 404
    parties = {one["code"]: one for one in (await api.get("/api/v1/parties", who="tenant", limit=500)).json()["items"]}
    assert parties["T-MINE"]["names"]
    assert "T-THEIRS" not in parties
    assert parties["T-ROAD"]["names"] == {}
    assert (await api.get(f"/api/v1/parties/{theirs}", who="tenant")).status_code == 404
    assert (await api.get(f"/api/v1/parties/{carrier}", who="tenant")).json()["names"] == {}
    assert (await api.get(f"/api/v1/items/{own['id']}", who="tenant")).status_code == 200


async def test_a_repeated_command_makes_one_article(api: Api):
    """A lost answer is asked again with its key; without the key the number is taken."""
    body = {"sku": "ONCE", "names": {"zh": "一次"}}
    first = await _post(api, "/items", body, key="key-00000001")
    again = await _post(api, "/items", body, key="key-00000001")
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    taken = await _post(api, "/items", body)
    assert (taken.status_code, taken.json()["code"]) == (409, "code_exists")


async def test_a_change_leaves_the_rest_and_replaces_levels_whole(api: Api):
    """A form that sends one field must not empty the others."""
    item = await _item(
        api, "CH-1", None, hs_code="07123300", aliases=["OLD"], packaging=[{"level": "case", "base_quantity": "6"}]
    )
    path = f"/api/v1/items/{item['id']}"
    await api.client.patch(path, headers=api.as_("admin"), json={"abc": "B", "aliases": ["NEW"]})
    now = (await api.get(path)).json()
    assert (now["abc"], now["hs_code"], now["aliases"], len(now["packaging"])) == ("B", "07123300", ["NEW"], 1)
    refused = await api.client.patch(path, headers=api.as_("admin"), json={"names": None})
    assert refused.status_code == 422
    await api.client.patch(path, headers=api.as_("admin"), json={"hs_code": None})
    assert (await api.get(path)).json()["hs_code"] is None


async def test_an_article_out_of_use_gives_way_to_one_in_use(api: Api):
    """A successor takes over the GTIN; while only the old one knows the code, its remaining stock is still found by it."""
    old = await _item(api, "OLD-1", None, gtin=GTIN)
    await _post(api, f"/items/{old['id']}/deactivate", {})
    (meaning,) = (await _code(api, GTIN)).json()["meanings"]
    assert (meaning["sku"], meaning["active"]) == ("OLD-1", False)
    await _item(api, "NEW-1", None, gtin=GTIN)
    (meaning,) = (await _code(api, GTIN)).json()["meanings"]
    assert (meaning["sku"], meaning["active"]) == ("NEW-1", True)


async def test_pages_of_articles_and_parties_leave_nothing_out(api: Api):
    """Whoever walks the cursor sees each article once."""
    for number in range(7):
        await _item(api, f"PG-{number}", None)
        await _party(api, f"PG-{number}")
    for path, name in (("/api/v1/items", "sku"), ("/api/v1/parties", "code")):
        seen: list[str] = []
        query: dict[str, object] = {"limit": 3}
        while True:
            page = (await api.get(path, **query)).json()
            seen += [row[name] for row in page["items"]]
            if page["next"] is None:
                break
            query["after"] = page["next"]
        assert len(seen) == len(set(seen))
        assert {f"PG-{number}" for number in range(7)} <= set(seen)
    broken = await api.get("/api/v1/items", after="~not an id")
    assert broken.status_code == 422
