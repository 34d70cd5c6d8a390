"""Toledo Continuous, held by the published status words and a checksum that was recomputed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.scale_command import ScaleCommand
from devices.protocols.toledo_continuous import (
    CommandDecoder,
    Continuous,
    ContinuousDecoder,
    encode,
    encode_command,
)
from devices.protocols.weighing import Weighing

# 57c428, p. 37: SWA 2C = two decimals, increment 1; SWB 30 = kg, gross, at rest. The checksum was recomputed: 26h.
VECTOR = b"\x02\x2c\x30\x20" + b"012345" + b"000000" + b"\x0d"
AT_REST = Continuous(Weighing("stable", 123_450, "kg", "123.45", "gross"), "0.00", 2)
# Bits of SWB and SWC after Wildcat e15609900a, p. 41.
GOLDEN = [
    (VECTOR, AT_REST),
    (b"\x02\x2d\x3b\x20  1250   300\r", Continuous(Weighing("moving", -1250, "kg", "-1.250", "net"), "0.300", 3)),
    (b"\x02\x3a\x30\x29001250000000\r", Continuous(Weighing("stable", 1250, "g", "1250", "gross"), "0", 0, 5, True)),
    (
        b"\x02\x2c\x74\x20      000000\r",
        Continuous(Weighing("overload", None, "kg", "", "gross"), "0.00", 2, zeroed=False),
    ),
    (b"\x02\x2c\x36\x20      000000\r", Continuous(Weighing("underload", None, "kg", "", "gross"), "0.00", 2)),
]

frames = st.integers(0, 5).flatmap(
    lambda decimals: st.builds(
        lambda condition, grams, basis, increment: Continuous.of(
            Weighing.of_grams(condition, grams, "kg", decimals, basis), decimals, increment
        ),
        st.sampled_from(["stable", "moving"]),
        st.integers(-9_000, 9_000),
        st.sampled_from(["gross", "net"]),
        st.sampled_from([0, 1, 2, 5]),
    )
)


@pytest.mark.parametrize(("wire", "frame"), GOLDEN)
def test_status_words_mean_what_the_manual_says(wire: bytes, frame: Continuous) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert ContinuousDecoder().feed(wire) == [frame]


def test_the_checksum_is_the_published_one() -> None:
    """The two's complement of the low seven bits of everything before it, STX and CR included."""
    assert encode(AT_REST) == VECTOR
    assert encode(AT_REST, checksum=True) == VECTOR + b"\x26"
    assert ContinuousDecoder(checksum=True).feed(VECTOR + b"\x26") == [AT_REST]


@pytest.mark.parametrize("checksum", [False, True])
@given(frame=frames)
def test_a_frame_is_read_back(checksum: bool, frame: Continuous) -> None:
    """Every frame that can be written is read back as itself."""
    assert ContinuousDecoder(checksum=checksum).feed(encode(frame, checksum=checksum)) == [frame]


@given(st.integers(0, 15), st.integers(1, 127))
def test_the_checksum_catches_every_damaged_byte(place: int, mask: int) -> None:
    """One damaged byte changes the sum modulo 128, so it is never another weight."""
    wire = bytearray(VECTOR + b"\x26")
    wire[place] ^= mask
    decoder = ContinuousDecoder(checksum=True)
    found = [*decoder.feed(bytes(wire)), *decoder.flush()]
    assert [item for item in found if not isinstance(item, Garbage)] == []


@given(st.sampled_from([0x00, 0x20, 0x40, 0x60, 0x80, 0xE0]))
def test_constant_bits_are_never_compared(high: int) -> None:
    """Makers fill them differently: 5, 6 and 7 of SWA and SWC are theirs."""
    wire = bytearray(VECTOR)
    wire[1] = wire[1] & 0x1F | high
    wire[3] = wire[3] & 0x1F | high
    assert ContinuousDecoder().feed(bytes(wire)) == [AT_REST]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\x02\x28\x30\x20012345000000\r", "unsettled_scale"),
        (b"\x02\x29\x30\x20012345000000\r", "unsettled_scale"),
        (b"\x02\x2c\x30\x30012345000000\r", "unsettled_scale"),
        (b"\x02\x2c\x20\x20012345000000\r", "bad_unit"),
        (b"\x02\x2c\x30\x22012345000000\r", "bad_unit"),
        (b"\x02\x2c\x30\x20      000000\r", "bad_field"),
        (b"\x02\x2c\x30\x2001234 000000\r", "bad_field"),
        (b"\x02\x2c\x30\x20012345000000\n", "bad_field"),
        (b"\xff\xfe", "noise"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """Pounds, a dark display, a lost digit and scales nobody has settled are no kilograms; the next frame is read."""
    assert ContinuousDecoder().feed(wire + VECTOR) == [Garbage(wire, why), AT_REST]


@pytest.mark.parametrize(
    "frame",
    [
        Continuous.of(Weighing.of_grams("stable", 10_000_000, decimals=3), 3),
        Continuous.of(Weighing.of_grams("stable", 5, decimals=3), 2),
        Continuous.of(Weighing("stable", 1, "lb", "0.001", "gross"), 3),
        Continuous.of(Weighing("fault"), 3),
        Continuous.of(Weighing.of_grams("stable", 5, basis="gross"), 6),
        Continuous.of(Weighing.of_grams("stable", 5, basis="gross"), 3, increment=3),
    ],
)
def test_a_frame_that_would_not_survive_is_refused(frame: Continuous) -> None:
    """Refuse at the sender instead of sending another weight."""
    with pytest.raises(ValueError, match="written"):
        encode(frame)


def test_the_host_has_four_letters() -> None:
    """Print, tare, zero, clear; some makers end them with CR alone."""
    assert encode_command(ScaleCommand("T")) == b"T\r\n"
    assert CommandDecoder().feed(b"P\r\nX\r\n") == [ScaleCommand("P"), Garbage(b"X\r\n", "unknown_command")]
    assert CommandDecoder(b"\r").feed(encode_command(ScaleCommand("Z"), b"\r")) == [ScaleCommand("Z")]
    with pytest.raises(ValueError, match="written"):
        encode_command(ScaleCommand("S"))
