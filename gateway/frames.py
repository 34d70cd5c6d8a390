"""The last raw bytes of each device, for the technician: what really was on the wire."""

from collections import deque
from collections.abc import Callable
from datetime import datetime

SIZE = 256
_MAX_BYTES = 512


class FrameRing:
    """The last SIZE chunks read or written, hex-coded only when somebody asks."""

    def __init__(self, wall: Callable[[], datetime]) -> None:
        self._wall = wall
        self._ring: deque[tuple[datetime, str, int, bytes]] = deque(maxlen=SIZE)

    def note(self, direction: str, data: bytes) -> None:
        self._ring.append((self._wall(), direction, len(data), data[:_MAX_BYTES]))

    def listing(self) -> list[dict[str, str | int]]:
        """Oldest first; `hex` holds at most the first 512 bytes of `size`."""
        return [
            {"at": at.isoformat(), "direction": direction, "size": size, "hex": data.hex()}
            for at, direction, size, data in self._ring
        ]
