"""Sixty-four pseudo-terminals that talk: scales without a pause, scanners with the time of writing in every code."""

import os
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devices.protocols import toledo_continuous
from devices.protocols.weighing import Weighing

FRAMES_PER_S = 62.5  # a line; what a Toledo at 9600 baud makes at most is 53
_TICK_S = 0.004


@dataclass(slots=True)
class Line:
    """`frame(n)` gives the bytes of the n-th frame."""

    master: int
    slave: int
    frame: Callable[[int], bytes]
    sent: int = 0


def open_line(link: Path, frame: Callable[[int], bytes]) -> Line:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(os.ttyname(slave))
    return Line(master, slave, frame)


def scale_frames() -> Callable[[int], bytes]:
    """Four seconds a load: empty, settling, lying, gone."""

    def wire(grams: int, moving: bool) -> bytes:
        weighing = Weighing.of_grams("moving" if moving else "stable", grams, "kg", 3, "gross")
        return toledo_continuous.encode(toledo_continuous.Continuous.of(weighing, 3))

    cycle = [wire(0, False)] * 60 + [wire(25 * n, True) for n in range(1, 90)] + [wire(2350, False)] * 100
    return lambda number: cycle[number % len(cycle)]


def scan_frame(index: int) -> bytes:
    """A tunnel's frame: an index, and the microsecond it was written as its code."""
    return b"\x02%020d,]C0%d\r\n" % (index, time.monotonic_ns() // 1000)


def feed(lines: list[Line], seconds: float) -> int:
    """Write every line's frames at their pace; how many. A full terminal (nobody reads) loses the frame, as a wire does."""
    begin = time.monotonic()
    written = 0
    pace = [(line, number / len(lines) / FRAMES_PER_S) for number, line in enumerate(lines)]
    sent = [0] * len(lines)
    while (now := time.monotonic() - begin) < seconds:
        for number, (line, offset) in enumerate(pace):
            if sent[number] <= (now - offset) * FRAMES_PER_S:
                sent[number] += 1
                line.sent += 1
                try:
                    os.write(line.master, line.frame(line.sent))
                    written += 1
                except BlockingIOError:
                    continue
        time.sleep(max(0.0, _TICK_S - (time.monotonic() - begin - now)))
    return written
