"""A scale that speaks when it is asked: SMA, A&D, Ohaus, Sartorius, Dini Argeo.

Its answers are a stream that we drive, so loads are found by the rules of `streaming_scale`: asked in a slow rhythm while
nothing happens, at once and again after every moving answer while an item waits. Answers carry no number; one question is
on the wire at a time, and after a silence whatever comes late is the answer to the next question, which for a weight is no
harm: it is never older than the question before it.

A language with a legal record (Dini Argeo's PID) is asked for it once a load, when the weight is stable, and never in the
slow rhythm, because every record is kept for years. A zero or a tare counts as done when the next weight shows it: most of
these languages answer nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from devices.contract.events import Weight
from devices.drivers.asking import Asker, Question, earliest
from devices.drivers.outputs import CommandDone, Noise, Output, Report, Send
from devices.drivers.streaming_scale import Decoder, StreamingScale, StreamRules
from devices.protocols.frames import Garbage
from devices.protocols.weighing import Weighing

_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class PollRules:
    """`wires`: bytes for weigh, zero, tare and, where the language has one, record."""

    wires: Mapping[str, bytes]
    answer_within_s: float = 1.0
    attempts: int = 3
    ask_every_s: float | None = 0.5
    stream: StreamRules = field(default_factory=lambda: StreamRules(settle=1))


class PolledScale:
    commands = frozenset({"zero", "tare", "ping"})

    def __init__(self, decoder: Callable[[], Decoder], rules: PollRules) -> None:
        self._make_decoder = decoder
        self._rules = rules
        self._decoder = decoder()
        self._loads = StreamingScale(decoder, rules.stream)
        self._asker = Asker(rules.answer_within_s)
        self._ask_at: float | None = None
        self._wanted = False
        self._held: Report | None = None
        self._setting: dict[str, str] = {}

    def connected(self, now: float) -> list[Output]:
        self._decoder = self._make_decoder()
        self._held, self._wanted = None, False
        self._setting.clear()
        return [*self._asker.reset(opened=True), *self._loads.connected(now), *self._ask("weigh", now)]

    def weigh(self, tid: str, now: float) -> list[Output]:
        """Weigh the item that lies on the scale now; an item before it that has no weight yet gets none."""
        out = [*self._release(), *self._loads.weigh(tid, now)]
        self._wanted = True
        return [*out, *(self._ask("weigh", now) if self._asker.free else [])]

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """Zero or tare, done when the next weight shows it; a ping, done when anything is answered."""
        if name not in self.commands:
            return [CommandDone(key, "unsupported")]
        out: list[Output] = []
        if name != "ping":
            if name not in self._rules.wires:
                return [CommandDone(key, "unsupported")]
            out += [Send(self._rules.wires[name])] if self._asker.opened else []
            self._setting[key] = name
        return [*out, *self._asker.ask(self._question("weigh", key), now)]

    def feed(self, data: bytes, now: float) -> list[Output]:
        out: list[Output] = []
        for message in self._decoder.feed(data):
            if isinstance(message, Garbage):
                out.append(Noise(len(message.data), message.why))
            else:
                out += self._hear(message, now)
        return out

    def due(self) -> float | None:
        return earliest(self._asker.due(), self._ask_at, self._loads.due())

    def tick(self, now: float) -> list[Output]:
        out, lost = self._asker.tick(now)
        if lost is not None and lost.name == "record":
            out += self._release()
        given_up = self._loads.tick(now)
        self._wanted = self._wanted and not given_up
        out += given_up
        if self._asker.asked is None and self._ask_at is None:
            self._rest(now)
        if self._ask_at is not None and now >= self._ask_at:
            self._ask_at = None
            out += self._ask("weigh", now) if self._asker.free else []
        return out

    def disconnected(self) -> list[Output]:
        self._ask_at = None
        self._setting.clear()
        return [*self._release(), *self._loads.disconnected(), *self._asker.reset(opened=False)]

    def _hear(self, message: object, now: float) -> list[Output]:
        weighing = message if isinstance(message, Weighing) else getattr(message, "weighing", None)
        asked = self._asker.asked
        if not isinstance(weighing, Weighing):
            return self._asker.answered(now, "refused") if asked is not None else [Noise(0, "unexpected_answer")]
        if asked is None:
            return [Noise(0, "unexpected_answer")]
        if asked.name == "record":
            out = [*self._release(weighing), *self._asker.answered(now)]
        else:
            code = self._code(asked, weighing)
            told = self._loads.take(weighing, now)
            out = [*self._asker.answered(now, code), *self._told(told, now)]
        self._rest(now)
        return out

    def _told(self, outputs: list[Output], now: float) -> list[Output]:
        """Weights that were found; with a legal record to ask for they wait until it is here."""
        out: list[Output] = []
        for output in outputs:
            if isinstance(output, Report):
                self._wanted = False
                if "record" in self._rules.wires and _weighed(output):
                    self._held = output
                    out += self._ask("record", now)
                    continue
            out.append(output)
        return out

    def _release(self, record: Weighing | None = None) -> list[Output]:
        """The weight that waited, with the number of its record when both say the same."""
        held, self._held = self._held, None
        if held is None:
            return []
        assert isinstance(held.body, Weight)
        if record is None or not record.alibi or record.grams != held.body.weight_g:
            return [held]
        return [replace(held, body=held.body.model_copy(update={"alibi": record.alibi}))]

    def _code(self, asked: Question, weighing: Weighing) -> str:
        setting = self._setting.pop(asked.key, None) if asked.key else None
        if setting is None:
            return ""
        shows = weighing.grams is not None and abs(weighing.grams) < max(1, self._rules.stream.empty_g)
        return "" if shows else "not_executable"

    def _rest(self, now: float) -> None:
        """When to ask next: soon while an item waits, else in the slow rhythm or not at all."""
        every = _AGAIN_S if self._wanted else self._rules.ask_every_s
        self._ask_at = None if every is None else now + every

    def _ask(self, name: str, now: float) -> list[Output]:
        return self._asker.ask(self._question(name), now)

    def _question(self, name: str, key: str = "") -> Question:
        return Question(name, self._rules.wires[name], key, self._rules.attempts)


def _weighed(report: Report) -> bool:
    return isinstance(report.body, Weight) and report.body.outcome == "stable"
