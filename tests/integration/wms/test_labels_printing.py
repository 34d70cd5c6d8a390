"""Labels over HTTP: templates, preview, the print queue and reprints (capability row 55)."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.people import sign_in
from wms.kit.db import Database
from wms.labels.end_print_job import MOST_ATTEMPTS
from wms.labels.tables import print_job

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

PRINTER = "ikt-o/hall/_/zebra1"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


async def _post(api: Api, path: str, body: dict[str, Any] | None = None, who: str = "admin", **headers: str) -> Any:
    return await api.client.post(f"/api/v1{path}", headers=api.as_(who) | headers, json=body or {})


async def _template(api: Api, purpose: str = "location") -> dict[str, Any]:
    found = (await api.get("/api/v1/label-templates", purpose=purpose)).json()["items"]
    return dict(found[0])


async def _locations(api: Api, count: int, site: str = "IKT-O") -> list[str]:
    found = (await api.get("/api/v1/locations", site=site, kind="pick", limit=count)).json()["items"]
    return [one["id"] for one in found]


async def _print(api: Api, subjects: list[str], who: str = "admin", **more: Any) -> Any:
    template = await _template(api, more.pop("purpose", "location"))
    body = {"template_id": template["id"], "subjects": subjects, "printer": PRINTER} | more
    return await _post(api, "/print-jobs", body, who)


async def _due(api: Api, who: str = "admin") -> list[dict[str, Any]]:
    return list((await api.get("/api/v1/print-jobs", who=who, printer=PRINTER, due=True)).json()["items"])


async def test_the_first_label_is_free_and_the_second_needs_a_reason(api: Api, db: Database):
    """Row 55: two labels of one thing on two racks are two truths; who makes the second says why, and it is on record."""
    places = await _locations(api, 3)
    assert (await _print(api, places[:2])).json()["reprints"] == 0
    refused = await _print(api, places)
    assert (refused.status_code, refused.json()["code"]) == (422, "reprint_reason_missing")
    assert refused.json()["params"]["subject"].startswith("PICK-")
    assert len(await _due(api)) == 2, "none of the three was queued"
    allowed = await _print(api, places, reason="torn off by a forklift")
    assert (allowed.json()["reprints"], len(await _due(api))) == (2, 5)
    async with db.read() as conn:
        entries = (await conn.execute(sa.text("SELECT * FROM audit_entry WHERE action = 'label.reprint'"))).all()
    assert [(one.actor_name, one.params["reason"]) for one in entries] == [("admin", "torn off by a forklift")]
    assert len(entries[0].params["labels"]) == 2
    reasons = [one["reprint_reason"] for one in await _due(api)]
    assert reasons.count("torn off by a forklift") == 2


async def test_labels_of_articles_are_printed_by_the_roll(api: Api):
    """An article's label goes on every box of it: another one is no second truth."""
    (item,) = (await api.get("/api/v1/items", limit=1)).json()["items"]
    for _ in range(2):
        assert (await _print(api, [item["id"]], purpose="item", copies=10)).status_code == 202
    assert "^PQ10" in (await _due(api))[0]["zpl"]


async def test_a_lost_printer_gets_its_labels_when_it_is_back(api: Api, db: Database):
    """Row 55: a printer without paper loses no label: tried again ever later, given up, begun anew by a person."""
    await _print(api, await _locations(api, 1))
    (job,) = await _due(api)
    failed = await _post(api, f"/print-jobs/{job['id']}/failed", {"failure": "no paper"})
    assert (failed.json()["state"], failed.json()["failure"]) == ("retry", "no paper")
    assert await _due(api) == [], "not before its pause is over"
    async with db.engine.begin() as conn:
        await conn.execute(print_job.update().values(next_at=sa.func.now() - timedelta(seconds=1)))
    assert [one["id"] for one in await _due(api)] == [job["id"]]
    for _ in range(MOST_ATTEMPTS - 1):
        last = await _post(api, f"/print-jobs/{job['id']}/failed", {"failure": "no paper"})
    assert last.json()["state"] == "failed"
    assert (await _post(api, f"/print-jobs/{job['id']}/done")).json()["code"] == "print_job_ended"
    assert (await _post(api, f"/print-jobs/{job['id']}/retry")).json()["state"] == "queued"
    for _ in range(2):
        assert (await _post(api, f"/print-jobs/{job['id']}/done")).json()["state"] == "sent"
    assert await _due(api) == []


