"""A dual-energy CT: parallel beam, 90 views over 180 degrees, two-basis decomposition of the sinograms, back-projection.

The two bases are PMMA and iron; both line integrals may be negative. They add up along rays, so decomposing before the
reconstruction leaves no beam hardening. Out come density and effective atomic number in every voxel, as the machine believes.
"""

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from firmware_sim.xray.beam import add_noise, transmit
from firmware_sim.xray.materials import materials
from firmware_sim.xray.parcels import SHAPE, VOXEL_MM, Parcel
from firmware_sim.xray.view import AS_CALIBRATED, Scanner

VIEWS, BINS = 90, 116
_CM = VOXEL_MM / 10
_BASES = ("pmma", "steel")
_ZEFF_POWER = 2.94
_FLOORS = (3e-4, 2e-3)  # low, high: the deepest that the decomposition was fitted to
_ASSUMED_SCATTER = 0.02
_CALIBRATION = ("polyethylene", "pmma", "water", "cellulose", "glass", "aluminium", "pvc", "steel")
Volume = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CtScan:
    """g/cm3 and Z_eff of every voxel (z, y, x); Z_eff is 0 where there is next to nothing."""

    density: Volume
    zeff: Volume


def scan_ct(rng: np.random.Generator, parcel: Parcel, scanner: Scanner = AS_CALIBRATED) -> CtScan:
    """Scan a parcel: projections, noise, decomposition, reconstruction."""
    names = sorted(parcel.density)
    rows = np.flatnonzero(np.stack([parcel.density[name].sum(axis=(1, 2)) for name in names]).sum(axis=0) > 0)
    sinograms = np.stack(
        [_project(parcel.density[name][rows]) for name in names], axis=-1
    )  # views, bins, rows, materials
    seen = transmit(names, sinograms.reshape(-1, len(names))).reshape(2, *sinograms.shape[:3])
    fog = seen.mean(axis=2, keepdims=True) * scanner.scatter
    noisy = add_noise(rng, (seen * (1 - scanner.scatter) + fog).astype(np.float32), scanner.dose)
    noisy[1] *= 1 + scanner.drift
    basis = _decompose(_without_scatter(noisy))
    pmma, iron = (_back_project(part) for part in basis)
    return _volumes(pmma, iron, rows)


