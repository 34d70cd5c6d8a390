"""The whole line as a user runs it, with everything killed in turn."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.run_up import UpRun

FAST = Path(__file__).with_name("fast.toml")
pytestmark = [pytest.mark.scenario, pytest.mark.servers]


@pytest.fixture
def runs() -> Iterator[list[UpRun]]:
    started: list[UpRun] = []
    yield started
    for run in started:
        run.kill()


def test_the_default_run_sorts_every_parcel_and_agrees_with_the_machines(tmp_path: Path, runs: list[UpRun]):
    """The main job, faults included: inducted = sorted + exceptions, nothing lost, nothing twice, the ledger proven."""
    run = UpRun(tmp_path / "k", "--parcels", "120", "--exit")
    runs.append(run)
    code, report = run.finish(150)
    assert code == 0, run.errors()
    assert report["announced"] == report["inducted"] == 120
    assert report["sorted"] + report["exceptions"] == 120
    assert (report["lost"], report["duplicated"], report["late_decisions"], report["ledger"]) == (0, 0, 0, "ok")
    left = [line for line in _processes() if str(tmp_path) in line]
    assert left == []


def test_killing_every_part_in_turn_loses_nothing_and_doubles_nothing(tmp_path: Path, runs: list[UpRun]):
    """kill -9 of gateway, workers, broker and database during 2,000 parcels: effects equal the machines' ground truth."""
    run = UpRun(tmp_path / "k", "--parcels", "2000", "--exit", "--scenario", str(FAST), "--seed", "7")
    runs.append(run)
    run.wait_for("first parcels", lambda: run.landed() > 60, 90)
    for number, name in enumerate(("gateway", "work", "broker", "postgres", "gateway", "work", "broker", "postgres")):
        start = 100 + number * 180
        run.wait_for(f"{start} parcels", lambda start=start: run.landed() >= start, 90)
        pid = run.pid(name)
        assert pid is not None, name
        before = run.restarts(name)
        os.kill(pid, signal.SIGKILL)
        run.wait_for(f"{name} again", lambda name=name, before=before: run.restarts(name) > before, 30)
    code, report = run.finish(240)
    assert (report["lost"], report["duplicated"], report["ledger"]) == (0, 0, "ok"), run.errors()
    assert report["inducted"] == report["sorted"] + report["exceptions"] == 2000
    assert code == 0, run.errors()


def test_nothing_is_left_behind_when_the_parent_is_killed(tmp_path: Path, runs: list[UpRun]):
    """SIGKILL of `kouan up` gives it no chance to clean up; the machine has to be clean all the same."""
    run = UpRun(tmp_path / "k", "--parcels", "30")
    runs.append(run)
    run.wait_for("gateway", lambda: run.pid("gateway") is not None, 60)
    run.process.kill()
    run.process.wait()
    deadline = time.monotonic() + 15
    while (left := [line for line in _processes() if str(tmp_path) in line]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def _processes() -> list[str]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes() + b" " + (folder / "environ").read_bytes()
            except OSError:
                continue
            found.append(f"{folder.name} {line.decode(errors='replace')}")
    return found
