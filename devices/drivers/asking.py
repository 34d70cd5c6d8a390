"""One question at a time on a line that may lose either direction: the half of a driver that asks.

A question goes out when the one before it is answered or given up; it is repeated after `answer_within_s` until its attempts
are used. What is given up makes the device unhealthy until something is answered again. No protocol here numbers its
answers unless its driver checks the number itself before it calls `answered`.
"""

from collections import deque
from dataclasses import dataclass, replace

from devices.drivers.outputs import CommandDone, Health, Output, Send

_QUEUE_CAP = 16


@dataclass(frozen=True, slots=True)
class Question:
    """`name` is what the driver calls it; `key` is the command it belongs to, empty for the driver's own."""

    name: str
    wire: bytes
    key: str = ""
    attempts: int = 1


class Asker:
    """`asked` is what waits for an answer now. `due` and `tick` are those of the driver."""

    def __init__(self, answer_within_s: float) -> None:
        self._patience = answer_within_s
        self._waiting: deque[Question] = deque()
        self._deadline: float | None = None
        self._good: bool | None = None
        self.asked: Question | None = None
        self.opened = False

    @property
    def free(self) -> bool:
        """Nothing is asked and nothing waits to be."""
        return self.asked is None and not self._waiting

    def ask(self, question: Question, now: float) -> list[Output]:
        """Ask now or when it is this question's turn; a queue that is full refuses, and so does a link that is none."""
        if not self.opened:
            return _ended(question, "not_connected")
        if len(self._waiting) >= _QUEUE_CAP:
            return _ended(question, "busy")
        self._waiting.append(question)
        return self._next(now)

    def answered(self, now: float, code: str = "") -> list[Output]:
        """The question on the wire has its answer; `code` says why the device would not do it."""
        asked, self.asked, self._deadline = self.asked, None, None
        return [*self._health(True, ""), *([] if asked is None else _ended(asked, code)), *self._next(now)]

    def alive(self, key: str) -> CommandDone:
        """The answer to a ping of a machine that cannot be asked: whether there is a link."""
        return CommandDone(key, "" if self.opened else "not_connected")

    def due(self) -> float | None:
        return self._deadline

    def tick(self, now: float) -> tuple[list[Output], Question | None]:
        """Repeat what was not answered in time, or give it up; the second part is what was given up."""
        if self.asked is None or self._deadline is None or now < self._deadline:
            return [], None
        if self.asked.attempts > 1:
            self.asked = replace(self.asked, attempts=self.asked.attempts - 1)
            self._deadline = now + self._patience
            return [Send(self.asked.wire)], None
        lost, self.asked, self._deadline = self.asked, None, None
        return [*_ended(lost, "timeout"), *self._health(False, "no answer"), *self._next(now)], lost

    def reset(self, *, opened: bool) -> list[Output]:
        """Give up everything: the link is fresh, or gone."""
        self.opened = opened
        given_up = [*([self.asked] if self.asked else []), *self._waiting]
        self.asked = self._deadline = self._good = None
        self._waiting.clear()
        return [output for question in given_up for output in _ended(question, "link_lost")]

    def _next(self, now: float) -> list[Output]:
        if self.asked is not None or not self._waiting:
            return []
        self.asked, self._deadline = self._waiting.popleft(), now + self._patience
        return [Send(self.asked.wire)]

    def _health(self, good: bool, detail: str) -> list[Output]:
        if good == self._good:
            return []
        self._good = good
        return [Health(good, detail)]


def earliest(*times: float | None) -> float | None:
    """The first of these times that is one."""
    return min((time for time in times if time is not None), default=None)


def _ended(question: Question, code: str) -> list[Output]:
    return [CommandDone(question.key, code)] if question.key else []
