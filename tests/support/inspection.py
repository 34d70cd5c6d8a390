"""Scans of simulated parcels for tests: made once a process, for a CT takes its third of a second."""

import functools
from datetime import UTC, datetime

import numpy as np

from firmware_sim.xray.machine import Machine, Seen, calibration_run, scan_files, see
from firmware_sim.xray.parcels import block, close, pack

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
MACHINE = Machine()


@functools.cache
def calibration() -> dict[str, object]:
    return calibration_run()


@functools.cache
def picture(seed: int, content: str = "apparel", hidden_g: float = 0.0) -> Seen:
    """What a scanner sees of a parcel with these goods and a block of so many grams hidden in it."""
    rng = np.random.default_rng(seed)
    packing = pack(rng, content)
    hidden = block(packing, hidden_g, 1.65) if hidden_g else None
    return see(MACHINE, rng, close(packing, content, None, hidden))


def files(
    tid: str, number: int, content: str = "apparel", hidden_g: float = 0.0, seed: int | None = None
) -> dict[str, bytes]:
    """The files of scan `number`, with a picture of its own unless a seed names another."""
    return scan_files(MACHINE, picture(number if seed is None else seed, content, hidden_g), tid, number, AT)
