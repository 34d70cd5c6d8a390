"""Scenarios are checked before anything moves, and the message says which file and key to correct."""

from pathlib import Path

import pytest

from firmware_sim import scenario
from firmware_sim.scenario import SCENARIOS, ScenarioError

CALM = (SCENARIOS / "calm.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_shipped_scenario_loads_under_its_own_name(file: Path) -> None:
    """A scenario is found by the name it gives itself."""
    assert scenario.load(file.stem).name == file.stem


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("lanes = 4", "lanes = 0", "line.lanes"),
        ("lanes = 4", "lanes = 4\nlane = 4", "line.lane"),
        ("rate_per_h = 20000", "rate_per_h = 'fast'", "line.rate_per_h"),
        ("rate_per_h = 20000", "rate_per_h = 59000", "min_gap_m"),
        ("lanes = 4", "lanes = 2", "one scale"),
        ("scale_length_m = 0.8", "scale_length_m = 0.2", "lane: an item must fit"),
        ("safe = 48", "safe = 12", "chutes.safe"),
        ("loop_m = 120.0", "loop_m = 41.0", "belt.loop_m"),
        ("[20.0, 45.0]", "[45.0, 20.0]", "chutes.emptied_after_s"),
        ("[scanner]", "[scanner]\nno_read = ''", "scanner.no_read"),
        ('name = "calm"', 'name = "Ca lm"', "name"),
        ("[parcels.services]", "[faults]\nno_read = 0.9\ngarbled = 0.2\n[parcels.services]", "together exceed 1"),
        ("[parcels.services]", "[[faults.jam]]\nchute = 49\nat_s = 1\nfor_s = 1\n[parcels.services]", "no such chute"),
        ("[line]", "[line", "line"),
    ],
)
def test_a_mistake_is_named_by_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    """Nobody should have to read the source to correct a scenario."""
    file = tmp_path / "mine.toml"
    assert old in CALM
    file.write_text(CALM.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        scenario.load(str(file))
    assert str(file) in str(caught.value)
    assert complaint in str(caught.value)


def test_overlapping_unplugs_are_refused(tmp_path: Path) -> None:
    """A plug that is out cannot be pulled."""
    file = tmp_path / "mine.toml"
    file.write_text(CALM + "\n[[faults.unplug]]\nat_s = 5\nfor_s = 5\n" + "[[faults.unplug]]\nat_s = 9\nfor_s = 1\n")
    with pytest.raises(ScenarioError, match="overlap"):
        scenario.load(str(file))


def test_an_unknown_name_lists_the_known_ones() -> None:
    """The next attempt should succeed."""
    with pytest.raises(ScenarioError, match="calm, suifenhe"):
        scenario.load("harbin")


def test_the_rate_can_be_changed_within_what_the_belts_carry(calm: scenario.Scenario) -> None:
    """`--rate` obeys the same physics as the file."""
    assert calm.with_rate(6000).pitch_s == pytest.approx(0.6)
    with pytest.raises(ScenarioError, match="min_gap_m"):
        calm.with_rate(50_000)


def test_without_faults_nothing_goes_wrong(suifenhe: scenario.Scenario) -> None:
    """`--no-faults` leaves the line and takes the mishaps."""
    quiet = suifenhe.without_faults()
    assert quiet.faults == scenario.Faults()
    assert quiet.line == suifenhe.line
