"""The 22 bytes of CAS, held by the layouts and the example of its manuals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.cas import GROSS, LAMP_ON, SIZE, STABLE, Report, ReportDecoder, encode
from devices.protocols.frames import Garbage
from devices.protocols.weighing import Weighing

# CI-600D manual, p. 74: 13.5 kg is sent as 000013.5; NT-200 manual, p. 48: device 1 is 31h, device 13 is 3Dh.
GOLDEN = [
    (b"ST,GS,1\xc4,000013.5 kg\r\n", Report(Weighing("stable", 13_500, "kg", "13.5", "gross"), 1, 0xC4)),
    (b"US,NT,\x3d\x82,-0000.02 kg\r\n", Report(Weighing("moving", -20, "kg", "-0.02", "net"), 13, 0x82)),
    (b"OL,GS,1\x80,00000000 kg\r\n", Report(Weighing("overload", None, "kg", "", "gross"))),
]
reports = st.builds(
    lambda condition, grams, decimals, device, lamps: Report(
        Weighing.of_grams(condition, grams, "kg", decimals, "gross"), device, LAMP_ON | lamps
    ),
    st.sampled_from(["stable", "moving"]),
    st.integers(-999_999, 9_999_999),
    st.integers(0, 2),
    st.integers(0, 200),
    st.integers(0, 127),
)


@pytest.mark.parametrize(("wire", "report"), GOLDEN)
def test_lines_mean_what_the_manual_says(wire: bytes, report: Report) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert len(wire) == SIZE
    assert ReportDecoder().feed(wire) == [report]
    assert encode(report) == wire


@given(reports)
def test_a_report_is_read_back(report: Report) -> None:
    """Every report that can be written is read back as itself, whatever its device and lamps."""
    assert ReportDecoder().feed(encode(report)) == [report]


@pytest.mark.parametrize("bit_5", [0x00, 0x20])
def test_the_models_may_differ_in_bit_5(bit_5: int) -> None:
    """CI-600D says 0, CI-150A says 1: the lamp byte is kept, never compared."""
    wire = b"ST,GS,1" + bytes([LAMP_ON | STABLE | GROSS | bit_5]) + b",000013.5 kg\r\n"
    (found,) = ReportDecoder().feed(wire)
    assert isinstance(found, Report)
    assert found.weighing.grams == 13_500


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"ST,GS,1\xc4,000013.5 lb\r\n", "bad_unit"),
        (b"ST,GS,1\xc4,00013.5 kg\r\n", "bad_length"),
        (b"ST,GS,1\x44,000013.5 kg\r\n", "bad_field"),
        (b"ST,GS,1\xc4,000013.5_kg\r\n", "bad_field"),
        (b"XX,GS,1\xc4,000013.5 kg\r\n", "bad_field"),
        (b"ST,GS,1\xc4,+00013.5 kg\r\n", "bad_field"),
        (b"ST,GS,1\xc4,00013.5  kg\r\n", "bad_field"),
        (b"A" * 60 + b"\r\n", "overlong"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a line was thrown away; the next one is read."""
    good, report = GOLDEN[0]
    assert ReportDecoder().feed(wire + good) == [Garbage(wire, why), report]


@pytest.mark.parametrize(
    "report",
    [
        Report(Weighing.of_grams("stable", 10**9, "kg", 3, "gross")),
        Report(Weighing.of_grams("stable", 5)),
        Report(Weighing.of_grams("stable", 5, basis="gross"), 1, 0),
        Report(Weighing.of_grams("stable", 5, basis="gross"), 999),
    ],
)
def test_a_report_that_would_not_survive_is_refused(report: Report) -> None:
    """Refuse at the sender instead of sending another weight."""
    with pytest.raises(ValueError, match="written"):
        encode(report)
