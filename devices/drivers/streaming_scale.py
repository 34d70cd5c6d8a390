"""A scale that says its weight all the time: Toledo continuous, CAS, A&D, Sartorius, Ohaus, SMA repeated, Dini Argeo.

Most of what it says is that nothing changes. Out of the stream come

- one `weight` for each load: the first stable weight from `load_g` up after the scale was seen empty (below `empty_g`), or,
  when an item asked (`weigh`), the first stable weight after the question, with the item's tid;
- a sample of the stream every `sample_every_s`, for the screen; samples may be lost, weights never.

A load that takes the place of another without the scale being empty between them is one load, unless its item asked: no
weight is better than a wrong one. An overload is told once a load.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.contract.events import Weight
from devices.drivers.outputs import Noise, Output, Report, Sample
from devices.protocols.frames import Garbage
from devices.protocols.weighing import Weighing

_MIN_G, _MAX_G = -10_000_000, 100_000_000  # what the contract carries


class Decoder(Protocol):
    """A decoder whose messages are weighings, or carry one as `weighing`, or are Garbage, or say something else."""

    def feed(self, data: bytes) -> Sequence[object]: ...


@dataclass(frozen=True, slots=True)
class StreamRules:
    """`settle`: stable weights in a row, equal to each other, before one is believed."""

    load_g: int = 20
    empty_g: int = 10
    settle: int = 2
    answer_within_s: float = 3.0
    sample_every_s: float = 1.0


class StreamingScale:
    def __init__(self, decoder: Callable[[], Decoder], rules: StreamRules) -> None:
        self._make_decoder = decoder
        self._rules = rules
        self._decoder = decoder()
        self._tid: str | None = None
        self._deadline: float | None = None
        self._loaded = True
        self._equal = 0
        self._grams: int | None = None
        self._sample_at = 0.0

    def connected(self, now: float) -> list[Output]:
        self._decoder = self._make_decoder()
        self._forget()
        return []

    def weigh(self, tid: str, now: float) -> list[Output]:
        """Weigh the item that lies on the scale now; an item before it that has no weight yet gets none."""
        out = self._give_up()
        self._tid, self._deadline = tid, now + self._rules.answer_within_s
        self._equal, self._loaded = 0, True
        return out

    def feed(self, data: bytes, now: float) -> list[Output]:
        out: list[Output] = []
        last: Weighing | None = None
        for message in self._decoder.feed(data):
            if isinstance(message, Garbage):
                out.append(Noise(len(message.data), message.why))
                continue
            weighing = message if isinstance(message, Weighing) else getattr(message, "weighing", None)
            if isinstance(weighing, Weighing):
                last = weighing
                if (told := self._hear(weighing)) is not None:
                    out.append(told)
        return out if last is None else out + self._sample(last, now)

    def take(self, weighing: Weighing, now: float) -> list[Output]:
        """The same for one weight that somebody else decoded."""
        told = self._hear(weighing)
        return [*([] if told is None else [told]), *self._sample(weighing, now)]

    def _sample(self, last: Weighing, now: float) -> list[Output]:
        if now < self._sample_at or last.grams is None:
            return []
        self._sample_at = now + self._rules.sample_every_s
        return [Sample("weight", {"weight_g": last.grams, "stable": last.condition == "stable"})]

    def due(self) -> float | None:
        return self._deadline

    def tick(self, now: float) -> list[Output]:
        return self._give_up() if self._deadline is not None and now >= self._deadline else []

    def disconnected(self) -> list[Output]:
        return self._give_up()

    def _forget(self) -> None:
        self._tid = self._deadline = self._grams = None
        self._loaded = True  # after a new link nobody knows what lies there; the next load is told once it was empty
        self._equal = 0

    def _hear(self, weighing: Weighing) -> Output | None:
        if weighing.condition in ("overload", "underload"):
            self._equal = 0
            fresh, self._loaded = not self._loaded or self._tid is not None, True
            return self._tell("overload" if weighing.condition == "overload" else "underload", None) if fresh else None
        grams = weighing.grams
        if grams is None:
            return None
        if grams < self._rules.empty_g and self._tid is None:
            self._loaded, self._equal = False, 0
            return None
        if weighing.condition != "stable":
            self._equal = 0
            return None
        self._equal = self._equal + 1 if grams == self._grams else 1
        self._grams = grams
        wanted = self._tid is not None or (not self._loaded and grams >= self._rules.load_g)
        if not wanted or self._equal < self._rules.settle or not _MIN_G <= grams <= _MAX_G:
            return None
        self._loaded = True
        return self._tell("stable", grams, weighing.alibi)

    def _tell(self, outcome: str, grams: int | None, alibi: str = "") -> Report:
        tid = self._tid
        self._tid = self._deadline = None
        body = Weight.model_validate({"tid": tid, "outcome": outcome, "weight_g": grams, "alibi": alibi})
        return Report("weight", body)

    def _give_up(self) -> list[Output]:
        return [] if self._tid is None else [self._tell("error", None)]
