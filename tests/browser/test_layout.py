"""Words fit and can be read: three languages, light and dark, desk and hand."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.scanner import scan
from tests.browser.watched_page import overflowing, pale

PAGES = ("line", "announce", "parcels", "bags", "parked", "code/CP000000005CN")


@pytest.mark.parametrize("lang", ["ru", "zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, (390, 844)], ids=["desk", "phone"])
def test_the_console_fits(lang: str, size: tuple[int, int], server: str, signed_in):
    """Russian words are long; cut off they mean something else. Contrast is AA in light and dark."""
    page = signed_in(f"{server}/console/", lang=lang, size=size, dark=lang == "zh")
    for name in PAGES:
        page.goto(f"{server}/console/#/{name}")
        expect(page.locator("main h1")).to_be_visible()
        page.wait_for_load_state("networkidle") if name != "line" else expect(
            page.locator(".chute").first
        ).to_be_visible()
        assert overflowing(page, "header") == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert pale(page, 4.5, 3) == [], name


@pytest.mark.parametrize("lang", ["ru", "zh", "en"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_handheld_fits(lang: str, dark: bool, server: str, signed_in):
    """No word leaves its box, in any state of the one screen. Contrast is AAA: bad light, tired eyes."""
    page = signed_in(f"{server}/handheld/", lang=lang, size=PHONE, dark=dark)
    expect(page.locator(".idle")).to_be_visible()
    assert overflowing(page) == []
    assert pale(page, 7, 4.5) == []
    for code in ("RA473124829CN", "CP000000005CN", "S1-C16", "EX884850071CN", "XX00000000XX"):
        scan(page, code)
        expect(page.locator(".result .code")).to_contain_text(code)
        expect(page.locator(".result.good, .result.ask, .result.wrong")).to_be_visible()
        expect(page.locator(".flash")).not_to_be_visible()
        assert overflowing(page) == [], code
        assert pale(page, 7, 4.5) == [], code
    page.locator("header button[aria-expanded]").click()
    assert overflowing(page) == []
    assert pale(page, 7, 4.5) == []
