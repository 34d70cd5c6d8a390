"""The line screen on a simulated line that runs."""

import os
import signal

from playwright.sync_api import expect

from tests.browser.conftest import KEEP_SCREENS
from tests.browser.watched_page import WatchedPage, switch_language
from tests.support.run_up import UpRun

_WATCH_SHIFTS = """() => { window.shifted = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) window.shifted += one.value; })
    .observe({ type: "layout-shift" }); }"""


def open_line(up: UpRun, visit) -> WatchedPage:
    watched: WatchedPage = visit(f"http://127.0.0.1:{up.status()['http_port']}/console/")
    watched.sign_in("admin", (up.home / "secrets" / "admin_password").read_text().strip())
    expect(watched.page.locator(".belt canvas")).to_be_visible()
    expect(watched.page.locator(".heading .chip")).to_have_text("Live")
    return watched


def test_parcels_move_and_decisions_appear_without_a_jump(up: UpRun, visit, keep_screen):
    """The heart of the console: what happens in the hall is seen while it happens, and nothing jumps under a hand."""
    page = open_line(up, visit).page
    expect(page.locator(".decisions tbody tr").first).to_be_visible(timeout=15_000)
    page.evaluate(_WATCH_SHIFTS)
    newest = page.locator(".decisions tbody tr").first.text_content() or ""
    belt = page.locator(".belt canvas")
    assert belt.screenshot() != belt.screenshot()
    expect(page.locator(".decisions tbody tr").first).not_to_have_text(newest, timeout=10_000)
    expect(page.locator(".chute .bar i[style*='background']").first).to_be_attached()
    if KEEP_SCREENS:  # a picture of a line at work, not of one that starts
        up.wait_for("a filled line", lambda: up.landed() > 130, 90)
    for lang in ("zh", "ru", "en"):
        switch_language(page, lang)
        keep_screen(page, f"line-{lang}")
    page.evaluate(_WATCH_SHIFTS)
    page.wait_for_timeout(2_000)
    assert page.evaluate("window.shifted") < 0.02


def test_a_decision_leads_to_its_parcel(up: UpRun, visit):
    """Every number opens down to the record behind it."""
    page = open_line(up, visit).page
    link = page.locator(".decisions tbody a").nth(20)
    expect(link).to_be_visible(timeout=20_000)
    href = link.get_attribute("href") or ""
    page.evaluate("(hash) => { location.hash = hash; }", href)
    expect(page.locator("main h1")).to_have_text(href.rsplit("/", 1)[-1])


def test_an_alarm_has_one_button(server: str, signed_in):
    """What happened, where, the next step; taking note of it clears the strip."""
    page = signed_in(f"{server}/console/")
    alarm = page.locator(".alarm")
    expect(alarm).to_contain_text("The sorter reports error 00000010 in section FGIN.")
    alarm.get_by_role("button", name="Take note").click()
    expect(alarm).to_contain_text("No alarms")


def test_a_lost_stream_is_said_and_comes_back(up: UpRun, visit):
    """A frozen picture that looks live is worse than none. Here the web server dies and is started again."""
    watched = open_line(up, visit)
    watched.may_be_cut_off = True
    pid = up.pid("api")
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    chip = watched.page.locator(".heading .chip")
    expect(chip).to_have_text("No connection, trying again")
    expect(chip).to_have_text("Live", timeout=20_000)
