"""The planner's desk: a file becomes a plan on the map, and its reasons are told."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.watched_page import switch_language
from tests.support.api import PASSWORD
from wms.access.add_person import AddPerson, add_person
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.launch.postgres import PostgresServer
from wms.transport.run_job import run_next

DAY = datetime.now(UTC) + timedelta(days=2)
WAYS = ("XIY,DUI", "CTU,MOW", "HRB,MOW", "YIW,WAW", "CAN,SVX", "URC,ALA", "SFH,VVO", "HDG,MOW", "FUS,IKT")


def goods(count: int) -> bytes:
    rows = [
        f"S{n:03},{WAYS[n % len(WAYS)]},{DAY + timedelta(days=n % 9):%Y-%m-%d},{DAY + timedelta(days=42):%Y-%m-%d},"
        f"{2500 + 370 * (n % 11)},{12 + n % 17}"
        for n in range(count)
    ]
    rows.append(f"LATE,XIY,DUI,{DAY:%Y-%m-%d},{DAY + timedelta(days=2):%Y-%m-%d},2000,9")
    return ("shipment,origin,destination,ready,due,weight_kg,volume_m3\n" + "\n".join(rows)).encode()


@pytest.fixture
def worker(postgres: PostgresServer, server: str) -> Iterator[Callable[[], None]]:
    """Runs what waits in the queue, as the worker process would; in a thread, for Playwright's loop runs in this one."""
    url = postgres.url("browser")

    async def drain() -> None:
        db = Database(url)
        while await run_next(db):
            pass
        await db.close()

    with ThreadPoolExecutor(1) as aside:
        yield lambda: aside.submit(lambda: asyncio.run(drain())).result()


@pytest.fixture(scope="module")
def planner(postgres: PostgresServer, server: str, playwright: Playwright) -> str:
    async def add() -> None:
        db = Database(postgres.url("browser"))
        await db.run(add_person, AddPerson(name="planner", password=PASSWORD, role="planner"), actor=SYSTEM)
        await db.close()

    with ThreadPoolExecutor(1) as aside:
        aside.submit(lambda: asyncio.run(add())).result()
    caller = playwright.request.new_context(base_url=server)
    text: str = caller.post("/api/v1/sessions", data={"name": "planner", "password": PASSWORD}).text()
    caller.dispose()
    return text


def choose(page: Page, data: bytes) -> None:
    page.set_input_files("input[type=file] >> nth=0", {"name": "week-48.csv", "mimeType": "text/csv", "buffer": data})


def test_a_file_becomes_a_plan_that_is_explained_changed_and_accepted(server, visit, planner, worker, keep_screen):
    """The whole way of a planner's morning: refused cell, plan, reason, pin, comparison, bookings."""
    page = visit(f"{server}/console/#/planner", session=planner, size=(1440, 1300)).page
    choose(page, goods(9).replace(b"S003,YIW", b"S003,NOWHERE"))
    expect(page.get_by_role("alert")).to_contain_text("row 5, column origin: Hub NOWHERE is not in the network")
    page.get_by_role("spinbutton").fill("2")
    choose(page, goods(120))
    expect(page.get_by_text("waiting", exact=True)).to_be_visible()
    worker()
    expect(page.locator(".tile", has_text="Gap at most")).to_contain_text("%")
    expect(page.locator(".map .land")).to_have_attribute("d", re.compile("^M.{1000}"))
    expect(page.locator(".map .lane").first).to_be_attached()
    expect(page.locator(".gantt li").first).to_be_visible()
    page.get_by_role("button", name="S000").click()
    expect(page.locator(".why")).to_contain_text("S000 travels by")
    for lang in ("zh", "ru", "en"):
        switch_language(page, lang)
        keep_screen(page, f"planner-{lang}")
    page.locator(".why").get_by_role("button", name="Ride this way").first.click()
    expect(page.get_by_text("waiting", exact=True)).to_be_visible()
    worker()
    expect(page.get_by_role("status")).to_contain_text("1 shipments travel otherwise than before")
    page.get_by_role("button", name="Accept and book").click()
    expect(page.get_by_role("status")).to_contain_text("legs booked on")
    page.get_by_label("only those left to others").check()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="LATE").click()
    expect(page.locator(".why")).to_contain_text("the earliest arrival is")


def test_a_table_of_the_network_is_replaced_or_refused_by_its_cell(server, visit, planner):
    """A planner mends a timetable without anybody's help; a wrong cell leaves the old version."""
    page = visit(f"{server}/console/#/planner", session=planner).page
    page.get_by_text("Network: hubs, timetables, tariffs").click()
    page.set_input_files(
        "input[data-table=units]",
        {"name": "units.csv", "mimeType": "text/csv", "buffer": b"unit,weight_kg,volume_m3\n40HC,-1,76\n"},
    )
    expect(page.locator("details").get_by_role("status")).to_contain_text("units.csv, row 2, column weight_kg")
    with page.expect_download() as saved:
        page.locator("details .inline", has_text="units.csv").get_by_role("button", name="Download").click()
    data = saved.value.path().read_bytes().replace(b"26500", b"26000")
    page.set_input_files("input[data-table=units]", {"name": "units.csv", "mimeType": "text/csv", "buffer": data})
    expect(page.locator("details").get_by_role("status")).to_contain_text("Saved as version 2.")
