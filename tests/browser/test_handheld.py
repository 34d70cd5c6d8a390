"""The handheld: one hand, one screen, scans from a scanner that types."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.scanner import scan
from tests.browser.watched_page import switch_language
from tests.support.api import PASSWORD


@pytest.fixture
def hand(server: str, signed_in):
    def enter() -> Page:
        page: Page = signed_in(f"{server}/handheld/", size=PHONE)
        expect(page.locator(".idle")).to_be_visible()
        return page

    return enter


def test_a_scan_of_a_known_parcel_says_what_to_do(hand, keep_screen):
    """The biggest words are the next action; nothing had to be focused or tapped."""
    page = hand()
    expect(page.locator(".idle .todo")).to_have_text("Scan parcel")
    scan(page, "RA473124829CN")
    expect(page.locator(".todo")).to_have_text("Put on the belt")
    expect(page.locator(".destination")).to_have_text("MOW EXP")
    scan(page, "CP000000005CN", end="Tab")
    expect(page.locator(".todo")).to_have_text("Back on the belt")
    result = page.locator(".result")
    expect(result).to_contain_text("exception · chute full")
    expect(result).to_contain_text("dropped into the chute")
    expect(page.locator(".history")).to_contain_text("RA473124829CN")
    size = page.locator(".todo").evaluate("(e) => getComputedStyle(e).fontSize")
    assert size == "56px"
    for lang in ("zh", "ru", "en"):
        page.get_by_label(
            {"zh": "菜单", "ru": "Меню"}.get(page.evaluate("document.documentElement.lang"), "Menu")
        ).click()
        switch_language(page, lang)
        page.locator("header button[aria-expanded]").click()
        keep_screen(page, f"handheld-{lang}")


def test_an_unknown_parcel_is_wrong_and_shows_its_code(hand):
    """What was scanned, what is wrong, and one way on: the next scan. No tap is needed."""
    page = hand()
    scan(page, "XX00000000XX")
    expect(page.locator(".result.wrong .code")).to_contain_text("XX00000000XX")
    expect(page.locator(".why")).to_have_attribute("data-code", "unknown_parcel")
    expect(page.locator(".why")).to_contain_text("set the parcel aside")
    scan(page, "RA473124829CN")
    expect(page.locator(".todo")).to_have_text("Put on the belt")
    expect(page.locator(".history li.wrong")).to_contain_text("XX00000000XX")


def test_a_scan_flashes_and_is_gone_within_a_moment(hand):
    """A hand in a glove feels the answer before the eye reads it."""
    page = hand()
    page.evaluate("""() => { window.seen = [];
      new MutationObserver(() => window.seen.push([document.querySelector('.flash').className, performance.now()]))
        .observe(document.querySelector('.flash'), { attributes: true }); }""")
    scan(page, "RA473124829CN")
    expect(page.locator(".todo")).to_have_text("Put on the belt")
    page.wait_for_timeout(300)
    (first, began), (second, ended) = page.evaluate("window.seen")
    assert (first.strip(), second.strip()) == ("flash good", "flash")
    assert 40 < ended - began < 1000  # 120 by design; a shared machine tells both moments late


_RECORDER = """(() => {
  window.tones = []; window.shakes = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) { window.tones.push(this.frequency.value); return start.call(this, at); };
  Object.defineProperty(Navigator.prototype, "vibrate", { value: (pattern) => window.shakes.push(pattern) });
})()"""


def test_four_answers_sound_and_shake_differently(server: str, visit):
    """In a loud hall the hand tells, in a quiet one the ear: good, ask, wrong and done must never be mixed up."""
    watched = visit(f"{server}/handheld/", size=PHONE)
    page = watched.page
    page.add_init_script(_RECORDER)
    page.reload()
    watched.sign_in("leader", PASSWORD)
    expect(page.locator(".idle")).to_be_visible()
    answers = []
    for code, kind in (("RA473124829CN", "good"), ("CP000000005CN", "ask"), ("XX00000000XX", "wrong")):
        page.evaluate("() => { window.tones = []; window.shakes = []; }")
        scan(page, code)
        expect(page.locator(f".result.{kind}")).to_be_visible()
        answers.append(page.evaluate("JSON.stringify([window.tones, window.shakes])"))
    assert len(set(answers)) == 3
    assert all("[]" not in one for one in answers)


def test_the_next_person_sees_nothing_of_the_last(server: str, visit):
    """A shift ends by signing out; what was scanned goes with it."""
    watched = visit(f"{server}/handheld/", size=PHONE)
    watched.sign_in("leader", PASSWORD)
    page = watched.page
    expect(page.locator(".idle")).to_be_visible()
    scan(page, "RA473124829CN")
    expect(page.locator(".todo")).to_have_text("Put on the belt")
    page.get_by_label("Menu").click()
    page.get_by_role("button", name="Sign out").click()
    watched.sign_in("picker", PASSWORD)
    expect(page.locator(".idle")).to_be_visible()
    expect(page.locator("header")).to_contain_text("picker")


def test_a_scanner_never_loses_its_first_sign_nor_presses_a_button(hand):
    """After a tap the tapped button has the focus; a scan's Enter must not press it again."""
    page = hand()
    page.get_by_role("button", name="Type it").click()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Camera").focus()
    scan(page, "RA473124829CN")
    expect(page.locator(".result .code")).to_contain_text("RA473124829CN")
    expect(page.locator(".camera")).to_have_count(0)


