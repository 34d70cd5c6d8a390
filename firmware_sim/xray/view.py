"""One projection view: a parcel from above as the two channels of a line scanner see it, flat-fielded."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from firmware_sim.xray.beam import add_noise, transmit
from firmware_sim.xray.parcels import VOXEL_MM, Parcel

_SCATTER_SIGMA_PX = 8.0
_BLUR_PX = 0.6


@dataclass(frozen=True, slots=True)
class Scanner:
    """State of the machine. `scatter` 0-1 of the blurred image, `drift` of the high channel's gain, `dead` share of pixels."""

    dose: float = 1.0
    scatter: float = 0.02
    drift: float = 0.0
    dead: float = 0.0


AS_CALIBRATED = Scanner()


def scan_view(
    rng: np.random.Generator, parcel: Parcel, scanner: Scanner = AS_CALIBRATED, axis: int = 0
) -> NDArray[np.float32]:
    """Transmission, channel (low, high) x rows x columns, a pixel a voxel. Axis 0 looks from above, 1 and 2 from the sides."""
    names = sorted(parcel.density)
    areal = np.stack([parcel.density[name].sum(axis=axis) * (VOXEL_MM / 10) for name in names], axis=-1)
    shape = areal.shape[:2]
    seen = transmit(names, areal.reshape(-1, len(names))).reshape(2, *shape)
    return expose(rng, seen, scanner)


def expose(rng: np.random.Generator, seen: NDArray[np.float32], scanner: Scanner) -> NDArray[np.float32]:
    """Scatter, blur, noise, drift and dead pixels over ideal transmissions (2 x rows x columns)."""
    blurred = [np.asarray(cv2.GaussianBlur(one, (0, 0), _BLUR_PX)) for one in seen]
    fog = [np.asarray(cv2.GaussianBlur(one, (0, 0), _SCATTER_SIGMA_PX)) * scanner.scatter for one in blurred]
    ideal = np.stack(blurred) * (1 - scanner.scatter) + np.stack(fog)
    noisy = add_noise(rng, ideal.astype(np.float32), scanner.dose)
    noisy[1] *= 1 + scanner.drift
    if scanner.dead > 0:
        noisy[:, rng.random(seen.shape[1:]) < scanner.dead] = 0
    return noisy


def step_wedge(
    rng: np.random.Generator, name: str, steps_g_cm2: NDArray[np.float32], scanner: Scanner = AS_CALIBRATED
) -> NDArray[np.float32]:
    """Transmission (2 x steps) over a wedge of one material, each step averaged over 2,000 pixels as a calibration run does."""
    ideal = np.repeat(transmit([name], steps_g_cm2[:, None])[:, :, None], 2_000, axis=2)
    return np.asarray(add_noise(rng, ideal, scanner.dose).mean(axis=2), np.float32)
