"""kill -9 at any moment: what was confirmed is there, and no stream has a hole."""

import asyncio
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.outbox import Outbox
from tests.integration.gateway.append_forever import SORTER
from tests.integration.gateway.conftest import ROOT

pytestmark = pytest.mark.servers
ROUNDS = 8


def one_life(folder: Path, seconds: float) -> tuple[str, set[int]]:
    """Run the child, kill it, and return its boot and what it said was stored."""
    command = [sys.executable, "-m", "tests.integration.gateway.append_forever", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        boot = child.stdout.readline().split()[1]
        time.sleep(seconds)
        child.kill()
        said = child.stdout.read().splitlines(keepends=True)
    return boot, {int(line) for line in said if line.endswith("\n")}


def test_nothing_confirmed_is_lost_and_seq_has_no_hole(tmp_path: Path) -> None:
    dice = random.Random(11)
    lives = [one_life(tmp_path, dice.uniform(0.05, 0.35)) for _ in range(ROUNDS)]
    assert [boot for boot, _ in lives] == sorted(boot for boot, _ in lives)

    async def check() -> None:
        outbox = Outbox.open(tmp_path, SystemClock(), "gw1")
        assert outbox.damaged is None
        for boot, confirmed in lives:
            stored = [row.seq for row in await outbox.read(SORTER, boot, 0, 1_000_000)]
            assert confirmed <= set(stored), "a confirmed row is lost"
            assert stored == list(range(1, len(stored) + 1)), "a hole in a stream"
            assert all(outbox.seen(f"{boot} {seq}".encode()) for seq in confirmed), (
                "a repetition would be recorded twice"
            )
        await outbox.close()

    assert sum(len(confirmed) for _, confirmed in lives) > 100, "the test must have stored something"
    asyncio.run(check())
