"""A ZPL printer as a device: whether it can print, asked by ~HS, and a test label. Labels of the warehouse go another way.

Trouble is the device's state, said once per change. Many printers do not answer while paper or ribbon is out or the head is
open, so no answer means `no answer` and a look at the printer.
"""

from dataclasses import dataclass

from devices.drivers.asking import Asker, Question, earliest
from devices.drivers.listening import ListeningDevice
from devices.drivers.outputs import CommandDone, Health, Noise, Output, Sample, Send
from devices.protocols.zpl_status import ASK, HostStatus, StatusDecoder


@dataclass(frozen=True, slots=True)
class PrinterRules:
    ask_every_s: float = 5.0
    answer_within_s: float = 3.0
    test_label: bytes = b"^XA^FO40,40^A0N,40^FDKouan^FS^XZ"


class LabelPrinter:
    commands = frozenset({"test_print", "ping"})

    def __init__(self, rules: PrinterRules) -> None:
        self._rules = rules
        self._line = ListeningDevice(StatusDecoder, self._status)
        self._asker = Asker(rules.answer_within_s)
        self._ask_at: float | None = None
        self._trouble: tuple[str, ...] | None = None

    def connected(self, now: float) -> list[Output]:
        self._trouble = None
        return [*self._asker.reset(opened=True), *self._line.connected(now), *self._ask("", now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        return self._line.feed(data, now)

    def due(self) -> float | None:
        return earliest(self._asker.due(), self._ask_at)

    def tick(self, now: float) -> list[Output]:
        out, lost = self._asker.tick(now)
        if lost is not None:
            self._trouble = None
            self._ask_at = now + self._rules.ask_every_s
        if self._ask_at is not None and now >= self._ask_at and self._asker.free:
            out += self._ask("", now)
        return out

    def disconnected(self) -> list[Output]:
        self._ask_at = None
        return self._asker.reset(opened=False)

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """A test label is not printed while the printer is known to be in trouble; nor twice when an answer is lost."""
        if name == "ping":
            return self._ask(key, now)
        if name != "test_print":
            return [CommandDone(key, "unsupported")]
        if self._trouble or not self._asker.opened:
            return [CommandDone(key, "not_executable" if self._asker.opened else "not_connected")]
        return [Send(self._rules.test_label), CommandDone(key, "")]

    def _ask(self, key: str, now: float) -> list[Output]:
        self._ask_at = None
        return self._asker.ask(Question("status", ASK, key, attempts=2), now)

    def _status(self, message: object, now: float) -> list[Output]:
        assert isinstance(message, HostStatus)
        if self._asker.asked is None:
            return [Noise(0, "unexpected_answer")]
        out = self._asker.answered(now)
        self._ask_at = now + self._rules.ask_every_s
        if message.trouble != self._trouble:
            self._trouble = message.trouble
            out.append(Health(not message.trouble, ", ".join(message.trouble).replace("_", " ")))
            out.append(Sample("printer", {"waiting": message.waiting, "left_in_batch": message.left_in_batch}))
        return out
