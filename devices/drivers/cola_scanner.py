"""A SICK scanner over CoLa A or B: what it reads comes as an event, its gate opens and closes by method.

At every connect the event is subscribed, and again now and then as a sign of life: a device that restarted behind a serial
server has forgotten it while the link stayed. One that has just been switched on says nothing for half a minute.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devices.drivers.asking import Asker, Question, earliest
from devices.drivers.listening import HoldingDecoder, ListeningDevice
from devices.drivers.outputs import CommandDone, Noise, Output
from devices.drivers.scans import codes_in, scan_of
from devices.protocols.sick_cola import Telegram

_ANSWER_OF = {"sRN": "sRA", "sMN": "sAN", "sEN": "sEA", "sWN": "sWA"}


class Encode(Protocol):
    def __call__(self, telegram: Telegram) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ColaRules:
    result: str = "ODOprint"
    life: str = "SCdevicestate"
    trigger_on: str = "mTCgateon"
    trigger_off: str = "mTCgateoff"
    no_read: str = "NoRead"
    code_separator: str = ";"
    ask_every_s: float = 10.0
    answer_within_s: float = 3.0
    binary: bool = False


class ColaScanner:
    commands = frozenset({"trigger_on", "trigger_off", "ping"})

    def __init__(self, decoder: Callable[[], HoldingDecoder], encode: Encode, rules: ColaRules) -> None:
        self._rules = rules
        self._encode = encode
        self._line = ListeningDevice(decoder, self._telegram)
        self._asker = Asker(rules.answer_within_s)
        self._ask_at: float | None = None

    def connected(self, now: float) -> list[Output]:
        self._ask_at = now + self._rules.ask_every_s
        return [*self._asker.reset(opened=True), *self._line.connected(now), *self._subscribe(now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        return self._line.feed(data, now)

    def due(self) -> float | None:
        return earliest(self._asker.due(), self._ask_at, self._line.due())

    def tick(self, now: float) -> list[Output]:
        out, _ = self._asker.tick(now)
        out += self._line.tick(now)
        if self._ask_at is not None and now >= self._ask_at:
            self._ask_at = now + self._rules.ask_every_s
            out += self._subscribe(now) if self._asker.free else []
        return out

    def disconnected(self) -> list[Output]:
        self._ask_at = None
        return [*self._asker.reset(opened=False), *self._line.disconnected()]

    def command(self, name: str, key: str, now: float) -> list[Output]:
        if name == "ping":
            return self._ask("sRN", self._rules.life, key, now)
        method = {"trigger_on": self._rules.trigger_on, "trigger_off": self._rules.trigger_off}.get(name)
        return [CommandDone(key, "unsupported")] if method is None else self._ask("sMN", method, key, now)

    def _subscribe(self, now: float) -> list[Output]:
        on = b"\x01" if self._rules.binary else b"1"
        wire = self._encode(Telegram("sEN", self._rules.result, on))
        return self._asker.ask(Question(f"sEA {self._rules.result}", wire, attempts=3), now)

    def _ask(self, verb: str, name: str, key: str, now: float) -> list[Output]:
        wire = self._encode(Telegram(verb, name))
        return self._asker.ask(Question(f"{_ANSWER_OF[verb]} {name}", wire, key, attempts=2), now)

    def _telegram(self, message: object, now: float) -> list[Output]:
        assert isinstance(message, Telegram)
        if message.verb == "sSN" and message.name == self._rules.result:
            codes = codes_in(message.args, self._rules.code_separator, self._rules.no_read)
            return [Noise(len(message.args), "bad_text") if codes is None else scan_of(codes)]
        asked = self._asker.asked
        if asked is not None and message.verb == "sFA":
            return self._asker.answered(now, "refused")
        if asked is None or asked.name != f"{message.verb} {message.name}":
            return [Noise(0, "unexpected_answer")]
        return self._asker.answered(now)
