"""Every capability that is claimed is held by a test that says so."""

from tests.support.capabilities import ROOT, laws_by_row, page


def test_every_claimed_capability_has_a_test():
    """A row without a test is a wish."""
    assert [row for row, tests in laws_by_row().items() if not tests] == []


def test_the_page_of_capabilities_is_current():
    """docs/capabilities.md is what `python -m tests.support.capabilities` writes."""
    assert (ROOT / "docs" / "capabilities.md").read_text(encoding="utf-8") == page()
