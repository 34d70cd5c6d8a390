"""A link that plays a recording: what the machine said comes in at its pace; what is written goes nowhere."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from devices.transports.address import ReplayAddress
from devices.transports.link import LinkLost, LinkRefused
from devices.transports.recording import BadRecording, Piece, read_recording


class ReplayLink:
    def __init__(self, pieces: Iterator[Piece], speed: float) -> None:
        self._pieces = pieces
        self._speed = speed
        self._started = asyncio.get_running_loop().time()
        self._closed = asyncio.Event()

    @classmethod
    def open(cls, address: ReplayAddress) -> "ReplayLink":
        """Open the file, or raise LinkRefused."""
        path = Path(address.path)
        if not path.is_file():
            raise LinkRefused(f"{path}: no such file")
        return cls(read_recording(path), address.speed)

    async def read(self) -> bytes:
        try:
            piece = next((piece for piece in self._pieces if piece.direction == "rx" and piece.data), None)
        except (BadRecording, OSError) as error:
            raise LinkLost(str(error)) from error
        if piece is None:
            await self._closed.wait()  # a machine that has fallen silent, not one that was unplugged
            raise LinkLost("closed")
        await self._until(piece.at_s)
        return piece.data

    def write(self, data: bytes) -> None:
        if self._closed.is_set():
            raise LinkLost("closed")

    def close(self) -> None:
        self._closed.set()

    async def _until(self, at_s: float) -> None:
        wait_s = self._started + at_s / self._speed - asyncio.get_running_loop().time() if self._speed else 0.0
        try:
            async with asyncio.timeout(max(0.0, wait_s)):
                await self._closed.wait()
        except TimeoutError:
            return
        raise LinkLost("closed")