def _without_scatter(noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a machine does that was told 2 % at its calibration; more or less scatter than that stays in."""
    fog = noisy.mean(axis=2, keepdims=True) * _ASSUMED_SCATTER
    return np.asarray((noisy - fog) / (1 - _ASSUMED_SCATTER), np.float32)


def _project(slices: Volume) -> NDArray[np.float32]:
    """Line integrals (g/cm2) of slices (z, y, x): views, bins, z."""
    stack = np.ascontiguousarray(np.moveaxis(slices, 0, -1))
    found: NDArray[np.float32] = np.empty((VIEWS, BINS, len(slices)), np.float32)
    for view in range(VIEWS):
        turn = cv2.getRotationMatrix2D(((SHAPE[2] - 1) / 2, (SHAPE[1] - 1) / 2), view * 180 / VIEWS, 1.0)
        turn = turn + np.array([[0, 0, 0.5], [0, 0, 0.5]]) * (BINS - SHAPE[2])
        turned = cv2.warpAffine(stack, turn, (BINS, BINS), flags=cv2.INTER_LINEAR)
        found[view] = np.asarray(turned, np.float32).reshape(BINS, BINS, len(slices)).sum(axis=0) * _CM
    return found


def _back_project(sinogram: NDArray[np.float32]) -> Volume:
    """Filtered back-projection with a Hann window; views, bins, z in, z, y, x out."""
    size = 2 * BINS
    filtered = np.fft.irfft(np.fft.rfft(sinogram, size, axis=1) * _ramp(size)[None, :, None], size, axis=1)[:, :BINS]
    rays = np.ascontiguousarray(filtered, np.float32) / np.float32(_CM)
    total: NDArray[np.float32] = np.zeros((SHAPE[1] * SHAPE[2], sinogram.shape[2]), np.float32)
    for view, (low, share) in enumerate(_bins()):
        total += rays[view, low] * (1 - share) + rays[view, low + 1] * share
    volume = total.reshape(SHAPE[1], SHAPE[2], -1) * (np.pi / (2 * VIEWS))
    return np.ascontiguousarray(np.moveaxis(volume, -1, 0))


@functools.cache
def _ramp(size: int) -> NDArray[np.float64]:
    """The ramp filter made from its taps, so that the mean is kept, under a Hann window."""
    taps = np.zeros(size)
    taps[0] = 0.25
    odd = np.arange(1, size // 2, 2)
    taps[odd] = taps[-odd] = -1 / (np.pi * odd) ** 2
    window = 0.5 * (1 + np.cos(2 * np.pi * np.fft.rfftfreq(size)))
    return np.asarray(2 * np.real(np.fft.rfft(taps)) * window)


@functools.cache
def _bins() -> tuple[tuple[NDArray[np.int64], NDArray[np.float32]], ...]:
    """For each view: the bin every pixel falls into, and how far towards the next."""
    ys, xs = np.mgrid[0 : SHAPE[1], 0 : SHAPE[2]]
    x, y = xs.ravel() - (SHAPE[2] - 1) / 2, ys.ravel() - (SHAPE[1] - 1) / 2
    found = []
    for view in range(VIEWS):
        angle = np.radians(view * 180 / VIEWS)
        at = x * np.cos(angle) + y * np.sin(angle) + (BINS - 1) / 2
        low = np.clip(np.floor(at).astype(np.int64), 0, BINS - 2)
        found.append((low, (at - low).astype(np.float32)[:, None]))
    return tuple(found)


def _features(noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Polynomial terms of the two log attenuations, to degree four."""
    low, high = (-np.log(np.maximum(one, floor)).ravel() for one, floor in zip(noisy, _FLOORS, strict=True))
    terms = [low**i * high**j for i in range(5) for j in range(5 - i) if i + j > 0]
    return np.stack(terms, axis=-1)


def _decompose(noisy: NDArray[np.float32]) -> NDArray[np.float32]:
    """Line integrals of the two bases (2 x shape of a channel)."""
    found = _features(noisy) @ _fit()
    return np.moveaxis(found.reshape(*noisy.shape[1:], 2), -1, 0)


@functools.cache
def _fit() -> NDArray[np.float32]:
    """The decomposition learned from wedges of the two bases together, less weight where next to nothing comes through."""
    organic, iron = np.meshgrid(np.linspace(-2, 45, 60), np.linspace(-2, 8, 50))
    areal = np.stack([organic.ravel(), iron.ravel()], axis=-1).astype(np.float32)
    seen = transmit(list(_BASES), areal)
    keep = (seen[1] > _FLOORS[1]) & (seen[0] > _FLOORS[0]) & (seen[1] < 1.4)
    features = _features(seen[:, keep]).astype(np.float64)
    weight = np.sqrt(seen[1, keep])[:, None]
    solved, *_ = np.linalg.lstsq(features * weight, areal[keep] * weight, rcond=None)
    return np.asarray(solved, np.float32)


@functools.cache
def _density_weights() -> NDArray[np.float64]:
    """Density as a mix of the two basis densities, fitted to the calibration materials: heavy ones are not additive by mass."""
    energies = np.array([60.0, 80.0, 100.0, 120.0])
    known = materials()
    bases = np.stack([known[name].attenuation(energies) for name in _BASES], axis=-1)
    rows = [np.linalg.lstsq(bases, known[name].attenuation(energies), rcond=None)[0] for name in _CALIBRATION]
    solved, *_ = np.linalg.lstsq(np.array(rows), np.ones(len(rows)), rcond=None)
    return np.asarray(solved)


def _calm(volume: Volume) -> Volume:
    """Gaussian of one voxel in all directions: Z_eff divides two noisy volumes."""
    rows = cv2.GaussianBlur(volume.reshape(len(volume), -1), (1, 5), sigmaX=0, sigmaY=1.0)
    slices = np.moveaxis(np.asarray(rows).reshape(volume.shape), 0, -1)
    blurred = cv2.GaussianBlur(np.ascontiguousarray(slices), (5, 5), 1.0).reshape(slices.shape)
    return np.ascontiguousarray(np.moveaxis(blurred, -1, 0))


def _volumes(pmma: Volume, iron: Volume, rows: NDArray[np.int64]) -> CtScan:
    weights = _density_weights()
    density, zeff = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    density[rows] = weights[0] * pmma + weights[1] * iron
    known = materials()
    z_organic, z_iron = (known[name].zeff ** _ZEFF_POWER for name in _BASES)
    pmma, iron = _calm(pmma), _calm(iron)
    matter = np.maximum(pmma + iron, 1e-3)
    mixed = np.maximum((pmma * z_organic + iron * z_iron) / matter, 1.0) ** (1 / _ZEFF_POWER)
    zeff[rows] = np.where(density[rows] > 0.05, mixed, 0)
    return CtScan(density, zeff)
