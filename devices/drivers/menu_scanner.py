"""A Honeywell scanner: codes as plain text, settings and trigger by menu commands on the same line.

Answers and codes share the line and look alike for all but their last two bytes, so a menu command is given only while
nothing is being scanned, and what arrives until its answer is over belongs to the answer. Settings go into the memory that
does not wear out (`!`), at every connect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from devices.drivers.asking import Asker, Question
from devices.drivers.outputs import CommandDone, Noise, Output, Send
from devices.drivers.tunnel_scanner import TunnelScanner
from devices.protocols.frames import Garbage
from devices.protocols.honeywell_menu import (
    AnswerDecoder,
    Answers,
    Menu,
    Setting,
    Trigger,
    encode_command,
)
from devices.protocols.plain_serial import ScannerFormat

_REFUSALS = {"enq": "unknown_command", "nak": "out_of_range"}


@dataclass(frozen=True, slots=True)
class MenuRules:
    menu: Sequence[str] = ()
    trigger_letters: str = "TU"
    answer_within_s: float = 2.0


class MenuScanner:
    commands = frozenset({"trigger_on", "trigger_off", "ping"})

    def __init__(self, fmt: ScannerFormat, rules: MenuRules) -> None:
        self._codes = TunnelScanner(fmt)
        self._rules = rules
        self._asker = Asker(rules.answer_within_s)
        self._answers = AnswerDecoder()

    def connected(self, now: float) -> list[Output]:
        out = [*self._asker.reset(opened=True), *self._codes.connected(now)]
        self._answers = AnswerDecoder()
        for text in self._rules.menu:
            wire = encode_command(Menu((Setting(text[:3], text[3:6], text[6:]),), "!"))
            out += self._asker.ask(Question("menu", wire, attempts=3), now)
        return out

    def feed(self, data: bytes, now: float) -> list[Output]:
        if self._asker.asked is None:
            return self._codes.feed(data, now)
        out: list[Output] = []
        for place in range(len(data)):
            out += self._answer(self._answers.feed(data[place : place + 1]), now)
            if self._asker.asked is None:  # what stands behind the answer is a code
                return [*out, *self._codes.feed(data[place + 1 :], now)]
        return out

    def due(self) -> float | None:
        return self._asker.due()

    def tick(self, now: float) -> list[Output]:
        out, lost = self._asker.tick(now)
        if lost is not None:
            self._answers = AnswerDecoder()
        return out

    def disconnected(self) -> list[Output]:
        return self._asker.reset(opened=False)

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """The trigger gives no answer of its own, so it is done when it is sent."""
        if name in ("trigger_on", "trigger_off"):
            wire = encode_command(Trigger(name == "trigger_on"), self._rules.trigger_letters)
            return [Send(wire), CommandDone(key, "")] if self._asker.opened else [CommandDone(key, "not_connected")]
        return [self._asker.alive(key) if name == "ping" else CommandDone(key, "unsupported")]

    def _answer(self, found: Sequence[Answers | Garbage], now: float) -> list[Output]:
        out: list[Output] = []
        for item in found:
            if isinstance(item, Garbage):
                out.append(Noise(len(item.data), item.why))
            else:
                bad = [answer.outcome for answer in item.answers if answer.outcome != "ack"]
                out += self._asker.answered(now, _REFUSALS[bad[0]] if bad else "")
        return out
