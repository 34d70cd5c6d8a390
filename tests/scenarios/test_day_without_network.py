"""An hour without the warehouse; the whole day is `python -m tests.chaos.day`."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.day import PARCELS_PER_H, live

pytestmark = pytest.mark.scenario


def test_an_hours_backlog_is_kept_on_disk_and_arrives_in_order(tmp_path: Path) -> None:
    """The WAN is down for a day now and then: nothing is lost, the order of each device stays, and memory is for work."""
    day = asyncio.run(live(1.0, tmp_path, print))
    assert day.events == 4 * PARCELS_PER_H
    assert (day.lost, day.out_of_order, day.rows_left) == (0, 0, 0), day
    assert day.full_mb - day.start_mb < 40, "the backlog is in memory"
