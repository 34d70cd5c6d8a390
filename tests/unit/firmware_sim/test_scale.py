"""The simulated scale answers as the manual says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.mt_sics import Fault, Reading, Reply, ResponseDecoder
from firmware_sim.faults import Dice
from firmware_sim.models.load_cell import LoadCell
from firmware_sim.models.scale import LEVEL_0, Nameplate, Scale
from firmware_sim.scenario import Faults
from firmware_sim.schedule import VirtualTime


class Bench:
    """A scale on a table."""

    def __init__(self) -> None:
        self.time = VirtualTime()
        cell = LoadCell(settle_s=0.02, noise_g=0.4, division_g=5, draw=Dice(1, Faults()).about("scale"))
        self._decoder = ResponseDecoder()
        self.answers: list = []
        plate = Nameplate("KOUAN SIM", "1000001", capacity_g=60_000, timeout_s=3.0)
        self.scale = Scale(plate, cell, self.time, lambda data: self.answers.extend(self._decoder.feed(data)))

    def ask(self, command: bytes, wait_s: float = 0.0) -> list:
        self.answers.clear()
        self.scale.receive(command + b"\r\n")
        self.time.run_for(wait_s)
        return list(self.answers)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@given(st.integers(1, 60_000))
def test_s_waits_for_stability_and_is_exact(grams: int) -> None:
    """`S` blocks until the display stands still; the answer is the load to one division and never dynamic."""
    bench = Bench()
    bench.scale.disturb()
    bench.time.run_for(0.2)
    assert bench.ask(b"S") == []
    bench.scale.settle(grams)
    bench.time.run_for(0.5)
    (reading,) = bench.answers
    assert reading.status == "S"
    assert abs(reading.grams - grams) <= 2.5


def test_s_gives_up_when_nothing_comes_to_rest(bench: Bench) -> None:
    """A timed-out `S` is `S I`, never `S D`."""
    bench.scale.disturb()
    assert bench.ask(b"S", 2.9) == []
    bench.time.run_for(0.2)
    assert bench.answers == [Reading("I")]


def test_si_answers_at_once_with_what_it_has(bench: Bench) -> None:
    """Immediately after the step the weight is dynamic, later stable; the identifier is S in both."""
    bench.scale.settle(10_000)
    assert bench.ask(b"SI")[0].status == "D"
    bench.time.run_for(1)
    assert bench.ask(b"SI") == [Reading("S", 10_000, "kg", "10.000")]


def test_overload_and_underload(bench: Bench) -> None:
    """Beyond its range the scale gives no number at all."""
    bench.scale.settle(70_000)
    bench.time.run_for(1)
    assert bench.ask(b"SI") == [Reading("+")]
    assert bench.ask(b"Z") == [Reply("Z", "+")]


def test_zero_moves_the_zero_point(bench: Bench) -> None:
    """Dirt on the platform is zeroed away; moving load is not."""
    bench.scale.settle(200)
    bench.time.run_for(1)
    assert bench.ask(b"Z") == [Reply("Z", "A")]
    assert bench.ask(b"S", 0.1) == [Reading("S", 0, "kg", "0.000")]
    bench.scale.disturb()
    assert bench.ask(b"Z") == [Reply("Z", "I")]
    assert bench.ask(b"ZI")[0].status in "D+-"


def test_sir_repeats_until_the_next_command(bench: Bench) -> None:
    """`SIR` streams; any command ends it."""
    assert len(bench.ask(b"SIR", 1.0)) == pytest.approx(11, abs=1)
    assert bench.ask(b"@", 1.0) == [Reply("I4", "A", ('"1000001"',))]


def test_a_new_command_ends_a_waiting_s(bench: Bench) -> None:
    """One question at a time; the old one is not answered any more."""
    bench.scale.disturb()
    bench.ask(b"S")
    assert len(bench.ask(b"SI", 5.0)) == 1


@pytest.mark.parametrize("command", [b"SX", b"s", b"TA", b"\xff\xfe", b""])
def test_what_it_does_not_know_is_a_syntax_error(bench: Bench, command: bytes) -> None:
    """A machine answers ES and goes on."""
    assert bench.ask(command) == [Fault("ES")]
    assert bench.ask(b"SI")[0].status in "SD"


def test_a_parameter_it_does_not_take_is_a_logical_error(bench: Bench) -> None:
    """EL, as the manual has it for parameters."""
    assert bench.ask(b"S 5") == [Fault("EL")]


def test_it_lists_what_it_knows(bench: Bench) -> None:
    """`I0` lists level 0, the last line with A."""
    answers = bench.ask(b"I0")
    assert [answer.args[1].strip('"') for answer in answers] == list(LEVEL_0)
    assert [answer.status for answer in answers] == ["B"] * (len(LEVEL_0) - 1) + ["A"]
    assert [bench.ask(command)[0].id for command in (b"I1", b"I2", b"I3", b"I4")] == ["I1", "I2", "I3", "I4"]


@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"S\r\n", b"SIR\r\n", b"Z\r\n", b"\r\n"]), max_size=20))
def test_no_bytes_break_a_scale(chunks: list[bytes]) -> None:
    """Whatever a host sends, the scale answers in MT-SICS."""
    bench = Bench()
    for chunk in chunks:
        bench.scale.receive(chunk)
        bench.time.run_for(0.01)
    assert all(isinstance(answer, Reading | Reply | Fault) for answer in bench.answers)
