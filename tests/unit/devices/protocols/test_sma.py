"""SMA SCP-0499, held by the examples of the Sartorius manuals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.sma import (
    ABORT,
    About,
    Command,
    CommandDecoder,
    Refused,
    Report,
    Response,
    ResponseDecoder,
    encode_command,
    encode_response,
)
from devices.protocols.weighing import Weighing

# PR 5220 manual, p. 130, "Example"; the weight has ten characters, the unit three. Where the manual shows pounds the
# unit is kg here, because pounds are refused (see below).
GOLDEN: list[tuple[bytes, Response]] = [
    (b"\n 1G       7.025kg \r", Report(Weighing("stable", 7025, "kg", "7.025", "gross"))),
    (b"\n 1GM      7.650kg \r", Report(Weighing("moving", 7650, "kg", "7.650", "gross"))),
    (b"\nZ1G       0.000kg \r", Report(Weighing("stable", 0, "kg", "0.000", "gross"), "Z")),
    (b"\n 1g      5.0025kg \r", Report(Weighing("stable", 5002, "kg", "5.0025", "gross"), " ", "1", "g")),
    (b"\n 1T       1.200kg \r", Report(Weighing("stable", 1200, "kg", "1.200", "tare"), " ", "1", "T")),
    # PR 5211 manual, p. 53: dashes with E, I and T; X-series PR 5410 manual, p. 120: blank unit.
    (b"\nE1G  ----------   \r", Report(Weighing("fault", None, "", "", "gross"), "E")),
    # PR 5211 manual, p. 52; B-Tek T419S manual, p. 61.
    (b"\nMFG:Sartorius\r", About("MFG", "Sartorius")),
    (b"\nSMA:2/1.0\r", About("SMA", "2/1.0")),
    (b"\n?\r", Refused("?")),
    (b"\n!\r", Refused("!")),
]
GOLDEN_COMMANDS = [(b"\nW\r", Command("W")), (b"\nB\r", Command("B")), (b"\x1b", ABORT)]

kinds = {"G": "gross", "N": "net", "n": "net", "T": "tare"}
reports = st.builds(
    lambda condition, grams, kind, range_: Report(
        Weighing.of_grams(condition, grams, "kg", 3, kinds[kind]), " ", range_, kind
    ),
    st.sampled_from(["stable", "moving"]),
    st.integers(-9_999_999, 99_999_999),
    st.sampled_from(sorted(kinds)),
    st.sampled_from("123"),
)


@pytest.mark.parametrize(("wire", "response"), GOLDEN)
def test_responses_mean_what_the_manual_says(wire: bytes, response: Response) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert ResponseDecoder().feed(wire) == [response]
    assert encode_response(response) == wire


@pytest.mark.parametrize(("wire", "command"), GOLDEN_COMMANDS)
def test_commands_mean_what_the_manual_says(wire: bytes, command: Command) -> None:
    """The same for the other direction."""
    assert CommandDecoder().feed(wire) == [command]
    assert encode_command(command) == wire


@given(reports)
def test_a_report_is_read_back(report: Report) -> None:
    """Every report that can be written is read back as itself."""
    assert ResponseDecoder().feed(encode_response(report)) == [report]


def test_out_of_capacity_is_no_weight() -> None:
    """The number that stands behind O and U is not one that anybody may pay for."""
    found = ResponseDecoder().feed(b"\nO1G      61.500kg \r\nU1G      -1.500kg \r")
    assert found == [
        Report(Weighing("overload", None, "kg", "", "gross"), "O"),
        Report(Weighing("underload", None, "kg", "", "gross"), "U"),
    ]


def test_escape_ends_what_was_begun() -> None:
    """ESC has no line end and is obeyed at any time; the half command before it must not glue itself to the next."""
    assert CommandDecoder().feed(b"\nR\x1b\nW\r") == [Garbage(b"\nR", "truncated"), ABORT, Command("W")]


@pytest.mark.parametrize("place", range(6, 16))
def test_a_lost_digit_is_never_a_lighter_parcel(place: int) -> None:
    """There is no checksum; the fixed width catches a byte lost on the line."""
    wire = b"\n 1G  123456.789kg \r"
    assert ResponseDecoder().feed(wire[:place] + wire[place + 1 :])[0] == Garbage(
        wire[:place] + wire[place + 1 :], "bad_length"
    )


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\n 1G       5.025lb \r", "bad_unit"),
        (b"\n 1X       5.025kg \r", "bad_field"),
        (b"\nX1G       5.025kg \r", "bad_field"),
        (b"\n 0G       5.025kg \r", "bad_field"),
        (b"\n 1G?      5.025kg \r", "bad_field"),
        (b"\n 1G     5.025  kg \r", "bad_field"),
        (b"\n 1G       5.0", "truncated"),
        (b"\n\r", "bad_length"),
        (b"\n" + b"A" * 200 + b"\r", "overlong"),
        (b"\xff", "noise"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a frame was thrown away; the next one is read."""
    found = ResponseDecoder().feed(wire + b"\n?\r")
    assert isinstance(found[0], Garbage)
    assert found[0].why == why
    assert found[-1] == Refused("?")


@pytest.mark.parametrize(
    "response",
    [
        Report(Weighing.of_grams("stable", 10**12, "kg", 3, "gross")),
        Report(Weighing("stable", 1, "lb", "0.001", "gross")),
        Report(Weighing.of_grams("stable", 5, "kg", 3, "net")),
        About("MFG", "two\rlines"),
        About("MFG", "绥芬河"),
    ],
)
def test_a_response_that_would_not_survive_is_refused(response: Response) -> None:
    """Refuse at the sender instead of sending another weight."""
    with pytest.raises(ValueError, match="written"):
        encode_response(response)


def test_a_letter_that_sma_lacks_is_refused() -> None:
    """Lower case is none of its commands."""
    with pytest.raises(ValueError, match="written"):
        encode_command(Command("w"))
