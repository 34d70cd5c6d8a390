"""Dimensioners and stations that measure: Cubiscan, Datalogic DM3610 and DC3000, DWS boxes. Every parcel is one `measured`.

They measure by themselves when a parcel comes; a Cubiscan can be told to by the command `measure`, too. A machine that
repeats a parcel under the same sequence number is heard once.
"""

from collections.abc import Callable

from devices.contract.events import Code, Measured
from devices.drivers.asking import Asker, Question
from devices.drivers.listening import HoldingDecoder, ListeningDevice
from devices.drivers.outputs import CommandDone, Noise, Output, Report
from devices.protocols import cubiscan, datalogic_dm3610
from devices.protocols.dws_template import DwsRecord
from devices.protocols.scale_command import ScaleCommand

_MEASURE = cubiscan.encode_command(ScaleCommand("M"))
_REASONS = {"C": "corner", "M": "not_measured", "Z": "not_zeroed", "": "unknown_command"}
_MOST_MM, _MOST_G, _MOST_TEXT, _MOST_EXTRAS, _MOST_CODES = 100_000, 100_000_000, 256, 16, 32


class Cubiscan:
    commands = frozenset({"measure", "ping"})

    def __init__(self, answer_within_s: float = 5.0) -> None:
        self._line = ListeningDevice(cubiscan.ResponseDecoder, self._response)
        self._asker = Asker(answer_within_s)

    def connected(self, now: float) -> list[Output]:
        return [*self._asker.reset(opened=True), *self._line.connected(now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        return self._line.feed(data, now)

    def due(self) -> float | None:
        return self._asker.due()

    def tick(self, now: float) -> list[Output]:
        return self._asker.tick(now)[0]

    def disconnected(self) -> list[Output]:
        return self._asker.reset(opened=False)

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """A measurement is not repeated when its answer is lost: the parcel may have gone."""
        if name == "measure":
            return self._asker.ask(Question(name, _MEASURE, key), now)
        return [self._asker.alive(key) if name == "ping" else CommandDone(key, "unsupported")]

    def _response(self, message: object, now: float) -> list[Output]:
        if isinstance(message, cubiscan.Refused):
            reason = _REASONS[message.error]
            asked = self._asker.answered(now, reason) if self._asker.asked is not None else []
            return [*asked, Report("measured", Measured(reason=reason))] if message.command == "M" else asked
        assert isinstance(message, cubiscan.Measured)
        answered = self._asker.answered(now) if message.origin == "H" and self._asker.asked is not None else []
        size = message.size
        body = Measured(
            weight_g=message.weight_g,
            length_mm=size.length_mm,
            width_mm=size.width_mm,
            height_mm=size.height_mm,
            extras={"volume_weight_g": str(message.volume_weight_g), "factor": str(message.factor)},
        )
        return [*answered, Report("measured", body)]


def datalogic(fmt: datalogic_dm3610.DmFormat) -> ListeningDevice:
    """A driver for a machine with this setup page."""
    last: list[tuple[int, object]] = []

    def say(message: object, now: float) -> list[Output]:
        if not isinstance(message, datalogic_dm3610.Dimensioned):
            return []  # a heartbeat: the bytes themselves were the sign of life
        if message.sequence is not None:
            if last == [(message.sequence, message)]:
                return [Noise(0, "repeated")]
            last[:] = [(message.sequence, message)]
        size = message.size
        if size is not None and max(size.length_mm, size.width_mm, size.height_mm) > _MOST_MM:
            return [Noise(0, "beyond_contract")]
        body = Measured(
            length_mm=size and size.length_mm,
            width_mm=size and size.width_mm,
            height_mm=size and size.height_mm,
            legal=message.legal,
            reason=message.reason if size is None else "",
            alibi=message.alibi[:64],
        )
        return [Report("measured", body, src_seq=None if message.sequence is None else str(message.sequence))]

    return ListeningDevice(lambda: datalogic_dm3610.DimensionDecoder(fmt), say)


def dws(decoder: Callable[[], HoldingDecoder], acknowledge: bytes = b"") -> ListeningDevice:
    """A driver for a station whose records this decoder reads.

    A station that waits for `acknowledge` repeats a record; one with a time of its own is then recorded once. Without a time
    two equal parcels cannot be told from one that was repeated, and both are kept.
    """

    def say(message: object, now: float) -> list[Output]:
        assert isinstance(message, DwsRecord)
        if not _fits(message):
            return [Noise(0, "beyond_contract")]
        identity = repr(message).encode() if acknowledge and dict(message.extras).get("timestamp") else None
        return [Report("measured", _body(message), identity=identity, receipt=acknowledge or None)]

    return ListeningDevice(decoder, say)


def _fits(record: DwsRecord) -> bool:
    """Whether the contract can carry it."""
    size, extras = record.size, dict(record.extras)
    longest = 0 if size is None else max(size.length_mm, size.width_mm, size.height_mm)
    texts = [*record.barcodes, *extras.values()]
    few = len(extras) <= _MOST_EXTRAS and len(record.barcodes) <= _MOST_CODES
    return (
        few
        and longest <= _MOST_MM
        and 0 <= (record.weight_g or 0) <= _MOST_G
        and max(map(len, texts), default=0) <= _MOST_TEXT
    )


def _body(record: DwsRecord) -> Measured:
    size = record.size
    return Measured(
        codes=[Code(text=text) for text in record.barcodes],
        weight_g=record.weight_g,
        length_mm=size and size.length_mm,
        width_mm=size and size.width_mm,
        height_mm=size and size.height_mm,
        reason="" if record.barcodes else "no_read",
        extras=dict(record.extras),
    )
