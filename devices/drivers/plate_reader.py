"""A gate camera that pushes JSON: one `plate` a passage, although a camera reports a lorry while it stands in the picture."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.contract.events import Plate
from devices.drivers.listening import ListeningDevice
from devices.drivers.outputs import Noise, Output, Report
from devices.protocols.json_lines import JsonObject, ObjectDecoder

_PLATE = re.compile(r"\w{1,16}")
_CONFIDENCE = re.compile(r"([0-9]{1,3})(\.[0-9]{1,6})?")


@dataclass(frozen=True, slots=True)
class PlateRules:
    keys: Mapping[str, str] = field(default_factory=dict)
    no_read: str = "NOREAD"
    repeat_within_s: float = 10.0
    terminator: bytes = b"\n"


class PlateReader(ListeningDevice):
    def __init__(self, rules: PlateRules) -> None:
        super().__init__(lambda: ObjectDecoder(rules.terminator), self._passage)
        self._rules = rules
        self._last: tuple[str, str] | None = None
        self._last_at = 0.0

    def _passage(self, message: object, now: float) -> list[Output]:
        assert isinstance(message, JsonObject)
        text = self._value(message, "plate")
        plate = "" if text == self._rules.no_read else re.sub(r"[\s.-]", "", text).upper()
        lane = self._value(message, "lane")[:40]
        if plate and not _PLATE.fullmatch(plate):
            return [Noise(len(text), "bad_text")]
        again = plate != "" and self._last == (plate, lane) and now - self._last_at <= self._rules.repeat_within_s
        self._last, self._last_at = (plate, lane), now
        if again:
            return []
        body = Plate(
            plate=plate,
            outcome="good" if plate else "no_read",
            country=self._value(message, "country")[:3],
            lane=lane,
            confidence=_confidence(self._value(message, "confidence")),
            image=self._value(message, "image")[:256],
        )
        return [Report("plate", body)]

    def _value(self, message: JsonObject, name: str) -> str:
        return message.get(self._rules.keys.get(name, name))


def _confidence(text: str) -> int | None:
    """Hundredths: a camera says 97, 97.3 or 0.973."""
    match = _CONFIDENCE.fullmatch(text)
    if match is None:
        return None
    whole, part = int(match[1]), (match[2] or ".0")[1:]
    if whole <= 1 and match[2]:
        whole = whole * 100 + int(part[:2].ljust(2, "0"))
    return whole if whole <= 100 else None
