"""What every decoder gives back, and the shape all decoders share.

A decoder is fed bytes as they arrive, in any split, and returns whole messages and the bytes that were none. It never
raises on input and never buffers more than its stated cap.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

Message_co = TypeVar("Message_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Garbage:
    """Bytes that belong to no message. `why` is a short code: noise, overlong, bad_length, bad_field, truncated …"""

    data: bytes
    why: str


class Decoder(Protocol[Message_co]):
    """Bytes of one stream in, messages and garbage out; a new connection needs a new decoder."""

    def feed(self, data: bytes) -> "Sequence[Message_co | Garbage]":
        """Take the next bytes of the stream and return what became complete by them, in order."""
        ...
