"""Recordings: what passed on a line, one JSON object a line of a file, for support and for tests with real machines' bytes.

{"t": 1.204, "dir": "rx", "hex": "53205320..."}        t in seconds from the start; rx from the machine, tx to it
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LINE_CAP = 64 * 1024
PIECE_CAP = 16 * 1024
MOST_PIECES = 1_000_000
Direction = Literal["rx", "tx"]


class BadRecording(ValueError):
    """A file that is no recording; the message names the line."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that were read or written at once, `at_s` after the start."""

    at_s: float
    direction: Direction
    data: bytes


def write_piece(piece: Piece) -> str:
    """One line of a recording, with its end."""
    return json.dumps({"t": round(piece.at_s, 6), "dir": piece.direction, "hex": piece.data.hex()}) + "\n"


def read_recording(path: Path) -> Iterator[Piece]:
    """The pieces of a file in order, read as they are asked for. BadRecording; OSError when there is no file."""
    before = 0.0
    with path.open("rb") as file:
        for number in range(1, MOST_PIECES + 1):
            line = file.readline(LINE_CAP)
            if not line:
                return
            piece = _piece(line)
            if piece is None or piece.at_s < before:
                raise BadRecording(f"{path}: line {number} is no piece of a recording")
            before = piece.at_s
            yield piece
    raise BadRecording(f"{path}: more than {MOST_PIECES} lines")


def _piece(line: bytes) -> Piece | None:
    try:
        found = json.loads(line)
        at_s, direction, data = float(found["t"]), found["dir"], bytes.fromhex(found["hex"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if direction not in ("rx", "tx") or not 0 <= at_s < 1e9 or len(data) > PIECE_CAP:
        return None
    return Piece(at_s, direction, data)
