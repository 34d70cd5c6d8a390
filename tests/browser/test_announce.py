"""Announcing a file."""

from playwright.sync_api import expect

from tests.browser.watched_page import switch_language

GOOD_AND_BAD = b"""waybill_no,destination,service,weight_g,goods
LX914387947CN,MOW,STD,562,Tea set
RA473124828CN,MOW,STD,500,Scarves
YT1388495261384,UUD,EXP,0,Shoes
"""


def choose(page, name: str, data: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/csv", "buffer": data})


def test_a_bad_row_is_told_by_row_column_and_reason(server: str, signed_in, keep_screen):
    """The sender mends the file by what stands here; good rows are taken all the same."""
    page = signed_in(f"{server}/console/#/announce")
    choose(page, "wave-0002.csv", GOOD_AND_BAD)
    outcome = page.locator("section", has_text="wave-0002.csv").first
    expect(outcome).to_contain_text("1 accepted")
    expect(outcome).to_contain_text("2 refused")
    rows = outcome.locator("tbody tr")
    expect(rows).to_have_count(2)
    assert rows.nth(0).locator("td").all_text_contents() == [
        "3",
        "waybill number",
        "The check digit is wrong, it should be 9. Compare with the label.",
    ]
    expect(rows.nth(1)).to_contain_text("The weight must lie between 1 g and 1,000,000 g.")
    for lang in ("zh", "ru", "en"):
        switch_language(page, lang)
        keep_screen(page, f"announce-{lang}")


def test_a_file_of_another_kind_is_refused_with_the_next_step(server: str, signed_in):
    """Nothing of such a file is used, and the reason names what is missing."""
    page = signed_in(f"{server}/console/#/announce")
    choose(page, "addresses.csv", b"street,town\nLenina 1,Moscow\n")
    expect(page.get_by_role("alert")).to_contain_text("These columns are missing: waybill number, weight in g.")
    choose(page, "letter.pdf", b"%PDF-1.7 nothing")
    expect(page.get_by_role("alert")).to_contain_text("letter.pdf is no CSV, XLSX or CEB505 file")


def test_the_rows_of_an_older_file_can_be_opened(server: str, signed_in):
    """A number on a screen opens down to the records behind it."""
    page = signed_in(f"{server}/console/#/announce")
    choose(page, "again.csv", GOOD_AND_BAD)
    expect(page.locator("table").last).to_contain_text("again.csv")
    page.reload()
    page.get_by_role("button", name="again.csv").click()
    expect(page.locator("table").last).to_contain_text("The check digit is wrong")
