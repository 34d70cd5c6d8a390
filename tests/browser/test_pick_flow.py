"""Picking on the handheld by scans alone, in each language."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import APIRequestContext, Page, Playwright, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.scanner import scan
from tests.support.api import PASSWORD

Enter = Callable[..., Page]


class House:
    """Asks the server as the administrator."""

    def __init__(self, caller: APIRequestContext) -> None:
        self._caller = caller
        signed = caller.post("/api/v1/sessions", data={"name": "leader", "password": PASSWORD}).json()
        self._headers = {"Authorization": f"Bearer {signed['token']}"}
        self._made = 0

    def post(self, path: str, body: object = None) -> Any:
        answer = self._caller.post(f"/api/v1{path}", data=body, headers=self._headers)
        assert answer.ok, answer.text()
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self._caller.get(f"/api/v1{path}", headers=self._headers)
        assert answer.ok, answer.text()
        return answer.json()

    def order(self, reference: str, **wants: int) -> str:
        """An order released, allocated and made into a list of work."""
        owner = self.get("/stock?site=SFH-S&sku=ROBOT-1&limit=1")["items"][0]["owner_id"]
        lines = [{"sku": sku.replace("_", "-"), "quantity": str(quantity)} for sku, quantity in wants.items()]
        body = {"site": "SFH-S", "owner_id": owner, "reference": reference, "customer": "RU-RETAIL", "lines": lines}
        id: str = self.post("/orders", body)["id"]
        self.post(f"/orders/{id}/release")
        self.post("/pick-lists", {"site": "SFH-S", "order_ids": [id], "slots": 1})
        return id

    def picked(self, id: str) -> list[str]:
        return sorted(f"{one['picked']} {one['sku']}" for one in self.get(f"/orders/{id}/picks?limit=100")["items"])


@pytest.fixture(scope="module")
def house(server: str, playwright: Playwright) -> Any:
    caller = playwright.request.new_context(base_url=server)
    made = House(caller)
    yield made
    caller.dispose()


@pytest.fixture
def hand(server: str, visit: Visit, leader: str) -> Enter:
    def enter(lang: str = "en") -> Page:
        page = visit(f"{server}/handheld/", size=PHONE, lang=lang, session=leader).page
        page.evaluate("localStorage.setItem('kouan.work', 'pick'); localStorage.setItem('kouan.site', 'SFH-S')")
        page.reload()
        at(page, "tote")
        return page

    return enter


def at(page: Page, state: str) -> None:
    expect(page.locator(".flow")).to_have_attribute("data-state", state)


@pytest.mark.parametrize("lang", ["en", "ru", "zh"])
def test_an_order_is_picked_by_scans_alone(hand: Enter, house: House, keep_screen: Any, lang: str) -> None:
    """Tote, place, article as often as wanted, tote: what was picked is what was scanned, and the list ends by itself."""
    house.post("/totes", {"site": "SFH-S", "labels": [f"TOTE-{lang.upper()}"]})
    id = house.order(f"PICK-{lang}", ROBOT_1=2)
    page = hand(lang)
    scan(page, f"TOTE-{lang.upper()}")
    at(page, "place")
    place = page.locator(".ask .destination").inner_text()
    scan(page, place)
    for _ in range(2):
        scan(page, "ROBOT-1")
    expect(page.locator(".ask .destination")).to_have_text("2 / 2 × ROBOT-1")
    page.wait_for_timeout(200)
    keep_screen(page, f"handheld-pick-{lang}")
    scan(page, f"TOTE-{lang.upper()}")
    expect(page.locator(".last")).to_contain_text(f"TOTE-{lang.upper()}")
    at(page, "tote")
    assert house.picked(id) == ["2 ROBOT-1"]


def test_a_wrong_place_article_or_number_posts_nothing(hand: Enter, house: House) -> None:
    """Each wrong scan is refused before anything is written, and says what is wanted."""
    house.post("/totes", {"site": "SFH-S", "labels": ["TOTE-W"]})
    id = house.order("PICK-wrong", ROBOT_1=1)
    page = hand()
    scan(page, "TOTE-W")
    at(page, "place")
    place = page.locator(".ask .destination").inner_text()
    scan(page, "A-01-3" if place != "A-01-3" else "A-01-2")
    expect(page.locator(".why")).to_contain_text(place)
    at(page, "place")
    scan(page, place)
    scan(page, "TOTE-W")
    expect(page.locator(".why")).to_contain_text("No ROBOT-1 was scanned yet")
    scan(page, "FUNGUS-250")
    expect(page.locator(".why")).to_contain_text("is not ROBOT-1")
    scan(page, "ROBOT-1")
    scan(page, "ROBOT-1")
    expect(page.locator(".why")).to_contain_text("not more")
    assert house.picked(id) == ["0 ROBOT-1"]
    scan(page, "TOTE-W")
    at(page, "tote")
    assert house.picked(id) == ["1 ROBOT-1"]


def test_without_work_the_screen_says_what_to_do(hand: Enter) -> None:
    """An empty list is no blank page."""
    page = hand()
    scan(page, "TOTE-NONE")
    expect(page.locator(".why")).to_contain_text("nothing to pick")
