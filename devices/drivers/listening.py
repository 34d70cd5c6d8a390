"""A machine that only talks: every message becomes what `say` makes of it.

Frames without an end mark can come late after noise, because what the noise claims to be is waited for. When the line has
been silent for `flush_after_s` with bytes held back, the decoder is told that nothing follows.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from devices.drivers.outputs import Noise, Output
from devices.protocols.frames import Garbage

Say = Callable[[object, float], Sequence[Output]]


class HoldingDecoder(Protocol):
    @property
    def pending(self) -> int: ...

    def feed(self, data: bytes) -> Sequence[object]: ...


class ListeningDevice:
    def __init__(self, decoder: Callable[[], HoldingDecoder], say: Say, flush_after_s: float = 0.2) -> None:
        self._make_decoder = decoder
        self._say = say
        self._flush_after_s = flush_after_s
        self._decoder = decoder()
        self._flush_at: float | None = None

    def connected(self, now: float) -> list[Output]:
        # A half frame from before the unplug must not be glued to the first frame after it.
        self._decoder, self._flush_at = self._make_decoder(), None
        return []

    def feed(self, data: bytes, now: float) -> list[Output]:
        out = self._outputs(self._decoder.feed(data), now)
        waits = self._decoder.pending and hasattr(self._decoder, "flush")
        self._flush_at = now + self._flush_after_s if waits else None
        return out

    def due(self) -> float | None:
        return self._flush_at

    def tick(self, now: float) -> list[Output]:
        if self._flush_at is None or now < self._flush_at:
            return []
        self._flush_at = None
        flush = getattr(self._decoder, "flush", None)
        return [] if flush is None else self._outputs(flush(), now)

    def disconnected(self) -> list[Output]:
        self._flush_at = None
        return []

    def _outputs(self, messages: Sequence[object], now: float) -> list[Output]:
        out: list[Output] = []
        for message in messages:
            if isinstance(message, Garbage):
                out.append(Noise(len(message.data), message.why))
            else:
                out += self._say(message, now)
        return out
