"""Zebra SSI packets, held by vectors whose checksums were recomputed by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.zebra_ssi import (
    ACK,
    CONTINUED,
    DECODE_DATA,
    HOST,
    NAK,
    PACKET_CAP,
    RETRANSMITTED,
    SCANNER,
    START_SESSION,
    Packet,
    PacketDecoder,
    encode,
)

# SE-923 guide, p. 160, and DS2208 guide, p. 110: layout; the three checksums were recomputed.
SCAN = Packet(DECODE_DATA, SCANNER, 0, b"\x03LX123456789CN")
GOLDEN = [
    (bytes.fromhex("04D00400FF28"), Packet(ACK, HOST)),
    (bytes.fromhex("05D1040001FF25"), Packet(NAK, HOST, 0, b"\x01")),
    (b"\x12\xf3\x00\x00\x03" + b"LX123456789CN" + b"\xfb\xe6", SCAN),
]
packets = st.builds(
    Packet, st.integers(0, 255), st.sampled_from([SCANNER, HOST]), st.integers(0, 255), st.binary(max_size=251)
)


@pytest.mark.parametrize(("wire", "packet"), GOLDEN)
def test_packets_mean_what_the_guide_says(wire: bytes, packet: Packet) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert PacketDecoder(packet.source).feed(wire) == [packet]
    assert encode(packet) == wire


@given(packets)
def test_a_packet_is_read_back(packet: Packet) -> None:
    """Every packet that can be written is read back as itself, whatever its data."""
    assert PacketDecoder(packet.source).feed(encode(packet)) == [packet]


def test_a_code_comes_with_its_type() -> None:
    """The first byte of the data is the type of code, not a part of it."""
    assert SCAN.code == (3, b"LX123456789CN")
    assert Packet(ACK, SCANNER).code is None
    assert Packet(DECODE_DATA, SCANNER).code is None


def test_a_repetition_is_told_from_a_second_parcel() -> None:
    """The bit alone must not drop a packet: the first copy may be the one that got lost."""
    again = Packet(DECODE_DATA, SCANNER, RETRANSMITTED, SCAN.data)
    assert again.repeats(SCAN)
    assert again.repeats(again)
    assert not SCAN.repeats(SCAN)
    assert not again.repeats(Packet(DECODE_DATA, SCANNER, 0, b"\x03OTHER"))
    assert not again.repeats(Packet(DECODE_DATA, SCANNER, CONTINUED, SCAN.data))


@given(st.integers(0, 19), st.integers(1, 255))
def test_a_damaged_packet_is_never_another_code(place: int, mask: int) -> None:
    """The checksum is a plain sum, but one damaged byte always changes it."""
    wire = bytearray(GOLDEN[2][0])
    wire[place] ^= mask
    decoder = PacketDecoder()
    found = [*decoder.feed(bytes(wire)), *decoder.flush()]
    assert [item for item in found if isinstance(item, Packet) and item.opcode == DECODE_DATA] == []


@given(st.binary(max_size=300), st.lists(packets.filter(lambda packet: packet.source == SCANNER), max_size=3))
def test_no_good_packet_is_lost_to_the_noise_before_it(noise: bytes, before: list[Packet]) -> None:
    """Noise may claim a length and make packets late, but the search takes them all once the line is silent."""
    decoder = PacketDecoder()
    stream = b"\xff\xff\xff" + noise.replace(b"\x00", b"\xff") + b"".join(map(encode, before)) + GOLDEN[2][0]
    found = [item for item in [*decoder.feed(stream), *decoder.flush()] if isinstance(item, Packet)]
    assert found == [*before, SCAN]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\x03", "bad_length"),
        (b"\x04\xd0\x04\x00\xff\x28", "bad_field"),
        (b"\x04\xd0\x00\x00\xff\x28", "bad_checksum"),
        (b"\xf0\xd0\x00\x00", "truncated"),
    ],
)
def test_what_is_wrong_is_named(wire: bytes, why: str) -> None:
    """A technician sees why bytes were thrown away, all of them, if in pieces; the next packet is read."""
    decoder = PacketDecoder()
    *lost, packet = [*decoder.feed(wire + GOLDEN[2][0]), *decoder.flush()]
    assert packet == SCAN
    assert b"".join(item.data for item in lost if isinstance(item, Garbage)) == wire
    assert isinstance(lost[0], Garbage)
    assert lost[0].why == why


@pytest.mark.parametrize(
    "packet",
    [
        Packet(DECODE_DATA, SCANNER, 0, b"x" * (PACKET_CAP - 5)),
        Packet(256, SCANNER),
        Packet(START_SESSION, 260),
        Packet(ACK, HOST, -1),
    ],
)
def test_a_packet_that_would_not_survive_is_refused(packet: Packet) -> None:
    """Refuse at the sender instead of sending another packet."""
    with pytest.raises(ValueError, match="written"):
        encode(packet)
