"""Bulk import and export (capability row 54)."""

import io
import math
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.people import sign_in
from wms.imports.forget_files import KEPT, forget_files
from wms.imports.item_rows import ItemRows
from wms.imports.run_job import CHUNK_ROWS, run_next
from wms.imports.tables import import_chunk, import_job
from wms.kit.actor import SYSTEM
from wms.kit.clock import system_clock
from wms.kit.db import Database
from wms.workers.row_kinds import ROW_KINDS

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

HEADER = "sku,owner,name_en,gtin,case_quantity,case_gtin,hs_code,aliases\n"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


def _rows(count: int, start: int = 0) -> str:
    return "".join(f"IM-{n:05d},SFH-FUNGI,Article {n},,12,,071232,\n" for n in range(start, start + count))


async def _upload(api: Api, text: str | bytes, kind: str = "items", who: str = "admin", **query: Any) -> Any:
    data = text.encode() if isinstance(text, str) else text
    params = {"kind": kind} | query
    return await api.client.post(
        "/api/v1/imports", headers=api.as_(who), params=params, files={"file": ("rows.csv", data)}
    )


async def _import(api: Api, db: Database, text: str | bytes, kind: str = "items", **query: Any) -> dict[str, Any]:
    """Upload, let the worker run, and give the job as it ended."""
    answer = await _upload(api, text, kind, **query)
    assert answer.status_code == 202, answer.text
    while await run_next(db, ROW_KINDS):
        pass
    return dict((await api.get(f"/api/v1/imports/{answer.json()['id']}", who=query.get("who", "admin"))).json())


async def _problems(api: Api, job: dict[str, Any]) -> list[tuple[int, str, str]]:
    page = (await api.get(f"/api/v1/imports/{job['id']}/problems", limit=500)).json()
    return [(one["row_no"], one["column"], one["code"]) for one in page["items"]]


def _counts(job: dict[str, Any]) -> tuple[int, ...]:
    return tuple(job[name] for name in ("total", "done", "accepted", "repeated", "refused"))


async def _count(db: Database, sql: str) -> int:
    async with db.read() as conn:
        return await conn.scalar(sa.text(sql)) or 0


async def test_bad_rows_are_told_by_number_and_good_rows_are_in(api: Api, db: Database):
    """Row 54: a partner mends five cells and sends the file again; the other rows neither wait for that nor come twice."""
    bad = (
        "BAD-1,SFH-FUNGI,No owner code,123,,,,\n"
        "BAD-2,NOBODY,Stranger,,,,,\n"
        "BAD-3,SFH-FUNGI,Formula like,,twelve,,,\n"
        ",SFH-FUNGI,No number,,,,,\n"
        "IM-00001,SFH-FUNGI,Twice,,,,,\n"
        "BAD-4,SFH-FUNGI,,,,,,\n"
    )
    text = HEADER + _rows(700) + bad
    job = await _import(api, db, text)
    assert (job["state"], _counts(job)) == ("done", (706, 706, 700, 0, 6))
    assert await _problems(api, job) == [
        (702, "gtin", "bad_value"),
        (703, "owner", "unknown_party"),
        (704, "case_quantity", "bad_amount"),
        (705, "sku", "missing_value"),
        (706, "sku", "duplicate_row"),
        (707, "name_en", "missing_value"),
    ]
    assert await _count(db, "SELECT count(*) FROM trade_item WHERE sku LIKE 'IM-%'") == 700
    again = await _import(api, db, text)
    assert _counts(again) == (706, 706, 0, 700, 6)


async def test_a_preview_changes_nothing_and_is_then_run(api: Api, db: Database):
    """Who imports sees first what would happen; the same upload is then taken for good."""
    job = await _import(api, db, HEADER + _rows(3) + "X,NOBODY,X,,,,,\n", dry_run=True)
    assert (job["dry_run"], _counts(job)) == (True, (4, 4, 3, 0, 1))
    assert await _count(db, "SELECT count(*) FROM trade_item WHERE sku LIKE 'IM-%'") == 0
    run = await api.client.post(f"/api/v1/imports/{job['id']}/run", headers=api.as_("admin"))
    assert run.status_code == 202
    assert await run_next(db, ROW_KINDS)
    done = (await api.get(f"/api/v1/imports/{run.json()['id']}")).json()
    assert (done["dry_run"], _counts(done)) == (False, (4, 4, 3, 0, 1))


