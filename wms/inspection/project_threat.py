"""Threat image projection: a dangerous thing laid into a real picture, so that reviewers are tested on the job.

Done before decomposition and colouring, in the space of two bases (organic, metal): the beam behind a dense bag is harder, and
a threat multiplied onto it as onto air comes out up to half too weak. What is laid in lets less light through, so that noise
is added:  var += noise * I * T * (1 - T).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wms.inspection.finding import Floats

_TRIES = 30
_LEAST_CONTRAST = 0.15  # of -ln T_high, else nobody could see it
_DARKEST = 0.012  # T_high: below, everything is black
_DENSITY, _ZEFF = 1.6, 6.9


@dataclass(frozen=True, slots=True)
class Composite:
    """-ln T of both channels (2 x organic x metal) over plates of two materials, and each channel's noise variance at T = 1."""

    organic_g_cm2: Floats
    metal_g_cm2: Floats
    log_t: Floats
    noise: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Projected:
    """`view` as the reviewer sees it; `region` is row, column, row, column; `areal` g/cm2 of what was laid in."""

    view: Floats
    region: tuple[int, int, int, int]
    areal: Floats


def project_threat(view: Floats, composite: Composite, seed: int) -> Projected | None:
    """Lay a rounded block of dense organic matter somewhere inside the goods; None where it would be invisible or all black."""
    rng = np.random.default_rng(seed)
    goods = np.argwhere(-np.log(np.maximum(view[1], 1e-4)) > 0.1)
    if len(goods) == 0:
        return None
    organic, metal = basis_of(view, composite)
    for _ in range(_TRIES):
        shape = _block(rng)
        row, column = (int(one) for one in goods[rng.integers(len(goods))])
        top, left = row - shape.shape[0] // 2, column - shape.shape[1] // 2
        bottom, right = top + shape.shape[0], left + shape.shape[1]
        if top < 0 or left < 0 or bottom > view.shape[1] or right > view.shape[2]:
            continue
        place = (slice(top, bottom), slice(left, right))
        before = _attenuation(organic[place], metal[place], composite)
        share = np.exp(before - _attenuation(organic[place] + shape, metal[place], composite))
        inside = shape > 0
        contrast = float(np.median(-np.log(share[1][inside])))
        if contrast < _LEAST_CONTRAST or float(np.median((view[1][place] * share[1])[inside])) < _DARKEST:
            continue
        return Projected(_expose(view, place, share, composite, rng), (top, left, bottom, right), shape)
    return None


def _expose(
    view: Floats, place: tuple[slice, slice], share: Floats, composite: Composite, rng: np.random.Generator
) -> Floats:
    seen = view.copy()
    for channel in range(2):
        part = view[channel][place]
        variance = composite.noise[channel] * np.maximum(part, 0) * share[channel] * (1 - share[channel])
        seen[channel][place] = part * share[channel] + rng.normal(0, 1, part.shape) * np.sqrt(np.maximum(variance, 0))
    return seen


def _block(rng: np.random.Generator) -> Floats:
    """Areal density of a block with soft edges, 5-12 pixels a side and 2-5 cm thick."""
    rows, columns = (int(one) for one in rng.integers(5, 13, 2))
    block = np.zeros((rows + 2, columns + 2), np.float32)
    block[1:-1, 1:-1] = rng.uniform(2, 5) * _DENSITY
    return np.asarray(cv2.GaussianBlur(block, (0, 0), 0.6), np.float32)


def basis_of(view: Floats, composite: Composite) -> tuple[Floats, Floats]:
    """Organic and metal areal density of every pixel, by a polynomial fitted to the plates."""
    organic, metal = np.meshgrid(composite.organic_g_cm2, composite.metal_g_cm2, indexing="ij")
    weight = np.exp(-0.5 * composite.log_t[1]).ravel()[:, None]
    terms = _terms(composite.log_t.reshape(2, -1))
    truth = np.stack([organic.ravel(), metal.ravel()], axis=-1)
    fit, *_ = np.linalg.lstsq(terms * weight, truth * weight, rcond=None)
    deepest = float(composite.log_t.max())
    found = _terms(np.clip(-np.log(np.maximum(view, 1e-6)), 0, deepest).reshape(2, -1)) @ fit
    first, second = (np.asarray(found[:, axis].reshape(view.shape[1:]), np.float32) for axis in (0, 1))
    return first, second


def _terms(logs: Floats) -> NDArray[np.float64]:
    low, high = logs.astype(np.float64)
    return np.stack([low**i * high**j for i in range(5) for j in range(5 - i) if i + j > 0], axis=-1)


def _attenuation(organic: Floats, metal: Floats, composite: Composite) -> Floats:
    """-ln T of both channels at these areal densities, interpolated between the plates."""
    rows = np.interp(organic, composite.organic_g_cm2, np.arange(len(composite.organic_g_cm2))).astype(np.float32)
    columns = np.interp(metal, composite.metal_g_cm2, np.arange(len(composite.metal_g_cm2))).astype(np.float32)
    tables = (np.ascontiguousarray(one, np.float32) for one in composite.log_t)
    return np.stack([np.asarray(cv2.remap(one, columns, rows, cv2.INTER_LINEAR), np.float32) for one in tables])


def insert_in_volume(
    density: Floats, zeff: Floats, projected: Projected, pixel_to_voxel: float, voxel_cm: float
) -> tuple[Floats, Floats]:
    """The same block in the volume, where along the beam it finds most room. A coarse insertion: no streaks follow from it."""
    top, left, bottom, right = (round(one * pixel_to_voxel) for one in projected.region)
    bottom, right = min(bottom, density.shape[1]), min(right, density.shape[2])
    height = max(1, min(round(float(projected.areal.max()) / _DENSITY / voxel_cm), len(density)))
    if bottom - top < 1 or right - left < 1:
        return density, zeff
    filled = density[:, top:bottom, left:right].sum(axis=(1, 2))
    sums = np.convolve(filled, np.ones(height), "valid")
    low = int(np.argmin(np.where(sums > 0, sums, np.inf))) if (sums > 0).any() else 0
    thick = cv2.resize(projected.areal, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    solid = np.asarray(thick) > 0.4 * float(projected.areal.max())
    density, zeff = density.copy(), zeff.copy()
    place = (slice(low, low + height), slice(top, bottom), slice(left, right))
    density[place] = np.where(solid, _DENSITY, density[place])
    zeff[place] = np.where(solid, _ZEFF, zeff[place])
    return density, zeff
