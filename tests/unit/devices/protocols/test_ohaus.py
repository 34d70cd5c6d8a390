"""Ohaus Ranger lines, held by the layout of its manual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.ohaus import CommandDecoder, WeighingDecoder, encode, encode_command
from devices.protocols.scale_command import ScaleCommand
from devices.protocols.weighing import Weighing

# Layout typed from the Ranger manual, p. 36: sign, weight of seven, unit of two, '?' when unstable, NET or B/G.
GOLDEN = [
    (b"    12.34 kg   NET\r\n", Weighing("stable", 12_340, "kg", "12.34", "net")),
    (b"-    1.25 kg ? B/G\r\n", Weighing("moving", -1250, "kg", "-1.25", "gross")),
    (b"   1250.5 g    \r\n", Weighing("stable", 1250, "g", "1250.5")),
]


@pytest.mark.parametrize(("wire", "weighing"), GOLDEN)
def test_lines_mean_what_the_manual_says(wire: bytes, weighing: Weighing) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert WeighingDecoder().feed(wire) == [weighing]
    assert encode(weighing) == wire


@given(st.sampled_from(["stable", "moving"]), st.integers(-999_999, 999_999), st.sampled_from(["", "net", "gross"]))
def test_a_weighing_is_read_back(condition, grams: int, basis) -> None:
    """Every weighing that can be written is read back as itself; the sign has its own place."""
    weighing = Weighing.of_grams(condition, grams, basis=basis)
    assert WeighingDecoder().feed(encode(weighing)) == [weighing]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"    12.34 lb   NET\r\n", "bad_unit"),
        (b"   12.34 kg   NET\r\n", "bad_field"),
        (b"   12.34  kg   NET\r\n", "bad_field"),
        (b"    12.34 kg ! NET\r\n", "bad_field"),
        (b"    12.34 kg   TARE\r\n", "bad_field"),
        (b"A" * 60 + b"\r\n", "overlong"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a line was thrown away; the next one is read."""
    good, weighing = GOLDEN[0]
    assert WeighingDecoder().feed(wire + good) == [Garbage(wire, why), weighing]


@pytest.mark.parametrize(
    "weighing",
    [
        Weighing.of_grams("stable", 10**9),
        Weighing("stable", 1, "lb", "1"),
        Weighing("overload"),
        Weighing.of_grams("stable", 1, basis="tare"),
    ],
)
def test_a_weighing_that_would_not_survive_is_refused(weighing: Weighing) -> None:
    """The language has no word for an overload: a simulator says nothing instead of a wrong weight."""
    with pytest.raises(ValueError, match="written"):
        encode(weighing)


def test_the_host_asks_with_p() -> None:
    """Other words are the model's own and configured."""
    assert encode_command(ScaleCommand("P")) == b"P\r\n"
    assert CommandDecoder({"T"}).feed(b"P\r\nT\r\n") == [Garbage(b"P\r\n", "unknown_command"), ScaleCommand("T")]
