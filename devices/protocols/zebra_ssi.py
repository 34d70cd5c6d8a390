"""Zebra SSI, the packets of handheld and built-in scanners, both directions.

    LEN | OPCODE | SOURCE | STATUS | data ... | CHK(2, BE)        SE-923 guide, p. 160; DS2208 guide, p. 110

`LEN` counts everything but the checksum, so it is 4 to 255. SOURCE is 0 for the scanner and 4 for the host. CHK makes the
sum of all bytes before it, as a 16-bit number, zero. STATUS bit 0 says that the packet is sent again, bit 1 that more of
the same answer follows. Opcodes are those of guide 72E-40451; others are passed on with their number.

A scanner repeats a packet that was not acknowledged in time, with bit 0 set. The bit alone must not drop it: the first
copy may be the one that was lost. It is a repetition when everything else equals the packet before (`repeats`).

A packet has no mark. What holds it is the source and the checksum; after noise the search needs up to 257 bytes or a
`flush` at the next silence.
"""

from dataclasses import dataclass

from devices.protocols.delimited import proven
from devices.protocols.marked import Framed, MarkedDecoder

PACKET_CAP = 257
SCANNER, HOST = 0, 4
ACK, NAK, START_SESSION, STOP_SESSION, BEEP, REVISION, DECODE_DATA = 0xD0, 0xD1, 0xE4, 0xE5, 0xE6, 0xA3, 0xF3
RETRANSMITTED, CONTINUED = 1, 2
_HEAD, _CHECKSUM = 4, 2


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. The data of DECODE_DATA is one byte for the type of code and then its text."""

    opcode: int
    source: int
    status: int = 0
    data: bytes = b""

    @property
    def code(self) -> tuple[int, bytes] | None:
        """The type and the text of a decoded code, or None for every other packet."""
        return (self.data[0], self.data[1:]) if self.opcode == DECODE_DATA and self.data else None

    def repeats(self, before: "Packet") -> bool:
        """Whether this is the packet before, sent once more because its acknowledgement got lost."""
        same = (self.opcode, self.source, self.data) == (before.opcode, before.source, before.data)
        return same and bool(self.status & RETRANSMITTED) and (self.status ^ before.status) & ~RETRANSMITTED == 0


class PacketDecoder(MarkedDecoder[Packet]):
    """Packets of one side; garbage codes: bad_length, bad_field, bad_checksum, truncated."""

    def __init__(self, source: int = SCANNER) -> None:
        super().__init__(b"", PACKET_CAP, lambda data: _packet(data, source))


def encode(packet: Packet) -> bytes:
    """The bytes of a packet. ValueError when it is too long or a number does not fit into its byte."""
    size = _HEAD + len(packet.data)
    if max(size, packet.opcode, packet.status) > 0xFF or min(packet.opcode, packet.status) < 0:
        raise ValueError(f"cannot be written: {packet}")
    head = bytes([size, packet.opcode, packet.source & 0xFF, packet.status]) + packet.data
    wire = head + _checksum(head).to_bytes(_CHECKSUM)
    return proven(wire, packet, PacketDecoder(packet.source))


def _checksum(data: bytes) -> int:
    return -sum(data) & 0xFFFF


def _packet(data: bytes, source: int) -> Framed[Packet] | str | None:
    size = data[0]
    if size < _HEAD:
        return "bad_length"
    if len(data) > 2 and data[2] != source:
        return "bad_field"
    end = size + _CHECKSUM
    if len(data) < end:
        return None
    if _checksum(data[:size]) != int.from_bytes(data[size:end]):
        return "bad_checksum"
    return Framed(Packet(data[1], source, data[3], data[_HEAD:size]), end)
