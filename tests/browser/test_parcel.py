"""One parcel: looking it up, holding it, reading it in another language."""

from playwright.sync_api import expect

from tests.browser.watched_page import switch_language


def test_a_search_leads_to_the_parcel_and_its_journal(server: str, signed_in):
    """Where it is, how it came there and what to do, from any code on it."""
    page = signed_in(f"{server}/console/")
    page.fill("[role=search] input", "CP000000005CN")
    page.keyboard.press("Enter")
    main = page.locator("main")
    expect(main).to_contain_text("Back on the belt")
    expect(main).to_contain_text("exception · chute full")
    expect(main.locator(".steps li")).to_have_count(2)
    expect(main.locator(".steps")).to_contain_text("outside → belt S1")


def test_a_hold_shows_as_a_chip_and_can_be_lifted(server: str, signed_in, keep_screen):
    """A hold outranks every other state, so it stands at the top with its instruction."""
    page = signed_in(f"{server}/console/#/code/CP000000005CN")
    page.fill("form.inline input", "CIQ 2026-117")
    page.get_by_role("button", name="Put on hold").click()
    expect(page.locator(".chip.bad")).to_contain_text("Hold CIQ 2026-117")
    expect(page.locator("main")).to_contain_text("To inspection")
    for lang in ("zh", "ru", "en"):
        switch_language(page, lang)
        keep_screen(page, f"parcel-{lang}")
    page.fill("form.inline input", "lifted by phone")
    page.get_by_role("button", name="Release").click()
    expect(page.locator(".chip.bad")).to_have_count(0)


def test_an_unknown_code_says_what_to_do(server: str, signed_in):
    """An error says what happened, where, and the next step."""
    page = signed_in(f"{server}/console/#/code/XX99")
    expect(page.locator(".problem")).to_contain_text("XX99 is not known here")


def test_another_language_keeps_the_page(server: str, signed_in):
    """A colleague who reads another language looks at the same parcel, now and after a reload."""
    page = signed_in(f"{server}/console/#/code/CP000000005CN")
    expect(page.locator("main")).to_contain_text("Tools")
    switch_language(page, "ru")
    expect(page.locator("main")).to_contain_text("отклонение")
    assert page.url.endswith("#/code/CP000000005CN")
    page.reload()
    expect(page.locator("main")).to_contain_text("отклонение")
    assert page.evaluate("document.documentElement.lang") == "ru"


def test_lists_lead_to_what_they_list(server: str, signed_in):
    """Exceptions by reason, and the open bags with their button."""
    page = signed_in(f"{server}/console/#/parcels/exception/CHUTE_FULL")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="CP000000005CN").click()
    expect(page.locator("h1")).to_have_text("CP000000005CN")
    page.get_by_role("link", name="Bags").click()
    page.locator("tr", has_text="c16").get_by_role("button", name="Close bag").click()
    expect(page.locator("tr", has_text="c16")).to_have_count(0)
    page.get_by_role("button", name="Closed", exact=True).click()
    expect(page.locator("tr", has_text="c16")).to_contain_text("closed by hand")
