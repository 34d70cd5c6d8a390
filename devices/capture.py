"""Recording a link to a file, and playing a file to a link or explaining it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from devices.catalogue import Side
from devices.explain import Finding, explain
from devices.transports.link import ByteLink, LinkLost
from devices.transports.recording import PIECE_CAP, Piece, read_recording, write_piece

SIZE_CAP = 256 * 1024 * 1024
EXPLAINED_CAP = 1024 * 1024


async def capture(
    link: ByteLink,
    file: TextIO,
    seconds: float,
    seen: Callable[[Piece], None],
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Write what the machine says for so many seconds; the number of bytes. Ends early when the link or the room does."""
    start, total = clock(), 0
    try:
        async with asyncio.timeout(seconds):
            while total < SIZE_CAP:
                data = await link.read()
                total += len(data)
                for place in range(0, len(data), PIECE_CAP):
                    piece = Piece(clock() - start, "rx", data[place : place + PIECE_CAP])
                    file.write(write_piece(piece))
                    file.flush()
                    seen(piece)
    except (TimeoutError, LinkLost):
        return total
    return total


async def play(path: Path, link: ByteLink, speed: float, seen: Callable[[Piece], None]) -> int:
    """Say what the machine said, at its pace, to whoever is at the other end; the number of bytes. LinkLost, BadRecording."""
    started, total = asyncio.get_running_loop().time(), 0
    for piece in read_recording(path):
        if piece.direction != "rx":
            continue
        if speed:
            await asyncio.sleep(max(0.0, started + piece.at_s / speed - asyncio.get_running_loop().time()))
        link.write(piece.data)
        total += len(piece.data)
        seen(piece)
    return total


def explain_recording(path: Path, machine: Side, host: Side | None) -> list[tuple[str, Finding]]:
    """Each frame of both sides, the machine's first: (rx or tx, finding). BadRecording; at most EXPLAINED_CAP bytes a side."""
    said: dict[str, bytearray] = {"rx": bytearray(), "tx": bytearray()}
    for piece in read_recording(path):
        room = EXPLAINED_CAP - len(said[piece.direction])
        said[piece.direction] += piece.data[:room]
    found = [("rx", finding) for finding in explain(machine, bytes(said["rx"]))]
    if host is not None:
        found += [("tx", finding) for finding in explain(host, bytes(said["tx"]))]
    return found
