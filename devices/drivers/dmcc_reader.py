"""A Cognex reader: DMCC with extended responses, reads that it reports by itself.

The first command of every link switches the extended response on; without it the reader answers silently and its reads
come as bare text. A reader that restarted behind a serial server has forgotten that while the link stayed, so a sign of
life that does not come sets it up anew. Commands carry a number, and an answer with another one is stale.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from devices.drivers.asking import Asker, Question, earliest
from devices.drivers.listening import ListeningDevice
from devices.drivers.outputs import CommandDone, Noise, Output
from devices.drivers.scans import codes_in, scan_of
from devices.protocols.cognex_dmcc import Command, Response, ResponseDecoder, encode_command

_EXTENDED = "SET COM.DMCC-RESPONSE 1"
_LIFE = "GET DEVICE.TYPE"
_TEXTS = {"trigger_on": "TRIGGER ON", "trigger_off": "TRIGGER OFF", "beep": "BEEP", "ping": _LIFE}
_CODES = {101: "unknown_command", 102: "out_of_range", 104: "not_executable", 105: "not_executable"}


@dataclass(frozen=True, slots=True)
class DmccRules:
    setup: Sequence[str] = ()
    no_read: str = "NOREAD"
    code_separator: str = ";"
    ask_every_s: float = 10.0
    answer_within_s: float = 2.0


class DmccReader:
    commands = frozenset(_TEXTS)

    def __init__(self, rules: DmccRules) -> None:
        self._rules = rules
        self._line = ListeningDevice(ResponseDecoder, self._response)
        self._asker = Asker(rules.answer_within_s)
        self._number = 0
        self._ask_at: float | None = None
        self._set_up = False

    def connected(self, now: float) -> list[Output]:
        out = [*self._asker.reset(opened=True), *self._line.connected(now)]
        self._set_up = False
        return [*out, *self._greet(now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        return self._line.feed(data, now)

    def due(self) -> float | None:
        return earliest(self._asker.due(), self._ask_at)

    def tick(self, now: float) -> list[Output]:
        out, lost = self._asker.tick(now)
        self._set_up = self._set_up and lost is None
        if self._ask_at is not None and now >= self._ask_at and self._asker.free:
            out += self._greet(now)
        return out

    def disconnected(self) -> list[Output]:
        self._ask_at = None
        return self._asker.reset(opened=False)

    def command(self, name: str, key: str, now: float) -> list[Output]:
        text = _TEXTS.get(name)
        return [CommandDone(key, "unsupported")] if text is None else self._ask(text, key, now)

    def _greet(self, now: float) -> list[Output]:
        """A sign of life from a reader that is set up; else everything it has to be told."""
        texts = (_LIFE,) if self._set_up else (_EXTENDED, *self._rules.setup)
        self._set_up = True
        self._ask_at = now + self._rules.ask_every_s
        return [output for text in texts for output in self._ask(text, "", now)]

    def _ask(self, text: str, key: str, now: float) -> list[Output]:
        self._number = self._number % 9999 + 1
        wire = encode_command(Command(text, str(self._number)))
        return self._asker.ask(Question(str(self._number), wire, key, attempts=2), now)

    def _response(self, message: object, now: float) -> list[Output]:
        assert isinstance(message, Response)
        read = message.code
        if read is not None:
            codes = codes_in(read, self._rules.code_separator, self._rules.no_read)
            return [Noise(len(read), "bad_text") if codes is None else scan_of(codes)]
        asked = self._asker.asked
        if asked is None or message.id not in ("", asked.name):
            return [Noise(0, "unexpected_answer")]
        return self._asker.answered(now, "" if message.status == 0 else _CODES.get(message.status, "refused"))
