"""What drivers say, and the shape all drivers share.

A driver is a codec with a little memory: it is fed bytes and the monotonic time, and returns outputs in the order of the
wire. It does no I/O. Whoever runs it (`session`) hands `Send` to the link at once; everything else goes to the gateway,
which owes the device a `receipt` only after what the output says is on disk.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from devices.contract.events import Body


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes for the device now; nothing has to be stored first."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """A fact to be recorded.

    `identity` is what the device itself would repeat after a network blink (None when it never repeats); `receipt` is
    what it waits for (None when it waits for nothing).
    """

    type: str
    body: Body
    at: datetime | None = None
    src_seq: str | None = None
    identity: bytes | None = None
    receipt: bytes | None = None


@dataclass(frozen=True, slots=True)
class Passing:
    """An item was seen at a place that is no event of its own; it still has to be acknowledged."""

    tid: str
    place: str
    identity: bytes
    receipt: bytes | None


@dataclass(frozen=True, slots=True)
class WeighRequest:
    """An item lies on the scale of this place: weigh it now."""

    tid: str
    place: str
    identity: bytes
    receipt: bytes | None


@dataclass(frozen=True, slots=True)
class DestinationRequest:
    """An item asks where to go.

    `place` is spelt as the device spells it, for the answer. `occasion` is equal in a repetition of the same question and
    differs in the next round.
    """

    tid: str
    place: str
    occasion: bytes
    seq: int


@dataclass(frozen=True, slots=True)
class CommandDone:
    """The device answered a command that was given with this key; `code` is empty on success."""

    key: str
    code: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of the moment, for a screen: telemetry that may be lost and is never stored."""

    name: str
    values: Mapping[str, int | bool | str]


@dataclass(frozen=True, slots=True)
class Noise:
    """Bytes that were no message, or a message that made no sense."""

    size: int
    why: str


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the device itself answers as it should; said once per change."""

    good: bool
    detail: str


Output = Send | Report | Passing | WeighRequest | DestinationRequest | CommandDone | Sample | Noise | Health


class Driver(Protocol):
    """Fed by one caller at a time. `now` is monotonic seconds and never goes back."""

    def connected(self, now: float) -> list[Output]:
        """A fresh link: forget half frames, greet the device."""
        ...

    def feed(self, data: bytes, now: float) -> list[Output]: ...

    def due(self) -> float | None:
        """When `tick` wants to be called next; None when there is nothing to wait for."""
        ...

    def tick(self, now: float) -> list[Output]: ...

    def disconnected(self) -> list[Output]:
        """The link is gone: give up what waited for an answer."""
        ...


@runtime_checkable
class Weigher(Protocol):
    """A driver that can weigh an item that asked."""

    def weigh(self, tid: str, now: float) -> list[Output]:
        """Weigh the item that lies on the scale now; one `weight` with this tid follows."""
        ...


@runtime_checkable
class Commandable(Protocol):
    """A driver that carries out commands."""

    commands: Set[str]

    def command(self, name: str, key: str, now: float) -> list[Output]:
        """Do what one of `commands` says; `CommandDone` with this key follows."""
        ...


@runtime_checkable
class SorterDriver(Protocol):
    """A driver whose machine asks where items go."""

    def answer(self, request: DestinationRequest, chute: str | None) -> bytes:
        """The bytes that answer a request; None is another round. ValueError for a chute this sorter does not have."""
        ...

    def has_chute(self, name: str) -> bool: ...