async def test_a_killed_worker_is_followed_by_another_where_it_was(
    api: Api, db: Database, monkeypatch: pytest.MonkeyPatch
):
    """Row 54: workers die in the middle of files; no row may be lost, and none counted twice."""
    job = (await _upload(api, HEADER + _rows(1_300))).json()
    applied = ItemRows.apply
    calls = 0

    async def die(self: ItemRows, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        outcomes = await applied(self, *arguments)
        if calls == 2:
            raise KeyboardInterrupt
        return outcomes

    monkeypatch.setattr(ItemRows, "apply", die)
    with pytest.raises(KeyboardInterrupt):
        await run_next(db, ROW_KINDS)
    half = (await api.get(f"/api/v1/imports/{job['id']}")).json()
    assert (half["state"], half["total"], half["done"], half["accepted"]) == ("running", 1_300, CHUNK_ROWS, CHUNK_ROWS)
    assert not await run_next(db, ROW_KINDS), "its lease still holds"
    async with db.engine.begin() as conn:
        await conn.execute(import_job.update().values(leased_until=sa.func.now() - timedelta(seconds=1)))
    assert await run_next(db, ROW_KINDS)
    done = (await api.get(f"/api/v1/imports/{job['id']}")).json()
    assert (done["state"], _counts(done)) == ("done", (1_300, 1_300, 1_300, 0, 0))
    assert calls == math.ceil(1_300 / CHUNK_ROWS) + 1, "the first chunk was not applied again"


async def test_a_worker_that_was_thought_dead_changes_nothing_more(
    api: Api, db: Database, monkeypatch: pytest.MonkeyPatch
):
    """A machine that slept through its lease wakes up with rows in its hands that somebody else has imported."""
    job = (await _upload(api, HEADER + _rows(600))).json()
    applied = ItemRows.apply
    stolen = False

    async def be_robbed(self: ItemRows, *arguments: Any) -> Any:
        nonlocal stolen
        outcomes = await applied(self, *arguments)
        if not stolen:
            stolen = True
            tx = arguments[0]
            await tx.conn.execute(import_job.update().values(holder=UUID(int=7)))
        return outcomes

    monkeypatch.setattr(ItemRows, "apply", be_robbed)
    assert await run_next(db, ROW_KINDS)
    now = (await api.get(f"/api/v1/imports/{job['id']}")).json()
    assert (now["state"], now["done"]) == ("running", CHUNK_ROWS)


async def test_an_import_can_be_stopped(api: Api, db: Database):
    """A wrong file of 100,000 rows is stopped between two chunks, not watched to its end."""
    job = (await _upload(api, HEADER + _rows(5))).json()
    stopped = await api.client.post(f"/api/v1/imports/{job['id']}/cancel", headers=api.as_("admin"))
    assert stopped.json()["state"] == "cancelled"
    assert not await run_next(db, ROW_KINDS)
    again = await api.client.post(f"/api/v1/imports/{job['id']}/cancel", headers=api.as_("admin"))
    assert (again.status_code, again.json()["code"]) == (409, "import_running")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"name_en,aliases\nTea,\n", "missing_columns"),
        (b"sku,sku\n1,2\n", "duplicate_column"),
        (b"sku,name_en\n", "no_rows"),
        (b"PK\x03\x04 not a workbook", "malformed_xlsx"),
        (b"sku,name_en\n" + "чай,чай\n".encode("cp1251"), "wrong_encoding"),
    ],
)
async def test_a_file_that_is_no_table_fails_as_a_whole(api: Api, db: Database, data: bytes, why: str):
    """Half a wrong file is worse than none; the job says what to mend."""
    job = await _import(api, db, data)
    assert (job["state"], job["error"]["code"], job["error"]["params"]["why"]) == ("failed", "file_refused", why)


async def test_what_is_refused_together_is_blamed_alone(api: Api, db: Database):
    """One lot whose date contradicts the ledger must not take five hundred rows of opening stock with it."""
    head = "location,owner,sku,quantity,lot_no,expires_on\n"
    rows = "".join(f"RACK-01-01-A,SFH-FUNGI,BF-250,{n + 1},L{n},2027-12-31\n" for n in range(20))
    job = await _import(api, db, head + rows, "opening_stock", site="IKT-O")
    assert _counts(job) == (20, 20, 20, 0, 0), await _problems(api, job)
    lots = [("L1", "2027-12-31"), ("L2", "2026-12-31"), ("L3", "")]
    more = "".join(f"RACK-01-02-A,SFH-FUNGI,BF-250,5,{lot},{day}\n" for lot, day in lots)
    job = await _import(api, db, head + more, "opening_stock", site="IKT-O")
    assert _counts(job) == (3, 3, 2, 0, 1)
    assert await _problems(api, job) == [(3, "", "lot_conflict")]


