"""Sartorius SBI, held by the layouts and the example of its manuals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.sartorius_sbi import (
    PLAIN,
    CommandDecoder,
    Report,
    ReportDecoder,
    SbiFormat,
    encode,
    encode_command,
)
from devices.protocols.scale_command import ScaleCommand
from devices.protocols.weighing import Weighing

WITH_ID = SbiFormat(with_id=True)
KNOWN_UNIT = SbiFormat(unit_of_moving="g")
GOLDEN = [
    # GC803S manual, p. 57, and Practum manual, p. 86: the line of 22 characters; without its first six, of 16.
    (WITH_ID, b"N     +   123.56 g  \r\n", Report(Weighing("stable", 124, "g", "123.56"), "N")),
    (PLAIN, b"+   123.56 g  \r\n", Report(Weighing("stable", 124, "g", "123.56"))),
    (PLAIN, b"-    0.020 kg \r\n", Report(Weighing("stable", -20, "kg", "-0.020"))),
    # A blank unit means unstable.
    (PLAIN, b"+   123.56    \r\n", Report(Weighing("moving", None, "", "123.56"))),
    (KNOWN_UNIT, b"+   123.56    \r\n", Report(Weighing("moving", 124, "g", "123.56"))),
    # LE2202S manual, p. 51: special and error codes.
    (PLAIN, b"      H       \r\n", Report(Weighing("overload"))),
    (PLAIN, b"      L       \r\n", Report(Weighing("underload"))),
    (PLAIN, b"Err 054       \r\n", Report(Weighing("fault"), "", "054")),
]


@pytest.mark.parametrize(("fmt", "wire", "report"), GOLDEN)
def test_lines_mean_what_the_manual_says(fmt: SbiFormat, wire: bytes, report: Report) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert len(wire) == (22 if fmt.with_id else 16)
    assert ReportDecoder(fmt).feed(wire) == [report]
    assert encode(report, fmt) == wire


@given(
    st.sampled_from(["stable", "moving"]),
    st.integers(-999_999, 9_999_999),
    st.integers(0, 3),
    st.sampled_from(["", "N"]),
)
def test_a_report_is_read_back(condition, grams: int, decimals: int, id: str) -> None:
    """Every report that can be written is read back as itself when the host knows the unit."""
    fmt = SbiFormat(with_id=bool(id), unit_of_moving="kg")
    report = Report(Weighing.of_grams(condition, grams, "kg", decimals), id)
    assert ReportDecoder(fmt).feed(encode(report, fmt)) == [report]


def test_without_its_unit_a_moving_weight_has_no_grams() -> None:
    """A balance switched from g to kg would otherwise be wrong a thousandfold until it settles."""
    (found,) = ReportDecoder().feed(b"+   123.56    \r\n")
    assert isinstance(found, Report)
    assert found.weighing.grams is None


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"+   123.56 lb \r\n", "bad_unit"),
        (b"+  123.56 g  \r\n", "bad_length"),
        (b"+   123.5  g  \r\n", "bad_field"),
        (b"*   123.56 g  \r\n", "bad_field"),
        (b"              \r\n", "bad_field"),
        (b"A" * 60 + b"\r\n", "overlong"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a line was thrown away; the next one is read."""
    _, good, report = GOLDEN[1]
    assert ReportDecoder().feed(wire + good) == [Garbage(wire, why), report]


@pytest.mark.parametrize(
    "report",
    [
        Report(Weighing.of_grams("stable", 10**9)),
        Report(Weighing.of_grams("moving", 5)),
        Report(Weighing.of_grams("stable", 5), "N"),
        Report(Weighing.of_grams("stable", 5, basis="net")),
    ],
)
def test_a_report_that_would_not_survive_is_refused(report: Report) -> None:
    """Refuse at the sender instead of sending another weight."""
    with pytest.raises(ValueError, match="written"):
        encode(report)


def test_commands_begin_with_escape() -> None:
    """sartoriuslib, SBI commands."""
    assert encode_command(ScaleCommand("P")) == b"\x1bP\r\n"
    assert CommandDecoder().feed(b"\x1bx1_\r\nP\r\n") == [ScaleCommand("x1_"), Garbage(b"P\r\n", "noise")]
