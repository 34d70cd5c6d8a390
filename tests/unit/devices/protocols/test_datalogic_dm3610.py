"""Datalogic's dimension messages, held by the examples of its setup page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.datalogic_dm3610 import (
    DEFAULT,
    DimensionDecoder,
    Dimensioned,
    DmFormat,
    Heartbeat,
    Message,
    encode,
)
from devices.protocols.frames import Garbage
from devices.protocols.measuring import Size

ALIBI = "00:0e:13:05:00:010000000042-20260301080000"
FULL = DmFormat(
    sequence_digits=3,
    order="WLH",
    unit="mm",
    decimals=0,
    width=4,
    unit_separator=" ",
    legal_separator=";",
    reason_separator=";",
    alibi_separator=";",
    bcc=True,
    heartbeat="ALIVE",
)
BARE = DmFormat(header=b"", decimals=2, width=7, point=False, delimiter="", trailer=b"\x03")
BOX = Dimensioned(Size(123, 80, 55))
# DM3610 manual, p. 90: 12.3 with one decimal and a width of five is 012.3, with two and seven 0012.30; READY or NOTREADY,
# NODIM_BOX_STACKED; p. 91: the alibi. The check is the XOR from STX on, recomputed by hand.
GOLDEN: list[tuple[DmFormat, bytes, Message]] = [
    (DEFAULT, b"\x02012.3;008.0;005.5\r\n", BOX),
    (BARE, b"001230000800000550\x03", BOX),
    (DmFormat(decimals=2, width=7), b"\x020012.30;0008.00;0005.50\r\n", BOX),
    (
        FULL,
        b"\x020420080;0123;0055 mm;READY;" + ALIBI.encode() + b"19\r\n",
        Dimensioned(Size(123, 80, 55), 42, True, "", ALIBI),
    ),
    (
        FULL,
        b"\x020430000;0000;0000 mm;NOTREADY;NODIM_BOX_STACKED50\r\n",
        Dimensioned(None, 43, False, "NODIM_BOX_STACKED"),
    ),
    (FULL, b"\x02ALIVE55\r\n", Heartbeat()),
]
sides = st.integers(1, 9999)
parcels = st.builds(
    Dimensioned,
    st.builds(Size, sides, sides, sides),
    st.integers(0, 999),
    st.booleans(),
    st.just(""),
    st.sampled_from(["", ALIBI]),
) | st.builds(
    Dimensioned, st.none(), st.integers(0, 999), st.booleans(), st.sampled_from(["", "NODIM_BOX_SIDES_TO_NOISY"])
)


@pytest.mark.parametrize(("fmt", "wire", "message"), GOLDEN)
def test_messages_mean_what_the_setup_page_says(fmt: DmFormat, wire: bytes, message: Message) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert DimensionDecoder(fmt).feed(wire) == [message]
    assert encode(message, fmt) == wire


@given(parcels)
def test_a_parcel_is_read_back(parcel: Dimensioned) -> None:
    """Every parcel that can be written is read back as itself, with every part switched on."""
    assert DimensionDecoder(FULL).feed(encode(parcel, FULL)) == [parcel]


@given(st.builds(Size, sides, sides, sides), st.permutations("LWH").map("".join), st.sampled_from(["", "[", "L"]))
def test_the_order_never_swaps_sides(size: Size, order: str, before: str) -> None:
    """Length and width look alike on the wire; only the configured order tells them apart."""
    fmt = DmFormat(order=order, before=before, after="]" if before == "[" else "")
    assert DimensionDecoder(fmt).feed(encode(Dimensioned(size), fmt)) == [Dimensioned(size)]


def test_what_was_not_measured_has_no_size() -> None:
    """A reason outweighs the lengths that stand before it, and zeros are no lengths."""
    fmt = DmFormat(reason_separator=";")
    found = DimensionDecoder(fmt).feed(b"\x02012.3;008.0;005.5;NODIM_BOX_STACKED\r\n\x02012.3;000.0;005.5\r\n")
    assert found == [Dimensioned(None, None, None, "NODIM_BOX_STACKED"), Dimensioned(None)]


@given(st.integers(1, 40), st.integers(1, 127))
def test_the_check_catches_every_damaged_byte(place: int, mask: int) -> None:
    """One damaged byte never gives another size, and the next message is read."""
    good = GOLDEN[4][1]
    wire = bytearray(good)
    wire[place] ^= mask
    found = [item for item in DimensionDecoder(FULL).feed(bytes(wire) + good) if not isinstance(item, Garbage)]
    assert found == [GOLDEN[4][2]]


@pytest.mark.parametrize(
    ("fmt", "wire", "why"),
    [
        (DEFAULT, b"\x02012.3;008.0\r\n", "bad_field"),
        (DEFAULT, b"\x02012,3;008.0;005.5\r\n", "bad_field"),
        (DEFAULT, b"\x02012.30;008.0;005.5\r\n", "bad_field"),
        (DEFAULT, b"\x02-12.3;008.0;005.5\r\n", "bad_field"),
        (DmFormat(unit_separator=" "), b"\x02012.3;008.0;005.5 in\r\n", "bad_unit"),
        (DmFormat(unit_separator=" "), b"\x02012.3;008.0;005.5 mm\r\n", "bad_unit"),
        (DmFormat(bcc=True), b"\x02012.3;008.0;005.500\r\n", "bad_checksum"),
        (DEFAULT, b"\x02" + b"A" * 300 + b"\r\n", "overlong"),
    ],
)
def test_what_is_wrong_is_named(fmt: DmFormat, wire: bytes, why: str) -> None:
    """A technician sees why a message was thrown away."""
    found = DimensionDecoder(fmt).feed(wire)[0]
    assert isinstance(found, Garbage)
    assert found.why == why


@pytest.mark.parametrize(
    "message",
    [
        Dimensioned(Size(100_000_000, 1, 1)),
        Dimensioned(Size(1, 1, 1), 42),
        Dimensioned(Size(1, 1, 1), None, True),
        Dimensioned(None, None, None, "NODIM_BOX_STACKED"),
        Dimensioned(Size(1, 0, 1)),
        Heartbeat(),
    ],
)
def test_what_the_page_cannot_say_is_refused(message: Message) -> None:
    """A part that is switched off would silently be lost."""
    with pytest.raises(ValueError, match="written"):
        encode(message)


@pytest.mark.parametrize("wrong", [{"unit": "in"}, {"order": "LLH"}, {"sequence_digits": 4}, {"decimals": 3}])
def test_a_page_that_this_machine_lacks_is_refused(wrong) -> None:
    """Inches would make every parcel plausible and wrong."""
    with pytest.raises(ValueError, match="not a"):
        DmFormat(**wrong)