async def test_a_template_is_previewed_before_it_changes(api: Api):
    """Row 55: who changes a label sees it first; the change is a new version, and two people do not overwrite each other."""
    template = await _template(api)
    (place,) = await _locations(api, 1)
    label = {name: template[name] for name in ("width_mm", "height_mm", "elements")}
    for format, start in (("png", b"\x89PNG"), ("pdf", b"%PDF-"), ("zpl", b"^XA")):
        shown = await _post(
            api, "/label-templates/preview", label | {"purpose": "location", "subject_id": place, "format": format}
        )
        assert (shown.status_code, shown.content[: len(start)]) == (200, start)
    given = await _post(
        api, "/label-templates/preview", label | {"purpose": "location", "data": {"name": "A-1"}, "format": "zpl"}
    )
    assert "A-1" in given.text
    assert (await _template(api))["version"] == 1
    headers = api.as_("admin")
    path = f"/api/v1/label-templates/{template['id']}"
    changed = await api.client.put(path, headers=headers, json=label | {"based_on": 1, "height_mm": 60})
    assert (changed.json()["version"], changed.json()["height_mm"]) == (2, 60)
    late = await api.client.put(path, headers=headers, json=label | {"based_on": 1})
    assert (late.status_code, late.json()["code"]) == (409, "template_outdated")


async def test_what_is_queued_prints_as_it_was_asked_for(api: Api):
    """A template that is changed at noon must not change the labels of the morning's queue."""
    await _print(api, await _locations(api, 1))
    before = (await _due(api))[0]["zpl"]
    template = await _template(api)
    body = {
        "width_mm": 50,
        "height_mm": 30,
        "based_on": 1,
        "elements": [{"kind": "text", "x_mm": 1, "y_mm": 1, "text": "NEW"}],
    }
    await api.client.put(f"/api/v1/label-templates/{template['id']}", headers=api.as_("admin"), json=body)
    assert (await _due(api))[0]["zpl"] == before


async def test_a_field_that_would_print_empty_is_refused(api: Api):
    """A typing error in a template is found when it is saved, not on ten thousand pallets."""
    body = {"purpose": "location", "name": "New", "width_mm": 50, "height_mm": 30}
    element = {"kind": "text", "x_mm": 1, "y_mm": 1, "text": "{sscc}"}
    told = await _post(api, "/label-templates", body | {"elements": [element]})
    assert (told.status_code, told.json()["code"], told.json()["params"]["name"]) == (
        422,
        "unknown_field_of_label",
        "sscc",
    )
    made = await _post(api, "/label-templates", body | {"elements": [element | {"text": "{name}"}]})
    assert made.status_code == 201
    again = await _post(api, "/label-templates", body | {"elements": [element | {"text": "{name}"}]})
    assert again.json()["code"] == "code_exists"


async def test_a_document_counts_as_printing(api: Api):
    """A PDF is a label too: it does not get around the reason for the second one."""
    template = await _template(api)
    body = {"template_id": template["id"], "subjects": await _locations(api, 2)}
    first = await _post(api, "/labels/pdf", body)
    assert (first.status_code, first.content[:5], first.content.count(b"/Type /Page ")) == (200, b"%PDF-", 2)
    assert (await _post(api, "/labels/pdf", body)).json()["code"] == "reprint_reason_missing"
    assert (await _post(api, "/labels/pdf", body | {"reason": "wrong paper"})).status_code == 200


async def test_labels_end_at_the_site_and_at_the_owner(api: Api, db: Database):
    """A label shows what a thing is; nobody prints, sees or ends labels of what is not theirs."""
    async with db.read() as conn:
        owner = await conn.scalar(sa.text("SELECT id FROM party WHERE code = 'SFH-FUNGI'"))
        foreign = await conn.scalar(sa.text("SELECT id FROM trade_item WHERE sku = 'PB-10000'"))
        own = await conn.scalar(sa.text("SELECT id FROM trade_item WHERE sku = 'BF-250'"))
    await sign_in(api, db, "local", "shift_leader", sites=["SFH-B"])
    await sign_in(api, db, "tenant", "shift_leader", owners=[owner])
    places = await _locations(api, 1)
    assert (await _print(api, places, "local")).status_code == 404
    await _print(api, places)
    (job,) = await _due(api)
    assert await _due(api, "local") == await _due(api, "tenant") == []
    for who in ("local", "tenant"):
        for act, body in (("done", {}), ("failed", {"failure": "x"}), ("retry", {})):
            assert (await _post(api, f"/print-jobs/{job['id']}/{act}", body, who)).status_code == 404
    assert (await _print(api, [str(foreign)], "tenant", purpose="item")).status_code == 404
    assert (await _print(api, [str(own)], "tenant", purpose="item")).status_code == 202
    assert [one["subject"] for one in await _due(api, "tenant")] == ["BF-250"]
    body = {
        "purpose": "item",
        "name": "Mine",
        "width_mm": 50,
        "height_mm": 30,
        "elements": [{"kind": "box", "x_mm": 1, "y_mm": 1, "width_mm": 2, "height_mm": 2}],
    }
    assert (await _post(api, "/label-templates", body, "tenant")).status_code == 403
    assert (await _print(api, places, "viewer")).status_code == 403
