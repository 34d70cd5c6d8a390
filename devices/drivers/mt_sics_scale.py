"""A scale that speaks MT-SICS: weighs one item at a time and joins the answer to the item that asked.

`S` blocks until the scale is stable, so an answer can come late. The protocol carries no number to join by; order is all
there is. No weight is better than a wrong one, therefore

- only one command is on the wire at a time;
- an item on the scale means that the one before it has left: what was still asked or waiting for that one is given up;
- after an answer that did not come, or came into doubt in this way, the scale is reset with `@`, and every weight before
  the reset's own answer is thrown away;
- a question that had to wait for longer than FRESH_S is not asked any more, because its item is gone.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

from devices.contract.events import Weight
from devices.drivers.outputs import CommandDone, Health, Noise, Output, Report, Send
from devices.protocols.frames import Garbage
from devices.protocols.mt_sics import Command, Fault, Reading, Reply, Response, ResponseDecoder, encode_command

JobKind = Literal["weigh", "zero", "tare", "ping"]
_WIRE: dict[JobKind, str] = {"weigh": "S", "zero": "Z", "tare": "T", "ping": "I4"}
_JOBS: dict[str, JobKind] = {"zero": "zero", "tare": "tare", "ping": "ping"}
_RESET = encode_command(Command("@"))
_RESET_ANSWER = "I4"
FRESH_S = 0.5
_QUEUE_CAP = 8
_MIN_G, _MAX_G = -10_000_000, 100_000_000  # what the contract carries; beyond it the scale speaks nonsense
_OUTCOME: dict[str, Literal["stable", "dynamic", "overload", "underload", "not_executable"]] = {
    "S": "stable",
    "D": "dynamic",
    "I": "not_executable",
    "+": "overload",
    "-": "underload",
}


@dataclass(frozen=True, slots=True)
class _Job:
    kind: JobKind
    key: str  # the tid of a weighing, the id of a command
    given_at: float


class MtSicsScale:
    commands = frozenset({"zero", "tare", "ping"})

    def __init__(self, answer_within_s: float = 3.0) -> None:
        self._patience = answer_within_s
        self._decoder = ResponseDecoder()
        self._waiting: deque[_Job] = deque()
        self._asked: _Job | None = None
        self._resetting = False
        self._deadline: float | None = None
        self._open = False
        self._good: bool | None = None

    def connected(self, now: float) -> list[Output]:
        self._decoder = ResponseDecoder()
        self._open = True
        return self._reset(now)

    def weigh(self, tid: str, now: float) -> list[Output]:
        """Weigh the item that lies on the scale now."""
        out: list[Output] = [_failed(job, "overtaken") for job in self._waiting if job.kind == "weigh"]
        self._waiting = deque(job for job in self._waiting if job.kind != "weigh")
        if self._asked is not None and self._asked.kind == "weigh":
            out.append(_failed(self._asked, "overtaken"))
            self._asked = None
            out += self._reset(now)
        return out + self._submit(_Job("weigh", tid, now), now)

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """Zero, tare or ping; `CommandDone` with this key follows."""
        kind = _JOBS.get(name)
        return [CommandDone(key, "unsupported")] if kind is None else self._submit(_Job(kind, key, now), now)

    def feed(self, data: bytes, now: float) -> list[Output]:
        out: list[Output] = []
        for response in self._decoder.feed(data):
            if isinstance(response, Garbage):
                out.append(Noise(len(response.data), response.why))
            else:
                out += self._heard(response, now)
        return out

    def due(self) -> float | None:
        return self._deadline

    def tick(self, now: float) -> list[Output]:
        if self._deadline is None or now < self._deadline:
            return []
        out: list[Output] = []
        if self._asked is not None:
            out.append(_failed(self._asked, "timeout"))
            self._asked = None
        return out + self._health(False, "no answer") + self._reset(now)

    def disconnected(self) -> list[Output]:
        self._open = self._resetting = False
        self._deadline = None
        jobs = [*([self._asked] if self._asked else []), *self._waiting]
        self._asked = None
        self._waiting.clear()
        self._good = None
        return [_failed(job, "link_lost") for job in jobs]

    def _submit(self, job: _Job, now: float) -> list[Output]:
        if not self._open:
            return [_failed(job, "not_connected")]
        out: list[Output] = []
        if len(self._waiting) >= _QUEUE_CAP:
            out.append(_failed(self._waiting.popleft(), "overtaken"))
        self._waiting.append(job)
        return out + self._next(now)

    def _next(self, now: float) -> list[Output]:
        out: list[Output] = []
        while self._waiting and self._asked is None and not self._resetting:
            job = self._waiting.popleft()
            if job.kind == "weigh" and now - job.given_at > FRESH_S:
                out.append(_failed(job, "too_late"))
                continue
            self._asked = job
            self._deadline = now + self._patience
            out.append(Send(encode_command(Command(_WIRE[job.kind]))))
        return out

    def _reset(self, now: float) -> list[Output]:
        self._resetting = True
        self._deadline = now + self._patience
        return [Send(_RESET)]

    def _heard(self, response: Response, now: float) -> list[Output]:
        if self._resetting:
            if isinstance(response, Reply) and response.id == _RESET_ANSWER:
                self._resetting = False
                self._deadline = None
                return self._health(True, "") + self._next(now)
            return [] if isinstance(response, Reading) else self._stray(response)
        job = self._asked
        outcome = None if job is None else _answer(job, response)
        if outcome is None:
            return self._stray(response)
        self._asked = None
        self._deadline = None
        return [outcome, *self._next(now)]

    def _stray(self, response: Response) -> list[Output]:
        return [Noise(0, "unexpected_fault" if isinstance(response, Fault) else "unexpected_answer")]

    def _health(self, good: bool, detail: str) -> list[Output]:
        if good == self._good:
            return []
        self._good = good
        return [Health(good, detail)]


def _answer(job: _Job, response: Response) -> Output | None:
    """What the response means for the job that waits, or None when it does not belong to it."""
    match response:
        case Fault(code):
            return _failed(job, {"ES": "syntax", "ET": "transmission", "EL": "logical"}[code])
        case Reading(status, grams) if job.kind == "weigh":
            if grams is not None and not _MIN_G <= grams <= _MAX_G:
                return _failed(job, "nonsense")
            return Report("weight", Weight(tid=job.key, outcome=_OUTCOME[status], weight_g=grams))
        case Reply(id, status) if job.kind != "weigh" and id == _WIRE[job.kind]:
            good = status in ("A", "S", "B")
            return CommandDone(job.key, "" if good else {"I": "not_executable"}.get(status, "out_of_range"))
    return None


def _failed(job: _Job, code: str) -> Output:
    if job.kind == "weigh":
        return Report("weight", Weight(tid=job.key, outcome="error", weight_g=None))
    return CommandDone(job.key, code)
