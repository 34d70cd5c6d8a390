"""Every kind builds, every template is one, and the page of drivers says what the registry says."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest

from devices.catalogue import LANGUAGES
from devices.contract.commands import COMMAND_NAMES
from devices.contract.events import EVENT_TYPES
from devices.drivers import templates
from devices.drivers.outputs import Commandable, SorterDriver, Weigher
from devices.drivers.registry import KINDS, DriverKind, build_driver
from gateway.settings import SCALES, SORTERS, AnyDevice

PAGE = Path(__file__).parents[4] / "docs/drivers.md"
WHERE = {"address": "sfh-s/hall/s1/d1", "link": "serial:/dev/ttyS0"}
LEAST = {
    "streaming_scale": {"language": "cas"},
    "polled_scale": {"language": "sma"},
    "dimensioner": {"language": "cubiscan"},
    "modbus_probe": {"probes": [{"name": "door"}]},
    "json_probe": {"probes": [{"name": "door"}]},
}
KIND_IDS = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def wall() -> datetime:
    return datetime(2026, 11, 20, tzinfo=UTC)


@KIND_IDS
def test_a_kind_builds_from_its_least_configuration(kind: DriverKind) -> None:
    """A default that cannot be built would be found by the person who installs the machine."""
    device = kind.settings.model_validate({**WHERE, "kind": kind.name, **LEAST.get(kind.name, {})})
    driver = build_driver(device, wall)
    assert kind.language(device) in kind.languages
    own = getattr(driver, "commands", frozenset())
    assert set(kind.commands) - {"chute_enable", "chute_disable", "ping"} == set(own) - {"ping"}
    assert isinstance(driver, SorterDriver) == (kind.name in SORTERS)
    assert isinstance(driver, Weigher) == (kind.name in SCALES)
    assert isinstance(driver, Commandable) == hasattr(driver, "commands")


@KIND_IDS
def test_a_kind_names_only_what_exists(kind: DriverKind) -> None:
    assert set(kind.languages) <= LANGUAGES.keys()
    assert set(kind.events) <= EVENT_TYPES.keys()
    assert set(kind.commands) <= COMMAND_NAMES


def test_the_gateway_accepts_every_kind() -> None:
    """A kind that the union of the settings does not have could never be configured."""
    assert set(get_args(AnyDevice)) == {kind.settings for kind in KINDS.values()}


def test_every_language_has_a_driver() -> None:
    """A codec that nothing runs is a document. CT machines are spoken to by their own station, not by a gateway."""
    wanted = {language.name for language in LANGUAGES.values() if str(language.kind) != "ct"}
    assert {name for kind in KINDS.values() for name in kind.languages} == wanted


@pytest.mark.parametrize("name", templates.names())
def test_a_template_is_a_whole_device(name: str) -> None:
    """With an address and a link, and nothing else, it builds; the page lists it."""
    keys = templates.filled({**WHERE, "template": name})
    build_driver(KINDS[keys["kind"]].settings.model_validate(keys), wall)
    assert f"`{name}`" in PAGE.read_text(encoding="utf-8")


def test_a_key_of_the_site_goes_before_the_template() -> None:
    keys = templates.filled({**WHERE, "template": "datalogic_ds8100", "no_read": "NR"})
    assert (keys["no_read"], keys["aim"]) == ("NR", False)


@pytest.mark.parametrize("name", ["mettler", "../catalogue", "A" * 100, 7])
def test_a_template_that_is_none_is_refused_with_the_near_ones(name: object) -> None:
    with pytest.raises(ValueError, match="template"):
        templates.filled({**WHERE, "template": name})


@KIND_IDS
def test_the_page_lists_the_kind_with_its_level(kind: DriverKind) -> None:
    """Who buys by the page must not find less than it claims; none is gold without a machine."""
    (row,) = re.findall(rf"^\| `{kind.name}` \|.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == ", ".join(f"`{name}`" for name in kind.languages)
    assert cells[2] == ", ".join(kind.events) or "none"
    assert cells[3] == ", ".join(kind.commands) or "none"
    assert cells[4] == kind.quality != "gold"
