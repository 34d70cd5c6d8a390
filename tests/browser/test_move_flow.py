"""Moving goods on the handheld, by scans alone, with and without a network."""

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.scanner import scan

Enter = Callable[..., Page]
FAIL_MOVES = "**/api/v1/sites/*/stock/moves"


@pytest.fixture
def hand(server: str, visit: Visit, leader: str) -> Enter:
    def enter(lang: str = "en", *, cut_off: bool = False) -> Page:
        watched = visit(f"{server}/handheld/", size=PHONE, lang=lang, session=leader)
        watched.may_be_cut_off = cut_off
        page = watched.page
        page.evaluate("localStorage.setItem('kouan.work', 'move'); localStorage.setItem('kouan.site', 'SFH-S')")
        page.reload()
        expect(page.locator(".flow")).to_have_attribute("data-state", "from")
        return page

    return enter


def at(page: Page, state: str) -> None:
    expect(page.locator(".flow")).to_have_attribute("data-state", state)


def lies(page: Page, server: str, place: str, sku: str) -> Decimal:
    """What the books say of an article in a place."""
    rows: list[dict[str, Any]] = page.evaluate(
        """async ([place, sku]) => {
          const token = JSON.parse(sessionStorage.getItem("kouan.session")).token;
          const headers = { Authorization: `Bearer ${token}` };
          const answer = await fetch(`/api/v1/stock?site=SFH-S&location=${place}&sku=${sku}`, { headers });
          return (await answer.json()).items;
        }""",
        [place, sku],
    )
    return sum((Decimal(row["quantity"]) for row in rows), Decimal(0))


@pytest.mark.parametrize(
    ("lang", "asks"),
    [
        ("en", ["Scan where it lies", "Scan article", "Scan where it goes"]),
        ("ru", ["Скан: откуда", "Скан: товар", "Скан: куда"]),
        ("zh", ["扫描来源库位", "扫描商品", "扫描目标库位"]),
    ],
)
def test_goods_are_moved_by_scans_alone(hand: Enter, server: str, keep_screen: Any, lang: str, asks: list[str]) -> None:
    """Place, article, article again, place: two pieces moved with one hand, in the worker's language."""
    page = hand(lang)
    there = lies(page, server, "A-01-2", "ROBOT-1")
    expect(page.locator(".ask .todo")).to_have_text(asks[0])
    scan(page, "A-01-1")
    expect(page.locator(".ask .todo")).to_have_text(asks[1])
    scan(page, "ROBOT-1")
    expect(page.locator(".ask .todo")).to_have_text(asks[2])
    scan(page, "ROBOT-1")
    expect(page.locator(".ask .destination")).to_have_text("2 × ROBOT-1")
    page.wait_for_timeout(200)  # the flash is part of the answer, not of the picture
    keep_screen(page, f"handheld-move-{lang}")
    scan(page, "A-01-2")
    expect(page.locator(".last")).to_contain_text("A-01-1 → A-01-2")
    at(page, "from")
    assert lies(page, server, "A-01-2", "ROBOT-1") == there + 2


def test_a_wrong_scan_posts_nothing_and_says_why(hand: Enter, server: str) -> None:
    """A wrong article at the second scan, an unknown code at the third: the state stays and the reason is readable."""
    page = hand()
    before = lies(page, server, "A-01-1", "ROBOT-1")
    scan(page, "NO-SUCH-THING")
    expect(page.locator(".ask.wrong .why")).to_contain_text("NO-SUCH-THING")
    at(page, "from")
    scan(page, "A-01-1")
    scan(page, "ROBOT-1")
    at(page, "to")
    scan(page, "FUNGUS-250")
    expect(page.locator(".why")).to_contain_text("another article than ROBOT-1")
    scan(page, "A-01-1")
    expect(page.locator(".why")).to_contain_text("lies in A-01-1 already")
    at(page, "to")
    assert lies(page, server, "A-01-1", "ROBOT-1") == before


def test_an_ambiguous_article_asks_and_never_guesses(hand: Enter, server: str) -> None:
    """Two lots in one bin: the person says which; the pad sets the number."""
    page = hand()
    scan(page, "A-01-1")
    scan(page, "FUNGUS-250")
    at(page, "which")
    page.get_by_role("button", name="2612B").click()
    at(page, "to")
    page.get_by_role("button", name="Quantity: 1").click()
    for key in "7":
        page.get_by_role("button", name=key, exact=True).click()
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".ask .destination")).to_have_text("7 × FUNGUS-250")
    scan(page, "A-01-3")
    expect(page.locator(".last")).to_contain_text("7 × FUNGUS-250")
    assert lies(page, server, "A-01-3", "FUNGUS-250") == 7


def move_one(page: Page) -> None:
    for code, state in (("A-01-1", "item"), ("ROBOT-1", "to"), ("A-01-3", "from")):
        scan(page, code)
        at(page, state)


def test_what_was_done_without_a_network_survives_a_killed_tab(hand: Enter, server: str) -> None:
    """The tab dies with the queue full; the next one sends each deed, and each counts once."""
    page = hand(cut_off=True)
    move_one(page)
    before = lies(page, server, "A-01-3", "ROBOT-1")
    page.context.set_offline(True)
    for _ in range(3):
        move_one(page)
    expect(page.locator(".last")).to_contain_text("Kept for later")
    expect(page.locator(".waiting")).to_contain_text("3 kept")
    lost_answers = []

    def lose_the_answer(route: Any) -> None:
        """The server takes it, the answer is lost: the worst moment of a bad network."""
        if not lost_answers:
            lost_answers.append(route.request.url)
            with suppress(PlaywrightError):  # the tab may die while it waits
                route.fetch()
                route.abort()
        else:
            route.continue_()

    page.route(FAIL_MOVES, lose_the_answer)
    page.context.set_offline(False)
    page.reload()
    for _ in range(100):
        if lies(page, server, "A-01-3", "ROBOT-1") >= before + 3:
            break
        page.wait_for_timeout(200)
    expect(page.locator(".waiting")).to_have_count(0, timeout=20_000)
    assert lost_answers
    assert lies(page, server, "A-01-3", "ROBOT-1") == before + 3


def test_a_deed_the_server_refuses_later_is_listed_with_its_reason(hand: Enter, server: str) -> None:
    """The goods were gone meanwhile: nothing is lost silently, the others go on, and the person sees to it."""
    page = hand(cut_off=True)
    move_one(page)
    page.context.set_offline(True)
    for code in ("A-01-1", "ROBOT-1", "A-01-3"):
        scan(page, code)
        page.wait_for_timeout(150)
    expect(page.locator(".waiting")).to_contain_text("1 kept")
    refusal = {"code": "insufficient_stock", "params": {"sku": "ROBOT-1", "place": "A-01-1", "wanted": "1",
               "available": "0", "reserved": "0", "held": "0"}}  # fmt: skip
    page.route(FAIL_MOVES, lambda route: route.fulfill(status=409, body=json.dumps(refusal)))
    page.context.set_offline(False)
    expect(page.locator(".waiting li.wrong")).to_contain_text("ROBOT-1", timeout=20_000)
    page.get_by_role("button", name="Seen to").click()
    expect(page.locator(".waiting")).to_have_count(0)
