"""Loads out of a stream of weights."""

from hypothesis import given
from hypothesis import strategies as st

from devices.catalogue import LANGUAGES
from devices.contract.events import Weight
from devices.drivers.outputs import Noise, Output, Report, Sample
from devices.drivers.streaming_scale import StreamingScale, StreamRules
from devices.protocols import toledo_continuous
from devices.protocols.weighing import Condition, Weighing


def wire(grams: int, condition: Condition = "stable") -> bytes:
    weighing = Weighing.of_grams(condition, grams, "kg", 3, "gross")
    return toledo_continuous.encode(toledo_continuous.Continuous.of(weighing, 3))


def scale(**rules: float) -> StreamingScale:
    made = StreamingScale(LANGUAGES["toledo_continuous"].machine.decoder, StreamRules(**rules))  # type: ignore[arg-type]
    made.connected(0.0)
    return made


def weights(outputs: list[Output]) -> list[Weight]:
    return [one.body for one in outputs if isinstance(one, Report) and isinstance(one.body, Weight)]


def hear(made: StreamingScale, *frames: bytes, at: float = 1.0) -> list[Weight]:
    return weights([output for frame in frames for output in made.feed(frame, at)])


def test_a_load_is_told_once_however_long_it_lies():
    """A stream repeats a weight sixty times a second; the ledger must see one weighing."""
    made = scale()
    assert hear(made, wire(0), wire(0)) == []
    assert hear(made, wire(700, "moving"), wire(2350, "moving"), wire(2350)) == []
    assert hear(made, wire(2350), *[wire(2350)] * 50) == [Weight(tid=None, outcome="stable", weight_g=2350)]
    assert hear(made, wire(0, "moving"), wire(410), wire(410)) == [Weight(tid=None, outcome="stable", weight_g=410)]


def test_what_lay_there_before_the_link_is_not_told():
    """After a reconnect a load may be the one told before; a missing weight is better than one twice."""
    made = scale()
    assert hear(made, wire(2350), wire(2350), wire(2350)) == []


def test_an_item_that_asks_gets_the_next_stable_weight_and_the_one_before_it_none():
    """On a belt scale the next item may follow without a gap; the question, not the zero, tells the two apart."""
    made = scale(answer_within_s=1.0)
    assert weights(made.weigh("S1-1", 1.0)) == []
    assert hear(made, wire(900, "moving"), wire(910), wire(910)) == [Weight(tid="S1-1", outcome="stable", weight_g=910)]
    made.weigh("S1-2", 2.0)
    assert weights(made.weigh("S1-3", 2.5)) == [Weight(tid="S1-2", outcome="error", weight_g=None)]
    assert made.due() == 3.5
    assert weights(made.tick(3.5)) == [Weight(tid="S1-3", outcome="error", weight_g=None)]
    assert made.due() is None


def test_a_weight_from_before_the_question_does_not_answer_it():
    """Two equal weights in a row settle a weight; one of them heard before the item asked belongs to the item before."""
    made = scale()
    hear(made, wire(0), wire(500), wire(500))
    made.weigh("S1-9", 1.0)
    assert hear(made, wire(500)) == []
    assert hear(made, wire(620), wire(620)) == [Weight(tid="S1-9", outcome="stable", weight_g=620)]


def test_an_overload_is_told_once():
    """The pan stays overloaded for seconds; one alarm is enough."""
    made = scale()
    hear(made, wire(0))
    over = toledo_continuous.encode(toledo_continuous.Continuous.of(Weighing("overload", None, "kg", "", "gross"), 3))
    assert [one.outcome for one in hear(made, over, over, over)] == ["overload"]


def test_samples_are_few_and_noise_is_counted():
    """The screen needs a value a second; the rest of the stream costs nothing upstream."""
    made = scale(sample_every_s=1.0)
    out = [output for step in range(100) for output in made.feed(wire(1500), step * 0.02)]
    assert len([one for one in out if isinstance(one, Sample)]) == 2
    assert [one.size for one in made.feed(b"\x00\x01" + wire(1500), 9.0) if isinstance(one, Noise)] == [2]


@given(st.lists(st.integers(min_value=20, max_value=50_000), max_size=8), st.integers(min_value=1, max_value=40))
def test_every_load_is_told_once_in_any_split(loads: list[int], chunk: int):
    """The kernel cuts a stream anywhere."""
    stream = wire(0) + b"".join(
        wire(grams // 2, "moving") + wire(grams) * 3 + wire(5, "moving") + wire(0) for grams in loads
    )
    made = scale()
    heard = hear(made, *(stream[at : at + chunk] for at in range(0, len(stream), chunk)))
    assert [one.weight_g for one in heard] == loads
