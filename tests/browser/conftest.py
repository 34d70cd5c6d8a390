"""Real screens in a real Chromium, on the real application and a real PostgreSQL."""

import asyncio
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from devices.contract.reasons import SortReason
from tests.browser.watched_page import WatchedPage
from tests.support.api import PASSWORD
from tests.support.goods import Goods
from tests.support.line_events import Stream, confirmed, decision, induct, scan, weight
from tests.support.run_up import UpRun
from wms.access.add_person import AddPerson, add_person
from wms.access.rights import rights_of
from wms.app import WEB_DIST, create_app
from wms.command.refusals import CONSTRAINTS
from wms.equipment.raise_alarm import raise_alarm
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database
from wms.kit.http import Services
from wms.kit.listen import Listener
from wms.kit.seal import Seal
from wms.launch.postgres import PostgresServer
from wms.parcels.hold import ChangeHold
from wms.parcels.tables import parcel
from wms.sorting.hold_parcel import hold_parcel
from wms.workers.ingest import sort_messages, store_batch
from wms.workers.react import LIVE_CHANNEL, Reactor

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
SEAL = Seal(b"k" * 32)
OFFICER = Actor(UUID(int=1), "officer", "customs_officer", rights_of("customs_officer"), None)
KEEP_SCREENS = os.environ.get("KOUAN_SCREENS") == "1"
DESKTOP, PHONE = (1440, 900), (360, 640)
MANIFEST = """waybill_no,destination,service,weight_g,goods,hs_code,consignee_name,consignee_phone
RA473124829CN,MOW,EXP,1200,Dried black fungus,071232,Ольга Выдуманная,+79990001122
CP123456785CN,SVX,STD,800,Toy robots,950300,,
CP000000005CN,IKT,STD,5100,Tools,820559,,
SF1323088619630,IKT,STD,85,Phone cases,392690,,
EX884850071CN,VVO,EXP,700,Fabric,540710,,
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def dist() -> Path:
    """The screens as they are shipped."""
    if not (WEB_DIST / "handheld" / "index.html").exists():
        pytest.fail("the screens are not built: run `make ui`", pytrace=False)
    return WEB_DIST


@pytest.fixture(scope="package")
def playwright(template: str) -> Iterator[Playwright]:
    """Playwright runs an event loop in this thread until the package ends: what needs one of its own comes before."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on PATH: install Debian's chromium")
    with sync_playwright() as one:
        yield one


@contextmanager
def launch(playwright: Playwright, *more: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGS, *more])
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with launch(playwright) as one:
        expect.set_options(timeout=8_000)
        yield one


async def _plant(url: str) -> None:
    """People, announced parcels of which three went down the line, one on hold, and one alarm."""
    db = Database(url, refusals=CONSTRAINTS)
    for name, role, sites in (("leader", "shift_leader", ["SFH-S"]), ("picker", "picker", ["SFH-S"])):
        await db.run(add_person, AddPerson(name=name, password=PASSWORD, role=role, sites=sites), actor=SYSTEM)
    data = MANIFEST.encode()
    await db.run(announce, Announce("SFH-S", "wave.csv", data, read_manifest(data, "wave.csv"), SEAL), actor=SYSTEM)
    sorter = Stream()
    bodies = []
    for tid, code, chute, reason in (
        ("1", "CP123456785CN", "c12", SortReason.OK),
        ("2", "CP000000005CN", "c44", SortReason.CHUTE_FULL),
        ("3", "SF1323088619630", "c16", SortReason.OK),
    ):
        bodies += [
            induct(tid),
            scan(tid, code),
            weight(tid, 900),
            decision(tid, code, chute),
            confirmed(tid, chute, reason),
        ]
    await db.run(store_batch, sort_messages([sorter.message(body) for body in bodies]), actor=SYSTEM)
    reactor = Reactor(db, "9501101")
    while await reactor.drain():
        pass

    async with db.read() as conn:
        held = await conn.scalar(sa.select(parcel.c.id).where(parcel.c.waybill_no == "EX884850071CN"))
    await db.run(hold_parcel, ChangeHold(parcel_id=held, hold=True, note="CIQ 2026-118"), actor=OFFICER)

    async def alarm(tx: object, _: None) -> None:
        params: dict[str, str | int] = {"group": "FGIN", "error": "00000010"}
        await raise_alarm(tx, "sfh-s/hall/s1/sorter", "sorter_error", params, db.clock())  # type: ignore[arg-type] # a Tx

    await db.run(alarm, None, actor=SYSTEM)
    await _stock(db)
    await db.close()