async def test_opening_stock_is_posted_once(api: Api, db: Database):
    """Importing the first day twice would double the warehouse; another quantity is a difference, not a new beginning."""
    head = "location,owner,sku,level,quantity,lot_no,weight_g,serial_no\n"
    rows = (
        "RACK-01-01-A,SFH-FUNGI,BF-250,case,10,L7,,\n"
        "COLD-01-01-A,HUC-SEA,CRAB-KG,,3,C1,61200,\n"
        "PICK-01-01,MLX-MARKET,SW-40,,1,,,SN-1\n"
    )
    job = await _import(api, db, head + rows, "opening_stock", site="IKT-O")
    assert _counts(job) == (3, 3, 3, 0, 0), await _problems(api, job)
    assert await _count(db, "SELECT sum(quantity)::int FROM stock") == 124
    assert await _count(db, "SELECT sum(weight_g)::int FROM stock") == 61_200
    assert await _count(db, "SELECT count(*) FROM stock WHERE customs_status = 'foreign'") == 3
    again = await _import(api, db, head + rows, "opening_stock", site="IKT-O")
    assert _counts(again) == (3, 3, 0, 3, 0)
    other = await _import(api, db, head + rows.replace("case,10", "case,11"), "opening_stock", site="IKT-O")
    assert await _problems(api, other) == [(2, "quantity", "opening_differs")]
    assert await _count(db, "SELECT sum(quantity)::int FROM stock") == 124


async def test_the_ledger_says_no_to_opening_stock_too(api: Api, db: Database):
    """A frozen room does not take dry goods because they come from a file; nor does a lot article come without its lot."""
    head = "location,owner,sku,quantity,lot_no\n"
    rows = "COLD-01-01-A,SFH-FUNGI,BF-250,1,L1\nRACK-01-01-A,SFH-FUNGI,BF-250,1,\nNOWHERE,SFH-FUNGI,BF-250,1,L1\n"
    job = await _import(api, db, head + rows, "opening_stock", site="IKT-O")
    assert await _problems(api, job) == [
        (2, "", "wrong_temperature"),
        (3, "lot_no", "missing_value"),
        (4, "location", "unknown_location"),
    ]
    assert await _count(db, "SELECT count(*) FROM stock WHERE quantity > 0") == 0


async def test_locations_and_parties_come_from_files_as_well(api: Api, db: Database):
    """A warehouse is set up from the tables its planner has."""
    head = "site,name,kind,zone,max_weight_g,customs_statuses,temperature\n"
    rows = head + "UUD-O,Z-1,storage,Z,1000,foreign|free,\nUUD-O,Z-2,,,,,icy\nXXX,Z-3,,,,,\n"
    job = await _import(api, db, rows, "locations")
    assert _counts(job) == (3, 3, 1, 0, 2)
    assert await _problems(api, job) == [(3, "temperature", "not_one_of"), (4, "site", "unknown_site")]
    job = await _import(api, db, "code,roles,name_ru\nNEW-1,supplier|customer,Пример\nNEW-2,boss,Пример\n", "parties")
    assert (_counts(job), await _problems(api, job)) == ((2, 2, 1, 0, 1), [(3, "roles", "not_one_of")])