def test_slow_typing_goes_through_the_field_and_a_scan_passes_it_by(hand):
    """Labels no scanner reads are typed; a scan in the middle of it is a scan and leaves no rest in the field."""
    page = hand()
    page.get_by_role("button", name="Type it").click()
    field = page.get_by_label("Code on the label")
    expect(field).to_be_focused()
    page.keyboard.type("cp12", delay=90)
    page.wait_for_timeout(150)
    scan(page, "RA473124829CN")
    expect(page.locator(".result .code")).to_contain_text("RA473124829CN")
    page.get_by_role("button", name="Type it").click()
    page.keyboard.type("cp123456785cn", delay=80)
    page.keyboard.press("Enter")
    expect(page.locator(".result .code")).to_contain_text("CP123456785CN")
    expect(page.locator(".todo")).to_have_text("Done, nothing to do")


def test_a_bag_is_closed_by_its_chute_and_found_by_its_sscc(hand):
    """A chute's label offers its open bag; the closed bag answers to an element string as scanners send it."""
    page = hand()
    scan(page, "S1-C12")
    expect(page.locator(".todo")).to_have_text("Open bag in chute c12")
    page.get_by_role("button", name="Close bag").click()
    expect(page.locator(".todo")).to_have_text("To staging")
    sscc = page.locator(".result dd").last.text_content() or ""
    assert len(sscc) == 18
    scan(page, f"]C100{sscc}")
    expect(page.locator(".result .code")).to_contain_text(sscc)
    expect(page.locator(".todo")).to_have_text("To staging")
    scan(page, "S1-C12")
    expect(page.locator(".why")).to_contain_text("Chute c12 has no open bag")


def test_without_a_network_the_page_stays_and_says_so(server: str, visit):
    """Red dot and a word, a scan that says what to check; when the network is back the next scan works."""
    watched = visit(f"{server}/handheld/", size=PHONE)
    watched.may_be_cut_off = True
    watched.sign_in("leader", PASSWORD)
    page = watched.page
    expect(page.locator(".idle")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator(".net")).to_contain_text("No network")
    scan(page, "RA473124829CN")
    expect(page.locator(".why")).to_have_attribute("data-code", "no_network")
    page.context.set_offline(False)
    expect(page.locator(".net")).to_contain_text("Online")
    scan(page, "RA473124829CN")
    expect(page.locator(".todo")).to_have_text("Put on the belt")


def test_the_camera_says_why_it_is_missing(hand):
    """No permission, no camera: one sentence and a way back."""
    page = hand()
    page.get_by_role("button", name="Camera").click()
    expect(page.locator(".camera .why")).to_have_attribute("data-code", "camera_none")
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".idle")).to_be_visible()


def test_every_target_is_large_enough_for_a_glove(hand):
    """48 px at least, both ways."""
    page = hand()
    page.get_by_label("Menu").click()
    boxes = page.locator("button:visible, select:visible, input:visible")
    for index in range(boxes.count()):
        box = boxes.nth(index).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 48, boxes.nth(index).text_content()
