"""A sorter's PLC with the mailbox in its registers: events wait in a queue, one is shown until the host has ticked it off."""

from collections import deque
from dataclasses import replace

from devices.protocols.sorter_mailbox import (
    ANSWER_AT,
    ANSWER_SIZE,
    EVENT_SIZE,
    Answer,
    Event,
    EventType,
    Shown,
    next_counter,
    read_answer,
    write_shown,
)
from firmware_sim.models.instrument import Send
from firmware_sim.models.register_server import RegisterServer


class MailboxPlc:
    """`answers` are the destinations it took, in order. The queue outlives the power, as in retentive memory."""

    def __init__(self, send: Send) -> None:
        self._server = RegisterServer(send, 64, self._written)
        self._queue: deque[Event] = deque()
        self._counter = 0
        self._start = 0
        self._taken_answer = 0
        self._epoch = 0
        self.answers: list[Answer] = []

    def power_on(self) -> None:
        self._start = self._start % 0xFFFF + 1
        self._server.power_on()
        self._queue = deque(replace(event, start=self._start) for event in self._queue)
        self._show()

    def power_off(self) -> None:
        self._server.power_off()

    def receive(self, data: bytes) -> None:
        self._server.receive(data)

    def happen(self, type: EventType, tid: int, place: int = 0, code: int = 0) -> None:
        """Something happened on the sorter."""
        self._counter = next_counter(self._counter)
        self._queue.append(Event(self._start, self._counter, type, tid, place, code))
        self._show()

    @property
    def waiting(self) -> int:
        """Events that the host has not ticked off."""
        return len(self._queue)

    def _written(self) -> None:
        answer = read_answer(tuple(self._server.holding[ANSWER_AT : ANSWER_AT + ANSWER_SIZE]))
        assert isinstance(answer, Answer), "the block has this size"
        if answer.counter != self._taken_answer and answer.epoch >= self._epoch:
            self._taken_answer, self._epoch = answer.counter, answer.epoch
            self.answers.append(answer)
        if self._queue and answer.taken == self._queue[0].counter:
            self._queue.popleft()
        self._show()

    def _show(self) -> None:
        event = self._queue[0] if self._queue else None
        self._server.holding[:EVENT_SIZE] = write_shown(Shown(event, self._taken_answer, 0, self._start))
