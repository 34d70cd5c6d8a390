"""A minute of everything that breaks. The ten-minute form is `make test-chaos`."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.chaos.run import Chaos

pytestmark = [pytest.mark.servers, pytest.mark.scenario]


def test_after_a_minute_of_chaos_effects_equal_the_truth(tmp_path: Path) -> None:
    """Whatever is killed, cut, filled or set wrong: what the sorter reported takes effect once, and nothing else does."""
    if not (shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists()):
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    outcome = asyncio.run(Chaos(tmp_path, seed=7).run(60.0, rate=60.0))
    print(outcome)
    assert outcome.good, outcome
    assert outcome.parcels > 1500
    assert len(outcome.faults) >= 5, "the dice struck too seldom"
    assert outcome.peak_mb < 150
