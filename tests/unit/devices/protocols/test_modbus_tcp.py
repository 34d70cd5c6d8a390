"""Modbus TCP against the bytes of its specification, and what a device may not send."""

import pytest

from devices.protocols.frames import Garbage
from devices.protocols.modbus_tcp import (
    Read,
    Refused,
    RequestDecoder,
    ResponseDecoder,
    Values,
    Write,
    Written,
    encode_request,
    encode_response,
)


def pdu(text: str, unit: str = "11", transaction: str = "1501") -> bytes:
    """The PDU of an example in the specification behind a header."""
    body = bytes.fromhex(unit + text)
    return bytes.fromhex(transaction) + b"\0\0" + len(body).to_bytes(2) + body


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        # MODBUS Application Protocol V1.1b3: 6.3 p. 15, 6.4 p. 16, 6.6 p. 19, 6.12 p. 30.
        (pdu("03 006B 0003"), Read(0x1501, 0x11, 3, 0x6B, 3)),
        (pdu("04 0008 0001"), Read(0x1501, 0x11, 4, 8, 1)),
        (pdu("06 0001 0003"), Write(0x1501, 0x11, 1, (3,), single=True)),
        (pdu("10 0001 0002 04 000A 0102"), Write(0x1501, 0x11, 1, (0x0A, 0x0102))),
    ],
)
def test_the_requests_of_the_specification(wire: bytes, message: object) -> None:
    """The worked examples of each function, behind the header of the TCP form."""
    assert RequestDecoder().feed(wire) == [message]
    assert encode_request(message) == wire  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        (pdu("03 06 022B 0000 0064"), Values(0x1501, 0x11, 3, (0x22B, 0, 0x64))),
        (pdu("04 02 000A"), Values(0x1501, 0x11, 4, (10,))),
        (pdu("06 0001 0003"), Written(0x1501, 0x11, 6, 1, 3)),
        (pdu("10 0001 0002"), Written(0x1501, 0x11, 16, 1, 2)),
        (pdu("83 02"), Refused(0x1501, 0x11, 3, 2)),
    ],
)
def test_the_answers_of_the_specification(wire: bytes, message: object) -> None:
    """The worked examples, and an exception (7, p. 47)."""
    assert ResponseDecoder().feed(wire) == [message]
    assert encode_response(message) == wire  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wire",
    [
        pdu("03 05 0000 0000 00"),
        pdu("03 04 0000"),
        pdu("10 0001"),
        pdu("2B 00 00"),
        b"\x15\x01\x00\x07" + pdu("83 02")[4:],
    ],
)
def test_lengths_that_disagree_are_no_answer(wire: bytes) -> None:
    """Without a checksum the agreement of the lengths is all there is."""
    decoder = ResponseDecoder()
    found = [*decoder.feed(wire), *decoder.flush()]
    assert found
    assert all(isinstance(item, Garbage) for item in found)


def test_more_registers_than_a_frame_holds_are_refused_at_the_sender() -> None:
    """125 to read, 123 to write."""
    for request in (Read(1, 1, 3, 0, 126), Read(1, 1, 3, 0, 0), Write(1, 1, 0, (0,) * 124), Write(1, 1, 0, (70_000,))):
        with pytest.raises(ValueError, match="cannot be written"):
            encode_request(request)
