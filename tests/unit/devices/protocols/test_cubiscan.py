"""Cubiscan frames, held by the position tables of Quantronix's manuals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.cubiscan import (
    CommandDecoder,
    Measured,
    Refused,
    Response,
    ResponseDecoder,
    encode_command,
    encode_response,
)
from devices.protocols.frames import Garbage
from devices.protocols.measuring import Size
from devices.protocols.scale_command import ScaleCommand

BOX = Measured(Size(450, 325, 200), 2350, 4880, 5000)
# Typed from the position tables: CubiScan 125 manual, p. 67 and p. 63 (acknowledge, negative acknowledge), p. 60 (unknown).
GOLDEN: list[tuple[bytes, Response]] = [
    (b"\x02MAC000000,L045.0,W032.5,H020.0,M,K002.35,D004.88,M,F5000,D\x03\r\n", BOX),
    (
        b"\x02MAHHGH001,L999.9,W000.0,H000.1,M,K999.99,D000.00,M,F6000,I\x03\r\n",
        Measured(Size(9999, 0, 1), 999_990, 0, 6000, "HGH001", "H", True),
    ),
    (b"\x02MNCZ\x03\r\n", Refused("M", "C", "Z")),
    (b"\x02?N\x03\r\n", Refused("?")),
]
boxes = st.builds(
    Measured,
    st.builds(Size, st.integers(0, 9999), st.integers(0, 9999), st.integers(0, 9999)),
    st.integers(0, 99_999).map(lambda tens: tens * 10),
    st.integers(0, 99_999).map(lambda tens: tens * 10),
    st.integers(0, 9999),
    st.from_regex(r"[0-9A-Z]{6}", fullmatch=True),
    st.sampled_from("CH"),
    st.booleans(),
)


@pytest.mark.parametrize(("wire", "response"), GOLDEN)
def test_frames_mean_what_the_manual_says(wire: bytes, response: Response) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert ResponseDecoder().feed(wire) == [response]
    assert encode_response(response) == wire


def test_a_measurement_has_the_published_length() -> None:
    """62 bytes, with ETX at position 60."""
    wire = GOLDEN[0][0]
    assert len(wire) == 62
    assert wire[59] == 0x03


@given(boxes)
def test_a_measurement_is_read_back(box: Measured) -> None:
    """Every measurement that can be written is read back as itself, to the millimetre and to ten grams."""
    assert ResponseDecoder().feed(encode_response(box)) == [box]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (GOLDEN[0][0].replace(b",M,K", b",E,K"), "bad_unit"),
        (GOLDEN[0][0].replace(b",M,F", b",E,F"), "bad_unit"),
        (GOLDEN[0][0].replace(b"L045.0", b"L45.0"), "bad_field"),
        (GOLDEN[0][0].replace(b"L045.0", b"L*****"), "bad_field"),
        (GOLDEN[0][0].replace(b"MAC", b"MAX"), "bad_field"),
        (b"\x02MNC\x03\r\n", "bad_field"),
        (b"\x02MAC0000", "truncated"),
        (b"\x02" + b"A" * 200 + b"\x03\r\n", "overlong"),
        (b"\xff", "noise"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """Inches read as centimetres would still look like a parcel; the next frame is read."""
    found = ResponseDecoder().feed(wire + GOLDEN[0][0])
    assert isinstance(found[0], Garbage)
    assert found[0].why == why
    assert found[-1] == BOX


@pytest.mark.parametrize(
    "response",
    [
        Measured(Size(10_000, 1, 1), 0, 0, 0),
        Measured(Size(1, 1, 1), 2355, 0, 0),
        Measured(Size(1, 1, 1), 1_000_000, 0, 0),
        Measured(Size(1, 1, 1), 0, 0, 10_000),
        Measured(Size(1, 1, 1), 0, 0, 0, "here"),
        Refused("M"),
        Refused("?", "", "Z"),
    ],
)
def test_a_response_that_would_not_survive_is_refused(response: Response) -> None:
    """Refuse at the sender instead of sending another parcel; five grams do not fit into the frame."""
    with pytest.raises(ValueError, match="written"):
        encode_response(response)


def test_the_host_asks_and_never_calibrates() -> None:
    """D and f are the service technician's: calibration and firmware."""
    assert encode_command(ScaleCommand("M")) == b"\x02M\x03\r\n"
    assert CommandDecoder().feed(b"\x02M\x03\r\n") == [ScaleCommand("M")]
    for word in ("D", "f"):
        with pytest.raises(ValueError, match="written"):
            encode_command(ScaleCommand(word))
