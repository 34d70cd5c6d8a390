"""A mailbox in a PLC's registers, through which a sorter and its host exchange one message at a time.

    base + 0  layout = 1            + 1  start count of the PLC     + 2  event counter       + 3  event type
         + 4  tid, high word        + 5  tid, low word              + 6  place or chute      + 7  code
         + 8  counter of the last answer taken                      + 9  heartbeat
    base + 32 event counter taken by the host                       + 33 answer counter      + 34, 35 tid
         + 36 chute, 0 for another round                            + 37 lease epoch         + 38 heartbeat of the host

Handshake: who fills a message writes its counter last. The PLC shows an event until the host has written the same counter
back, and the host does that only after the event is on disk. Counters run from 1 to 65535 and begin anew at 1; 0 is none.
Event types: 1 induction, 2 destination wanted, 3 sorted, 4 chute state, 5 lost. Code of 3: 0 good, 1 chute full, 2 jam,
3 no answer in time, 4 missed. Code of 4: 0 open, 1 full, 2 jam, 3 disabled.

This layout is ours, for makers who have none; a maker's own goes here beside it. Pure: registers in, messages out.
"""

from dataclasses import dataclass
from typing import Literal

LAYOUT = 1
EVENT_SIZE, ANSWER_AT, ANSWER_SIZE = 10, 32, 7
EventType = Literal["induct", "wanted", "sorted", "chute", "lost"]
_TYPES: dict[int, EventType] = {1: "induct", 2: "wanted", 3: "sorted", 4: "chute", 5: "lost"}
_NUMBERS = {name: number for number, name in _TYPES.items()}
_LAST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Event:
    """What the PLC shows. `counter` 0: nothing yet."""

    start: int
    counter: int
    type: EventType
    tid: int
    place: int
    code: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole block of the PLC; `event` None while there is none."""

    event: Event | None
    answer_taken: int
    heartbeat: int
    start: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the host writes: the event it took and, with `counter` above 0, where the item `tid` goes."""

    taken: int
    counter: int = 0
    tid: int = 0
    chute: int = 0
    epoch: int = 0
    heartbeat: int = 0


def next_counter(counter: int) -> int:
    """1 to 65535, round and round."""
    return counter % _LAST + 1


def read_shown(registers: tuple[int, ...]) -> Shown | str:
    """The block of the PLC, or why it is none: bad_length, bad_layout, unknown_type."""
    if len(registers) != EVENT_SIZE:
        return "bad_length"
    layout, start, counter, type_no, high, low, place, code, answer_taken, heartbeat = registers
    if layout != LAYOUT:
        return "bad_layout"
    if counter == 0:
        return Shown(None, answer_taken, heartbeat, start)
    if type_no not in _TYPES:
        return "unknown_type"
    event = Event(start, counter, _TYPES[type_no], high << 16 | low, place, code)
    return Shown(event, answer_taken, heartbeat, start)


def write_shown(shown: Shown) -> tuple[int, ...]:
    """The registers of the PLC's block."""
    event = shown.event
    if event is None:
        return (LAYOUT, shown.start, 0, 0, 0, 0, 0, 0, shown.answer_taken, shown.heartbeat)
    return (
        LAYOUT, event.start, event.counter, _NUMBERS[event.type], event.tid >> 16, event.tid & _LAST, event.place,
        event.code, shown.answer_taken, shown.heartbeat,
    )  # fmt: skip


def read_answer(registers: tuple[int, ...]) -> Answer | str:
    """The host's block, or bad_length."""
    if len(registers) != ANSWER_SIZE:
        return "bad_length"
    taken, counter, high, low, chute, epoch, heartbeat = registers
    return Answer(taken, counter, high << 16 | low, chute, epoch, heartbeat)


def write_answer(answer: Answer) -> tuple[int, ...]:
    """The registers of the host's block."""
    return (
        answer.taken, answer.counter, answer.tid >> 16, answer.tid & _LAST, answer.chute, answer.epoch,
        answer.heartbeat,
    )  # fmt: skip
