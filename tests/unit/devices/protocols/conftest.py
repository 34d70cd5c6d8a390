"""What every codec owes: the same messages under any split, no exception on any byte, a bounded buffer, quick recovery."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import pytest
from hypothesis import settings

from devices.protocols.frames import Garbage

settings.register_profile("codecs", deadline=None)  # a busy machine is not a broken law
settings.load_profile("codecs")


class BoundedDecoder(Protocol):
    @property
    def pending(self) -> int: ...

    def feed(self, data: bytes) -> Sequence[Any]: ...


MakeDecoder = Callable[[], BoundedDecoder]


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The stream cut at the given places (taken modulo its length)."""
    places = sorted({cut % (len(stream) + 1) for cut in cuts})
    return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]


def messages(found: Sequence[Any]) -> list[Any]:
    return [item for item in found if not isinstance(item, Garbage)]


class Laws:
    """The laws of `devices.protocols.frames.Decoder`, callable from a property test."""

    def any_split_gives_the_same_messages(self, make: MakeDecoder, stream: bytes, cuts: list[int]) -> None:
        whole, pieces = make(), make()
        in_pieces = [item for piece in split(stream, cuts) for item in pieces.feed(piece)]
        expected = messages(whole.feed(stream))
        assert messages(in_pieces) == expected
        single = make()
        assert messages([item for byte in stream for item in single.feed(bytes([byte]))]) == expected

    def never_raises_and_stays_bounded(self, make: MakeDecoder, chunks: list[bytes], cap: int) -> None:
        decoder = make()
        for chunk in chunks:
            decoder.feed(chunk)
            assert decoder.pending <= cap

    def costs_at_most_one_frame(self, make: MakeDecoder, noise: bytes, frame: bytes) -> None:
        decoder = make()
        decoder.feed(noise)
        message = make().feed(frame)[0]
        found = [item for _ in range(3) for item in decoder.feed(frame)]
        assert messages(found)[-2:] == [message, message]


@pytest.fixture(scope="session")
def laws() -> Laws:
    return Laws()