async def test_a_workbook_is_read_like_a_table(api: Api, db: Database):
    """Numbers, dates and truth values of Excel mean what they show; formulas are never trusted."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["SKU", "Owner", "Name EN", "Catch weight", "Weight g", "HS code"])
    sheet.append(["XL-1", "SFH-FUNGI", "Tea", True, 250, "071232"])
    sheet.append(["XL-2", "SFH-FUNGI", "=1+1", False, 250, None])
    file = io.BytesIO()
    book.save(file)
    job = await _import(api, db, file.getvalue())
    assert (_counts(job), await _problems(api, job)) == ((2, 2, 1, 0, 1), [(3, "name_en", "formula_cell")])


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_what_was_exported_imports_as_no_change(api: Api, db: Database, format: str):
    """A table that goes out and comes back unread changes nothing, with names that look like formulas too."""
    await _import(api, db, HEADER + 'EVIL-1,SFH-FUNGI,"=HYPERLINK(""x"")",,,,,@me|-1\nEVIL-2,SFH-FUNGI,+7 916,,12,,,\n')
    await _import(
        api,
        db,
        "location,owner,sku,quantity,lot_no\nRACK-01-01-A,SFH-FUNGI,BF-250,1,=L1\n",
        "opening_stock",
        site="IKT-O",
    )
    for name, kind in (("items", "items"), ("locations", "locations")):
        answer = await api.get(f"/api/v1/exports/{name}", format=format)
        assert answer.status_code == 200
        job = await _import(api, db, answer.content, kind)
        assert (job["state"], job["refused"], job["accepted"]) == ("done", 0, 0), await _problems(api, job)
        assert job["repeated"] > 30
    table = (await api.get("/api/v1/exports/stock")).content.decode("utf-8-sig")
    assert "'=L1" in table
    assert "\n'=" not in table
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in table.splitlines() for cell in line.split(","))


async def test_a_tenant_imports_and_exports_only_his_own(api: Api, db: Database):
    """A file is one more way to reach for another's goods: owner column, default owner, job, problems and export."""
    async with db.read() as conn:
        ids = {row.code: row.id for row in await conn.execute(sa.text("SELECT code, id FROM party"))}
    await sign_in(api, db, "tenant", "shift_leader", owners=[ids["SFH-FUNGI"]])
    text = HEADER + "T-1,SFH-FUNGI,Mine,,,,,\nT-2,HUC-SEA,Theirs,,,,,\nT-3,,Nobody's,,,,,\n"
    answer = await _upload(api, text, who="tenant")
    assert answer.status_code == 202
    await run_next(db, ROW_KINDS)
    job = (await api.get(f"/api/v1/imports/{answer.json()['id']}", who="tenant")).json()
    assert _counts(job) == (3, 3, 1, 0, 2)
    assert (await _upload(api, text, who="tenant", owner_id=str(ids["HUC-SEA"]))).status_code == 404
    foreign = (await _upload(api, text)).json()
    assert (await api.get(f"/api/v1/imports/{foreign['id']}", who="tenant")).status_code == 404
    assert (await api.get(f"/api/v1/imports/{foreign['id']}/problems", who="tenant")).status_code == 404
    assert [one["id"] for one in (await api.get("/api/v1/imports", who="tenant")).json()["items"]] == [job["id"]]
    owners = {
        line.split(",")[1] for line in (await api.get("/api/v1/exports/items", who="tenant")).text.splitlines()[1:]
    }
    assert owners <= {"SFH-FUNGI", ""}
    assert (await api.get("/api/v1/exports/items", who="tenant", owner_id=str(ids["HUC-SEA"]))).status_code == 404
    assert (await _upload(api, "code\nX\n", "parties", who="tenant")).status_code == 403


async def test_rights_are_those_of_the_moment(api: Api, db: Database):
    """Who was dismissed between upload and import imports nothing."""
    await sign_in(api, db, "gone", "shift_leader")
    answer = await _upload(api, HEADER + _rows(2), who="gone")
    async with db.engine.begin() as conn:
        await conn.execute(sa.text("UPDATE person SET active = false WHERE name = 'gone'"))
    await run_next(db, ROW_KINDS)
    job = (await api.get(f"/api/v1/imports/{answer.json()['id']}")).json()
    assert (job["state"], job["error"]["code"], job["done"]) == ("failed", "not_allowed", 0)


async def test_a_row_that_breaks_the_code_ends_its_job_not_the_worker(
    api: Api, db: Database, monkeypatch: pytest.MonkeyPatch
):
    """Else one file would kill every worker that takes it after its lease."""

    async def break_down(*_: Any) -> Any:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(ItemRows, "apply", break_down)
    job = await _import(api, db, HEADER + _rows(1))
    assert (job["state"], job["error"]["code"]) == ("failed", "unexpected")


async def test_bytes_are_forgotten_and_the_record_stays(api: Api, db: Database, database_url: str):
    """Files of partners hold prices and people; what became of them is kept, they are not."""
    job = await _import(api, db, HEADER + _rows(1))
    later = Database(database_url, clock=lambda: system_clock() + KEPT + timedelta(days=1))
    assert await later.run(forget_files, None, actor=SYSTEM) == 1
    await later.close()
    async with db.read() as conn:
        assert await conn.scalar(sa.select(sa.func.count()).select_from(import_chunk)) == 0
    told = await api.client.post(f"/api/v1/imports/{job['id']}/run", headers=api.as_("admin"))
    assert (told.status_code, told.json()["code"]) == (422, "file_refused")
