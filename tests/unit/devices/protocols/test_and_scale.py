"""A&D lines, held by the examples of its manuals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.and_scale import (
    AD_4404,
    EK_L,
    AndFormat,
    CommandDecoder,
    WeighingDecoder,
    encode,
    encode_command,
)
from devices.protocols.frames import Garbage
from devices.protocols.scale_command import ScaleCommand
from devices.protocols.weighing import Weighing

GOLDEN = [
    # AD-4404 manual, p. 80; AD-4403, pp. 8-9: 18 bytes.
    (AD_4404, b"ST,NT,+0012.34kg\r\n", Weighing("stable", 12_340, "kg", "12.34", "net")),
    (AD_4404, b"US,GS,-0000.02kg\r\n", Weighing("moving", -20, "kg", "-0.02", "gross")),
    (AD_4404, b"ST,TR,+0001250 g\r\n", Weighing("stable", 1250, "g", "1250", "tare")),
    # EK-L manual, p. 28, "Output data example": 17 bytes.
    (EK_L, b"ST,+001234.5  g\r\n", Weighing("stable", 1234, "g", "1234.5")),
    (EK_L, b"OL,+999999.9  g\r\n", Weighing("overload", None, "g")),
]


@pytest.mark.parametrize(("fmt", "wire", "weighing"), GOLDEN)
def test_lines_mean_what_the_manual_says(fmt: AndFormat, wire: bytes, weighing: Weighing) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert len(wire) == (18 if fmt == AD_4404 else 17)
    assert WeighingDecoder(fmt).feed(wire) == [weighing]
    assert encode(weighing, fmt) == wire


@given(st.sampled_from(["stable", "moving"]), st.integers(-99_999, 999_999), st.integers(0, 3))
def test_a_weighing_is_read_back(condition, grams: int, decimals: int) -> None:
    """Every weighing that can be written is read back as itself, in both layouts."""
    weighing = Weighing.of_grams(condition, grams, "kg", decimals)
    assert WeighingDecoder(EK_L).feed(encode(weighing, EK_L)) == [weighing]
    net = Weighing.of_grams(condition, grams, "kg", decimals, "net")
    assert WeighingDecoder().feed(encode(net)) == [net]


@pytest.mark.parametrize(
    ("fmt", "wire", "why"),
    [
        # EK-L manual, p. 28: pieces and percent are no weights.
        (EK_L, b"QT,+00012345 PC\r\n", "bad_unit"),
        (EK_L, b"ST,+000123.4  %\r\n", "bad_unit"),
        (EK_L, b"OL,-99999999 PC\r\n", "bad_unit"),
        (AD_4404, b"ST,NT,+0012.34lb\r\n", "bad_unit"),
        (AD_4404, b"ST,NT,+0012.3kg\r\n", "bad_length"),
        (AD_4404, b"ST,XX,+0012.34kg\r\n", "bad_field"),
        (AD_4404, b"ST;NT,+0012.34kg\r\n", "bad_field"),
        (AD_4404, b"ST,NT, 0012.34kg\r\n", "bad_field"),
        (AD_4404, b"ST,NT,+0.12.34kg\r\n", "bad_field"),
        (AD_4404, b"A" * 99 + b"\r\n", "overlong"),
    ],
)
def test_what_is_wrong_is_named(fmt: AndFormat, wire: bytes, why: str) -> None:
    """A technician sees why a line was thrown away; the next one is read."""
    good = next(line for known, line, _ in GOLDEN if known == fmt)
    assert WeighingDecoder(fmt).feed(wire + good)[0] == Garbage(wire, why)
    assert isinstance(WeighingDecoder(fmt).feed(wire + good)[1], Weighing)


def test_the_sign_of_an_overload_tells_the_end() -> None:
    """Nines below zero: the scale has been lifted, not loaded."""
    (found,) = WeighingDecoder().feed(b"OL,GS,-99999.9kg\r\n")
    assert found == Weighing("underload", None, "kg", "", "gross")


@pytest.mark.parametrize(
    "weighing",
    [
        Weighing.of_grams("stable", 10**9, "kg", 3, "net"),
        Weighing.of_grams("stable", 5, "kg", 3),
        Weighing("stable", 5, "lb", "5", "net"),
        Weighing("fault", basis="net"),
    ],
)
def test_a_weighing_that_would_not_survive_is_refused(weighing: Weighing) -> None:
    """Refuse at the sender instead of sending another weight."""
    with pytest.raises(ValueError, match="written"):
        encode(weighing)


def test_the_words_of_the_host_are_configured() -> None:
    """No page that was read lists them for every model."""
    other = AndFormat(words=frozenset({"READ"}))
    assert CommandDecoder(other).feed(encode_command(ScaleCommand("READ"), other)) == [ScaleCommand("READ")]
    assert CommandDecoder().feed(b"READ\r\n") == [Garbage(b"READ\r\n", "unknown_command")]
