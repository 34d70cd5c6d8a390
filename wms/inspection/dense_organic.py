"""Dense organic matter in a CT volume. Only there: in single views of cluttered parcels it is no better than chance.

Explosives and sugar, nylon and hard sweets lie on top of each other in density and Z_eff. What this finds is a compact lump of
such matter, and its false alarms are physical.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wms.inspection.finding import Extent, Finding, Floats, Scan, Threshold

DENSITY = (1.28, 2.0)
ZEFF = (5.5, 9.5)
_RULE, _VERSION = "dense_organic_ct", 1


@dataclass(frozen=True, slots=True)
class Lump:
    """The heaviest connected part."""

    mass_g: float
    density: float
    zeff: float
    region: Extent


def heaviest_lump(density: Floats, zeff: Floats, voxel_cm3: float, band: tuple[float, float] = DENSITY) -> Lump | None:
    """The heaviest connected lump (six neighbours) of voxels inside both bands."""
    mask = (density > band[0]) & (density < band[1]) & (zeff > ZEFF[0]) & (zeff < ZEFF[1])
    labels, count = _components(mask)
    if count == 0:
        return None
    masses = np.bincount(labels.ravel(), weights=(density * mask).ravel(), minlength=count + 1)[1:] * voxel_cm3
    index = int(np.argmax(masses)) + 1
    inside = labels == index
    places = np.nonzero(inside)
    region = (*(int(axis.min()) for axis in places), *(int(axis.max()) + 1 for axis in places))
    return Lump(float(masses[index - 1]), float(density[inside].mean()), float(zeff[inside].mean()), region)


def _components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    """Connected components in three dimensions: slice by slice, then joined where neighbours touch."""
    labels = np.zeros(mask.shape, np.int32)
    parents = [0]

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    for index, plane in enumerate(mask):
        count, found = cv2.connectedComponents(plane.astype(np.uint8), connectivity=4)
        offset = len(parents) - 1
        parents.extend(range(len(parents), len(parents) + count - 1))
        labels[index] = np.where(found > 0, found + offset, 0)
        if index:
            touching = (labels[index] > 0) & (labels[index - 1] > 0)
            for one, other in set(
                zip(labels[index][touching].tolist(), labels[index - 1][touching].tolist(), strict=True)
            ):
                parents[root(one)] = root(other)
    roots = np.array([root(label) for label in range(len(parents))])
    _, renamed = np.unique(roots, return_inverse=True)
    return renamed.astype(np.int32)[labels], int(renamed.max())


@dataclass(frozen=True, slots=True)
class DenseOrganicCheck:
    threshold: Threshold | None = None

    def analyze(self, scan: Scan) -> list[Finding]:
        if scan.density is None or scan.zeff is None:
            return []
        lump = heaviest_lump(scan.density, scan.zeff, scan.voxel_cm3)
        if lump is None:
            return []
        alarm = self.threshold is not None and lump.mass_g > self.threshold.value
        calibration = self.threshold.calibration if self.threshold else None
        evidence = {"mass_g": lump.mass_g, "density": lump.density, "zeff": lump.zeff}
        return [Finding("dense_organic", lump.mass_g, alarm, _RULE, _VERSION, lump.region, evidence, calibration)]
