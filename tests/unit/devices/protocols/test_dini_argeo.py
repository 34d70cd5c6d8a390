"""Dini Argeo lines, held by the layouts of its manuals; the legal record is what matters most."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.dini_argeo import (
    CommandDecoder,
    Displayed,
    Response,
    ResponseDecoder,
    Stored,
    encode_command,
    encode_response,
)
from devices.protocols.frames import Garbage
from devices.protocols.scale_command import ScaleCommand
from devices.protocols.weighing import Weighing

NO_TARE = Weighing("stable", 0, "kg", "0.000", "tare")
# Layouts typed from 3590EXP manual, p. 65 (answer to READ) and p. 81 (answer to PID).
GOLDEN: list[tuple[bytes, Response]] = [
    (b"ST,GS,   1.250,kg\r\n", Displayed(Weighing("stable", 1250, "kg", "1.250", "gross"))),
    (b"01US,NT,  -0.020,kg\r\n", Displayed(Weighing("moving", -20, "kg", "-0.020", "net"), "01")),
    (b"OL,GS,        ,kg\r\n", Displayed(Weighing("overload", None, "kg", "", "gross"))),
    (
        b"PIDST,1,     1.250kg,       0.000kg,00001-000042\r\n",
        Stored(Weighing("stable", 1250, "kg", "1.250", "gross", "00001-000042"), NO_TARE),
    ),
    (
        b"02PIDUS,2,     1.250kg,PT     0.300kg,NO\r\n",
        Stored(
            Weighing("moving", 1250, "kg", "1.250", "gross"),
            Weighing("stable", 300, "kg", "0.300", "tare"),
            2,
            True,
            "02",
        ),
    ),
]
grams = st.integers(-99_999, 999_999)


@pytest.mark.parametrize(("wire", "response"), GOLDEN)
def test_lines_mean_what_the_manual_says(wire: bytes, response: Response) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert ResponseDecoder().feed(wire) == [response]
    assert encode_response(response) == wire


@given(st.sampled_from(["stable", "moving"]), grams, st.sampled_from(["net", "gross"]), st.sampled_from(["", "07"]))
def test_a_display_is_read_back(condition, shown: int, basis, address: str) -> None:
    """Every display that can be written is read back as itself."""
    response = Displayed(Weighing.of_grams(condition, shown, basis=basis), address)
    assert ResponseDecoder().feed(encode_response(response)) == [response]


@given(grams.filter(lambda shown: shown >= 0), grams, st.from_regex(r"[0-9]{5}-[0-9]{6}", fullmatch=True))
def test_a_legal_record_is_read_back(gross: int, tare: int, alibi: str) -> None:
    """The number of the record travels with the weight it proves."""
    weighing = replace(Weighing.of_grams("stable", gross, basis="gross"), alibi=alibi)
    response = Stored(weighing, Weighing.of_grams("stable", tare, basis="tare"))
    assert ResponseDecoder().feed(encode_response(response)) == [response]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"ST,GS,   1.250,lb\r\n", "bad_unit"),
        (b"ST,GS,  1.250,kg\r\n", "bad_field"),
        (b"PIDST,1,     1.250kg,       0.000kg,1-42\r\n", "bad_field"),
        # p. 81: an unstable or negative weight is not stored, so a record of one is none.
        (b"PIDUS,1,     1.250kg,       0.000kg,00001-000042\r\n", "bad_field"),
        (b"PIDST,1,    -1.250kg,       0.000kg,00001-000042\r\n", "bad_field"),
        (b"A" * 99 + b"\r\n", "overlong"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why a line was thrown away; the next one is read."""
    good, response = GOLDEN[0]
    assert ResponseDecoder().feed(wire + good) == [Garbage(wire, why), response]


@pytest.mark.parametrize(
    "response",
    [
        Displayed(Weighing.of_grams("stable", 10**9, basis="net")),
        Displayed(replace(Weighing.of_grams("stable", 5, basis="net"), alibi="00001-000042")),
        Displayed(Weighing.of_grams("stable", 5, basis="net"), "7"),
        Stored(replace(Weighing.of_grams("moving", 5, basis="gross"), alibi="00001-000042"), NO_TARE),
        Stored(Weighing.of_grams("stable", 5, basis="gross"), NO_TARE, 12),
    ],
)
def test_a_line_that_would_not_survive_is_refused(response: Response) -> None:
    """Refuse at the sender instead of inventing a legal record."""
    with pytest.raises(ValueError, match="written"):
        encode_response(response)


def test_a_scale_on_a_bus_hears_its_own_address() -> None:
    """On RS-485 every scale hears every command."""
    mine = encode_command(ScaleCommand("PID"), "02")
    assert mine == b"02PID\r\n"
    assert CommandDecoder("02").feed(b"01READ\r\n" + mine) == [Garbage(b"01READ\r\n", "noise"), ScaleCommand("PID")]
    assert CommandDecoder().feed(b"PAD\r\n") == [Garbage(b"PAD\r\n", "unknown_command")]
