"""The review station: a shift of images by keys alone, and the empty queue."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import MANIFEST, SEAL
from tests.browser.watched_page import overflowing, pale, switch_language
from tests.support.api import PASSWORD
from tests.support.inspection import calibration, files
from tests.support.served import serve_api
from wms.access.add_person import AddPerson, add_person
from wms.command.refusals import CONSTRAINTS
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.launch.postgres import PostgresServer

IMAGES = 50
WAYBILLS = ("RA473124829CN", "CP123456785CN", "CP000000005CN")
SEEN = (("apparel", 0.0), ("electronics", 0.0), ("apparel", 900.0), ("glassware", 0.0), ("hardware", 0.0))


async def _plant(url: str) -> None:
    db = Database(url, refusals=CONSTRAINTS)
    for name, role in (("boss", "administrator"), ("eyes", "image_reviewer")):
        await db.run(add_person, AddPerson(name=name, password=PASSWORD, role=role), actor=SYSTEM)
    data = MANIFEST.encode()
    await db.run(announce, Announce("SFH-S", "wave.csv", data, read_manifest(data, "wave.csv"), SEAL), actor=SYSTEM)
    await db.close()


def _token(base: str, name: str) -> tuple[str, str]:
    answer = httpx.post(f"{base}/api/v1/sessions", json={"name": name, "password": PASSWORD})
    return answer.json()["token"], answer.text


def _scan(client: httpx.Client, number: int, waybill: str | None = None) -> None:
    content, hidden_g = SEEN[number % len(SEEN)]
    tid = f"t{number}"
    told = {"site": "SFH-S", "scanner": "ct1", "tid": tid, "scan_uid": f"2.25.414243.{number}", "deadline_s": 3600}
    code = {"code": waybill} if waybill is not None else {}
    made = client.post("/scans", json=told | code).json()
    for data in files(tid, number, content, hidden_g, seed=number % len(SEEN)).values():
        kept = client.post("/files", params={"scan_id": made["id"]}, files={"file": ("x.dcs", data)})
        assert kept.status_code == 201, kept.text
    done = client.post(f"/scans/{made['id']}/complete").json()
    assert done["state"] == "review", done


@pytest.fixture(scope="module")
def station(
    postgres: PostgresServer, template: str, dist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A served warehouse with one scanner and images that wait."""
    url = postgres.create_database("review", template)
    with ThreadPoolExecutor(1) as aside:  # Playwright's loop runs in this thread
        aside.submit(lambda: asyncio.run(_plant(url))).result()
    with serve_api(url, tmp_path_factory.mktemp("home")) as base:
        headers = {"Authorization": f"Bearer {_token(base, 'boss')[0]}"}
        with httpx.Client(base_url=f"{base}/api/v1/inspection", headers=headers, timeout=60) as client:
            body = {"site": "SFH-S", "name": "ct1", "second_share": 0, "tip_share": 0, "calibration": calibration()}
            assert client.post("/scanners", json=body).status_code == 200
            for number in range(IMAGES):
                _scan(client, number, WAYBILLS[number] if number < len(WAYBILLS) else None)
        yield base
    postgres.drop_database("review")


@pytest.fixture
def reviewer(station: str, visit: Callable[..., object]) -> Callable[..., Page]:
    session = _token(station, "eyes")[1]

    def enter(**more: object) -> Page:
        page: Page = visit(f"{station}/console/#/review", session=session, **more).page  # type: ignore[attr-defined]
        return page

    return enter


def _next(page: Page, before: str) -> tuple[str, float]:
    """The id of the next picture that stands on the screen, and how long it took."""
    began = time.perf_counter()
    page.wait_for_function(
        "(before) => ![undefined, before].includes(document.querySelector('.station')?.dataset.painted)",
        arg=before,
        polling=5,
    )
    id: str = page.locator(".station").get_attribute("data-painted") or ""
    return id, time.perf_counter() - began


def test_a_shift_of_images_by_keys_alone(reviewer: Callable[..., Page]):
    """Fifty images without touching a mouse: most are released, some are marked and opened, one goes to the shift lead. The
    next picture stands there before the hand is back."""
    page = reviewer()
    id, _ = _next(page, "")
    expect(page.locator("aside")).to_contain_text("Findings")
    spent = []
    for number in range(IMAGES):
        keys = [" "]
        if page.locator("aside").get_by_text("▲").count():
            keys = ["2", "z", "[", "]", "m", "b", "ArrowUp", "ArrowLeft", "c", "u"]
        elif number == 7:
            keys = ["5", "e"]
        elif number == 8:
            keys = ["1", "3", "r"]
        for key in keys:
            if key == "u":
                expect(page.get_by_role("button", name="Open parcel")).to_be_enabled()
            page.keyboard.press(key)
        if number == IMAGES - 1:
            break
        id, took = _next(page, id)
        spent.append(took)
    expect(page.locator(".empty")).to_contain_text("No image waits")
    expect(page.locator(".last")).not_to_be_empty()
    print(f"picture to picture: median {statistics.median(spent) * 1000:.0f} ms, slowest {max(spent) * 1000:.0f} ms")
    assert statistics.median(spent) < 0.5
    assert overflowing(page, "header") == []
    assert pale(page, 4.5, 3) == []


@pytest.fixture
def one_more(station: str) -> None:
    headers = {"Authorization": f"Bearer {_token(station, 'boss')[0]}"}
    with httpx.Client(base_url=f"{station}/api/v1/inspection", headers=headers, timeout=60) as client:
        _scan(client, IMAGES + 2, WAYBILLS[0])


def test_the_station_speaks_three_languages(
    one_more: None, reviewer: Callable[..., Page], keep_screen: Callable[[Page, str], None]
):
    """An alarm stands in the picture and beside it, in the reviewer's language; nothing lies outside its box."""
    page = reviewer(size=(1180, 760))
    _next(page, "")
    page.keyboard.press("z")
    for lang in ("zh", "ru", "en"):
        switch_language(page, lang)
        expect(page.locator(".findings li").first).to_be_visible()
        assert overflowing(page, ".review") == []
        assert pale(page, 4.5, 3) == []
        keep_screen(page, f"review-{lang}")
