"""The catalogue is complete, and the page says what it says."""

from pathlib import Path

import pytest

from devices.catalogue import LANGUAGES, Language

ROOT = Path(__file__).parents[3]
SHARED = {
    "__init__",
    "frames",  # what every decoder gives back
    "delimited",  # framing by terminator
    "marked",  # framing by size
    "weighing",  # what scales say
    "measuring",  # what dimensioners say
    "scale_command",  # what hosts say in one word
    "sorter_mailbox",  # registers of a PLC, carried by modbus_tcp
    "osip_profile",  # how we use the free fields of OSIP
}


def test_every_codec_is_in_the_catalogue() -> None:
    """A codec outside it is held by no law, explained by no command and found by nobody."""
    modules = {path.stem for path in (ROOT / "devices/protocols").glob("*.py")} - SHARED
    decoders = [side.decoder() for entry in LANGUAGES.values() for side in (entry.machine, entry.host) if side]
    assert {type(decoder).__module__.removeprefix("devices.protocols.") for decoder in decoders} == modules


def test_every_codec_has_golden_bytes_of_its_own() -> None:
    """The laws hold a codec that is wrong on both sides; only a test with the maker's bytes does not."""
    tests = {path.stem.removeprefix("test_") for path in (ROOT / "tests/unit/devices/protocols").glob("test_*.py")}
    assert {path.stem for path in (ROOT / "devices/protocols").glob("*.py")} - SHARED <= tests


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_the_page_says_what_the_catalogue_says(language: Language) -> None:
    """Who reads the page learns the document, what is not settled, and whether the host may speak."""
    page = (ROOT / "docs/wire-languages.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{language.name}` |")]
    directions = "both" if language.host else "machine only"
    said = [f"`{language.name}`", language.kind, language.use, language.document, language.unchecked, directions]
    assert [cell.strip() for cell in row.strip("|").split("|")] == said


def test_nothing_claims_more_than_bronze() -> None:
    """Silver takes a recording of a real machine in the tests, and there is none."""
    assert {language.quality for language in LANGUAGES.values()} == {"bronze"}