async def _stock(db: Database) -> None:
    """Goods in two bins: one article in two lots, another without."""
    goods = Goods(db, site="SFH-S", status="free")
    fungus, robot = await goods.item("FUNGUS-250"), await goods.item("ROBOT-1")
    near, _, _ = await goods.place("A-01-1"), await goods.place("A-01-2"), await goods.place("A-01-3")
    for lot_no, expires_on in (("2611A", date(2027, 5, 1)), ("2612B", date(2027, 8, 1))):
        lot_id = await goods.lot(fungus, lot_no, expires_on)
        await goods.bring(await goods.key(near, fungus, lot_id=lot_id), 400)
    await goods.bring(await goods.key(near, robot), 2000)


@pytest.fixture(scope="package")
def server(postgres: PostgresServer, template: str, dist: Path) -> Iterator[str]:
    """The address of the real application on a database of its own. Tests share it and keep out of each other's parcels."""
    name = "browser"
    url = postgres.create_database(name, template)
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        aside.submit(lambda: asyncio.run(_plant(url))).result()
    held = Services(
        Database(url, refusals=CONSTRAINTS), Listener(url, (LIVE_CHANNEL,)), SEAL, 12, "9501101", 50_000_000
    )
    app = create_app(held, metrics_token="m" * 24)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        running = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [door]})
        thread.start()
        while not running.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        running.should_exit = True
        thread.join(20)
    postgres.drop_database(name)


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory, dist: Path) -> Iterator[UpRun]:
    """`kouan up` with its simulated line running."""
    run = UpRun(tmp_path_factory.mktemp("up"), "--parcels", "400", "--rate", "20000", "--seed", "7")
    try:
        run.wait_for("parcels that landed", lambda: run.landed() > 5, 60)
        yield run
    finally:
        run.kill()


Visit = Callable[..., WatchedPage]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Opens pages that fail the test when they complain or call a stranger."""
    contexts: list[BrowserContext] = []
    pages: list[WatchedPage] = []

    def open_page(
        address: str,
        *,
        lang: str = "en",
        size: tuple[int, int] = DESKTOP,
        dark: bool = False,
        on: Browser | None = None,
        session: str | None = None,
    ) -> WatchedPage:
        context = (on or browser).new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=lang,
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
        )
        if session is not None:
            context.add_init_script(f"sessionStorage.setItem('kouan.session', {json.dumps(session)})")
        contexts.append(context)
        watched = WatchedPage(context.new_page(), address)
        pages.append(watched)
        watched.page.goto(address)
        return watched

    yield open_page
    for context in contexts:
        context.close()
    for one in pages:
        one.must_be_clean()


@pytest.fixture(scope="package")
def leader(server: str, playwright: Playwright) -> str:
    """The session of a shift leader, shared by all tests that do not end it: hashing a password takes its time."""
    caller = playwright.request.new_context(base_url=server)
    answer = caller.post("/api/v1/sessions", data={"name": "leader", "password": PASSWORD})
    text: str = answer.text()
    caller.dispose()
    return text


@pytest.fixture
def signed_in(visit: Visit, leader: str) -> Callable[..., Page]:
    """A page of the shift leader, signed in."""

    def enter(address: str, **more: object) -> Page:
        page = visit(address, session=leader, **more).page
        expect(page.locator("header")).to_be_visible()
        return page

    return enter


@pytest.fixture
def keep_screen() -> Callable[[Page, str], None]:
    """Writes a picture for the documentation, only when KOUAN_SCREENS=1: a test run leaves the checkout as it was."""

    def keep(page: Page, name: str) -> None:
        picture = page.screenshot()
        assert len(picture) < 300_000, name
        if KEEP_SCREENS:
            folder = Path(__file__).parents[2] / "docs" / "screens"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(picture)

    return keep
