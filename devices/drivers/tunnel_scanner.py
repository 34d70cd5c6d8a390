"""A tunnel scanner on a plain serial line: every frame is one `scan`. It never hears anything from us."""

from devices.contract.events import Code, Scan
from devices.drivers.outputs import Noise, Output, Report
from devices.protocols.frames import Garbage
from devices.protocols.plain_serial import ScanDecoder, ScanMessage, ScannerFormat

_MAX_CODES = 32
_MAX_TEXT = 256


class TunnelScanner:
    def __init__(self, format: ScannerFormat) -> None:
        self._format = format
        self._decoder = ScanDecoder(format)

    def connected(self, now: float) -> list[Output]:
        # A half frame from before the unplug must not be glued to the first frame after it.
        self._decoder = ScanDecoder(self._format)
        return []

    def feed(self, data: bytes, now: float) -> list[Output]:
        return [_output(message) for message in self._decoder.feed(data)]

    def due(self) -> float | None:
        return None

    def tick(self, now: float) -> list[Output]:
        return []

    def disconnected(self) -> list[Output]:
        return []


def _output(message: ScanMessage | Garbage) -> Output:
    if isinstance(message, Garbage):
        return Noise(len(message.data), message.why)
    if len(message.codes) > _MAX_CODES or any(len(text) > _MAX_TEXT for _, text in message.codes):
        return Noise(sum(len(text) for _, text in message.codes), "beyond_contract")
    codes = [Code(symbology=symbology, text=text) for symbology, text in message.codes]
    return Report("scan", Scan(tid=message.index, outcome=message.outcome, codes=codes))
