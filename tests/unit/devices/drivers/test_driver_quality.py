"""What bronze and silver claim, run for every kind of the registry in every language it speaks, against its simulator."""

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from devices.catalogue import LANGUAGES
from devices.drivers.registry import KINDS
from firmware_sim.models.bad_line import LineFaults
from tests.unit.devices.drivers.scenes import Scene, scenes
from tests.unit.devices.drivers.stage import Stage

pytestmark = pytest.mark.anyio
SCENES = list(scenes())
BUDGET_S = 0.020
Law = Callable[[Scene, Path], Awaitable[None]]


async def hold(law: Law, folder: Path, chosen: Sequence[Scene] = SCENES) -> None:
    """Run a law for all scenes at once, because almost all of it is waiting for machines; fail with the names."""

    async def one(scene: Scene) -> str | None:
        place = folder / scene.name
        place.mkdir()
        try:
            await law(scene, place)
        except AssertionError as error:
            return f"{scene.name}: {error}"
        return None

    broken = [why for why in await asyncio.gather(*map(one, chosen)) if why is not None]
    assert not broken, "\n".join(broken)


def test_every_kind_and_language_has_a_scene() -> None:
    """A level is claimed for what was run, not for what resembles it."""
    plays = {(scene.kind, scene.language) for scene in SCENES}
    for kind in KINDS.values():
        wanted = {"honeywell_menu"} if kind.name == "menu_scanner" else set(kind.languages)
        assert {language for name, language in plays if name == kind.name} == wanted


def test_none_is_gold_and_golden_bytes_exist() -> None:
    """Gold takes a recording of a real machine; bronze the maker's bytes in the catalogue, which its own test holds."""
    assert all(kind.quality != "gold" for kind in KINDS.values())
    assert all(LANGUAGES[scene.language].machine.example for scene in SCENES)


async def test_a_lost_device_is_told_once_and_comes_back(tmp_path: Path) -> None:
    """Bronze and silver: a dozen attempts in vain are one change of state, and afterwards facts come again."""

    async def law(scene: Scene, folder: Path) -> None:
        async with Stage(scene, folder) as stage:
            await stage.play(1)
            assert stage.told == [scene.expected(1)]
            stage.states.clear()
            stage.port.unplug()
            await asyncio.sleep(0.15)
            assert stage.states == ["CONNECTING"]
            await stage.plug()
            await stage.until(lambda: stage.states == ["CONNECTING", "READY"], "ready again")
            await asyncio.sleep(0.05)
            await stage.rest()
            await stage.play(2)
            assert stage.told == [scene.expected(1), scene.expected(2)]
            assert stage.device.counters.reconnects == 2
            assert stage.device.counters.crashes == 0

    await hold(law, tmp_path)


async def test_every_fact_once_in_any_split_and_in_time(tmp_path: Path) -> None:
    """Silver: a serial port keeps no boundaries; from the last byte to the report is within the budget."""

    async def law(scene: Scene, folder: Path) -> None:
        async with Stage(scene, folder, LineFaults(split=True)) as stage:
            for number in range(1, 4):
                await stage.play(number)
            assert stage.told == [scene.expected(number) for number in range(1, 4)]
            assert statistics.median(latency for _, latency in stage.facts) < BUDGET_S

    await hold(law, tmp_path)


async def test_noise_makes_no_fact_and_costs_at_most_its_neighbour(tmp_path: Path) -> None:
    """Silver: parity noise and half frames between good ones. Nothing false or twice; what repeats itself loses nothing."""

    async def law(scene: Scene, folder: Path) -> None:
        async with Stage(scene, folder) as stage:
            stage.line.faults = LineFaults(split=True, noise=0.5, halved=0.3)
            for number in range(1, 5):
                await stage.play(number, least=int(scene.reliable))
            stage.line.faults = LineFaults()
            await asyncio.sleep(0.25)
            await stage.rest()
            await stage.play(5, least=0)
            await stage.play(6, least=0)
            truth = [scene.expected(number) for number in range(1, 7)]
            assert _is_subsequence(stage.told, truth), f"{stage.told} out of {truth}"
            assert scene.expected(6) == stage.told[-1]
            assert len(stage.told) == 6 if scene.reliable else stage.told
            assert stage.device.counters.crashes == 0

    await hold(law, tmp_path, [scene for scene in SCENES if scene.noise])


async def test_a_frame_that_comes_twice(tmp_path: Path) -> None:
    """Silver: where the language numbers or repeats, it is one fact; where it does not, both are told, as they were said."""

    async def law(scene: Scene, folder: Path) -> None:
        async with Stage(scene, folder) as stage:
            stage.line.faults = LineFaults(doubled=1.0)
            times = 1 if scene.once else 2
            for number in range(1, 4):
                await stage.play(number, least=times)
            assert stage.told == [scene.expected(number) for number in range(1, 4) for _ in range(times)]

    await hold(law, tmp_path)


async def test_a_machine_that_restarts_in_the_middle_of_a_frame(tmp_path: Path) -> None:
    """Silver: half a frame, silence, and a machine that has forgotten what it was told. The second fact after it is read."""

    async def law(scene: Scene, folder: Path) -> None:
        async with Stage(scene, folder) as stage:
            await stage.play(1)
            stage.rig.machine.power_off()
            example = LANGUAGES[scene.language].machine.example
            stage.port.write(example[: len(example) // 2])
            await asyncio.sleep(0.1)
            stage.rig.machine.power_on()
            await asyncio.sleep(0.35)
            await stage.rest()
            for number in (2, 3, 4):
                await stage.play(number, least=0)
            assert stage.told[-1] == scene.expected(4)
            assert _is_subsequence(stage.told, [scene.expected(number) for number in (1, 2, 3, 4)])

    await hold(law, tmp_path)


async def test_a_scan_that_was_not_acknowledged_is_recorded_once(tmp_path: Path) -> None:
    """Zebra repeats with a bit set until it hears an acknowledgement; the parcel was scanned once."""
    (scene,) = (scene for scene in SCENES if scene.kind == "ssi_scanner")
    async with Stage(scene, tmp_path) as stage:
        stage.receipts = False
        stage.rig.happen(1)
        await stage.until(lambda: stage.rig.machine.repetitions > 0, "a repetition")  # type: ignore[attr-defined]
        stage.receipts = True
        await stage.play(2)
        assert stage.told == [scene.expected(1), scene.expected(2)]
        assert stage.rig.machine.repetitions >= 1  # type: ignore[attr-defined]  # the simulated reader's
        assert stage.rig.machine.given_up == 0  # type: ignore[attr-defined]


def _is_subsequence(told: list[object], truth: list[object]) -> bool:
    """Whether every fact is true and in order, each at most once."""
    rest = iter(truth)
    return all(fact in rest for fact in told)
