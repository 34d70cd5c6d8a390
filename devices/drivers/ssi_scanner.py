"""A Zebra scanner that speaks SSI: it repeats what is not acknowledged, and is acknowledged once the scan is on disk.

A repetition has the bit for it and equals the packet before. It gets the same `identity` as the first copy, so that the
gateway records it once and repeats the acknowledgement. A packet that continues in the next is collected first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from devices.drivers.asking import Asker, Question
from devices.drivers.listening import ListeningDevice
from devices.drivers.outputs import CommandDone, Noise, Output, Report, Send
from devices.drivers.scans import scan_of
from devices.protocols.zebra_ssi import (
    ACK,
    BEEP,
    CONTINUED,
    HOST,
    NAK,
    START_SESSION,
    STOP_SESSION,
    Packet,
    PacketDecoder,
    encode,
)

_ACK = encode(Packet(ACK, HOST))
_NAK = encode(Packet(NAK, HOST, 0, b"\x01"))
_MOST_HELD = 4096
_WIRE = {
    "trigger_on": encode(Packet(START_SESSION, HOST)),
    "trigger_off": encode(Packet(STOP_SESSION, HOST)),
    "beep": encode(Packet(BEEP, HOST, 0, b"\x00")),
}


@dataclass(frozen=True, slots=True)
class _Seen:
    packet: Packet
    identity: bytes


class SsiScanner:
    commands = frozenset({*_WIRE, "ping"})

    def __init__(
        self, symbologies: Mapping[int, str], wall: Callable[[], datetime], answer_within_s: float = 2.0
    ) -> None:
        self._symbologies = symbologies
        self._wall = wall
        self._line = ListeningDevice(PacketDecoder, self._packet)
        self._asker = Asker(answer_within_s)
        self._seen: _Seen | None = None
        self._held = b""
        self._count = 0

    def connected(self, now: float) -> list[Output]:
        self._held = b""
        return [*self._asker.reset(opened=True), *self._line.connected(now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        return self._line.feed(data, now)

    def due(self) -> float | None:
        times = [time for time in (self._line.due(), self._asker.due()) if time is not None]
        return min(times, default=None)

    def tick(self, now: float) -> list[Output]:
        return [*self._line.tick(now), *self._asker.tick(now)[0]]

    def disconnected(self) -> list[Output]:
        return [*self._line.disconnected(), *self._asker.reset(opened=False)]

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """Trigger or beep, acknowledged by the scanner; a ping says only that there is a link."""
        wire = _WIRE.get(name)
        if wire is None:
            return [self._asker.alive(key) if name == "ping" else CommandDone(key, "unsupported")]
        return self._asker.ask(Question(name, wire, key, attempts=2), now)

    def _packet(self, message: object, now: float) -> list[Output]:
        assert isinstance(message, Packet)
        if message.opcode in (ACK, NAK):
            return self._asker.answered(now, "" if message.opcode == ACK else "not_executable")
        if message.code is None:
            return [Send(_ACK)]  # nothing is owed to anybody for it, and unacknowledged it would come again
        seen = self._seen
        if seen is not None and message.repeats(seen.packet):
            return self._scan(seen.packet, seen.identity)
        self._count += 1
        identity = f"{self._wall().isoformat()}|{self._count}".encode()
        if message.status & CONTINUED:
            self._held += message.data if not self._held else message.data[1:]
            self._seen = None
            return [Noise(len(self._held), "overlong"), Send(_NAK)] if len(self._held) > _MOST_HELD else [Send(_ACK)]
        whole = replace(message, data=self._held + message.data[1:]) if self._held else message
        self._held = b""
        self._seen = _Seen(whole, identity)
        return self._scan(whole, identity)

    def _scan(self, packet: Packet, identity: bytes) -> list[Output]:
        kind, text = packet.data[0], packet.data[1:].decode("utf-8", "replace")
        report = scan_of([(self._symbologies.get(kind, ""), text)], str(self._count))
        if not isinstance(report, Report):
            return [report, Send(_ACK)]
        return [replace(report, identity=identity, receipt=_ACK)]
