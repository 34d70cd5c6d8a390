"""Signing in at the console and the handheld."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.support.api import PASSWORD


@pytest.mark.parametrize("entry", ["console", "handheld"])
def test_a_wrong_password_says_so_and_a_right_one_opens(entry: str, server: str, visit):
    """The reason stays readable until the next try, and the name need not be typed again."""
    watched = visit(f"{server}/{entry}/", size=PHONE)
    watched.sign_in("leader", "not the password")
    expect(watched.page.get_by_role("alert")).to_contain_text("Name or password is wrong")
    expect(watched.page.locator("input[autocomplete=username]")).to_have_value("leader")
    watched.sign_in("leader", PASSWORD)
    expect(watched.page.locator("header")).to_be_visible()


def test_signing_out_ends_the_session_here(server: str, visit):
    """The next person at this screen must not find the last one's rights."""
    watched = visit(f"{server}/console/")
    watched.sign_in("leader", PASSWORD)
    page = watched.page
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
