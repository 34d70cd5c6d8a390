"""Material and mass out of the two channels, by step wedges as real machines are calibrated.

Each wedge of one known material draws a curve of R = ln T_low / ln T_high over H = -ln T_high. Between the curves Z_eff and
mass are interpolated at equal H. A naive two-basis table gives steel +10 to +46 %: not used. Lead aliases to organic behind
its K edge: what lets under 1 % through has no material at all (see `shield`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wms.inspection.finding import Floats

_GRID_H = np.linspace(0.01, 6.5, 220)
_GRID_R = np.linspace(0.9, 4.0, 180)
_FLOOR = 1e-4
NOTHING_H = 0.02  # thinner than this is air


@dataclass(frozen=True, slots=True)
class Wedge:
    """One material: `steps_g_cm2` ascending, transmissions of each step."""

    zeff: float
    steps_g_cm2: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class MaterialTable:
    """Z_eff and areal density over (H, R)."""

    zeff: Floats
    areal: Floats


@dataclass(frozen=True, slots=True)
class Decomposed:
    """Per pixel: Z_eff (0 for air), areal density in g/cm2, and H."""

    zeff: Floats
    areal: Floats
    attenuation: Floats


def calibrate(wedges: Mapping[str, Wedge]) -> MaterialTable:
    """Tables from at least two wedges; their order does not matter."""
    ordered = sorted(wedges.values(), key=lambda wedge: wedge.zeff)
    if len(ordered) < 2:
        raise ValueError("at least two wedges are wanted")
    ratios, areals = (np.stack(part) for part in zip(*(_curve(wedge) for wedge in ordered), strict=True))
    z = np.array([wedge.zeff for wedge in ordered])
    zeff = np.empty((len(_GRID_H), len(_GRID_R)), np.float32)
    areal = np.empty_like(zeff)
    for row in range(len(_GRID_H)):
        order = np.argsort(ratios[:, row])
        zeff[row] = np.interp(_GRID_R, ratios[order, row], z[order])
        areal[row] = np.interp(_GRID_R, ratios[order, row], areals[order, row])
    return MaterialTable(zeff, areal)


def _curve(wedge: Wedge) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    high = -np.log(np.maximum(wedge.high, _FLOOR))
    low = -np.log(np.maximum(wedge.low, _FLOOR))
    keep = high > NOTHING_H
    ratio = np.interp(_GRID_H, high[keep], low[keep] / high[keep])
    per_h = np.interp(_GRID_H, high[keep], wedge.steps_g_cm2[keep] / high[keep])
    return ratio, per_h * _GRID_H


def decompose(view: Floats, table: MaterialTable) -> Decomposed:
    """The ratio from smoothed attenuation, the mass from the sharp one: the ratio is the noisy half."""
    low, high = (-np.log(np.maximum(channel, _FLOOR)) for channel in view)
    smooth_low, smooth_high = (np.asarray(cv2.GaussianBlur(one.astype(np.float32), (0, 0), 1.0)) for one in (low, high))
    ratio = smooth_low / np.maximum(smooth_high, NOTHING_H)
    air = high < NOTHING_H
    zeff = np.where(air, 0, _look_up(table.zeff, high, ratio)).astype(np.float32)
    areal = np.where(air, np.maximum(high, 0) * _thin(table), _look_up(table.areal, high, ratio)).astype(np.float32)
    return Decomposed(zeff, areal, high.astype(np.float32))


def _thin(table: MaterialTable) -> float:
    """g/cm2 per H of a thin organic: faint cardboard is not nothing."""
    row = 8
    column = int(np.argmin(np.abs(table.zeff[row] - 6.9)))
    return float(table.areal[row, column] / _GRID_H[row])


def _look_up(table: Floats, high: Floats, ratio: Floats) -> Floats:
    rows = (high - _GRID_H[0]) / (_GRID_H[1] - _GRID_H[0])
    columns = (ratio - _GRID_R[0]) / (_GRID_R[1] - _GRID_R[0])
    found = cv2.remap(
        table, columns.astype(np.float32), rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(found, np.float32)
