"""The mass that the image shows, held against what the scale says."""

from dataclasses import dataclass

import numpy as np

from wms.inspection.finding import Finding, Floats, Scan
from wms.inspection.shield import OPAQUE
from wms.inspection.wedge import MaterialTable, decompose

_SHARE, _GRAMS = 0.25, 150.0
_MOST_OPAQUE = 0.01
_RULE, _VERSION = "image_mass", 1


def view_mass_g(scan: Scan, table: MaterialTable) -> float:
    return float(decompose(scan.view, table).areal.sum()) * scan.pixel_cm2


def ct_mass_g(density: Floats, voxel_cm3: float) -> float:
    """Streaks outside the goods are positive and negative and cancel, so that everything is summed."""
    return float(density.sum()) * voxel_cm3


@dataclass(frozen=True, slots=True)
class MassCheck:
    """`gain`: measured on calibration parcels of known mass. With more than 1 % opaque pixels mass is a lower bound only."""

    table: MaterialTable
    gain: float

    def analyze(self, scan: Scan) -> list[Finding]:
        if not scan.scale_mass_g:
            return []
        mass = view_mass_g(scan, self.table) * self.gain
        difference = mass - scan.scale_mass_g
        opaque = float(np.mean(scan.view[1] < OPAQUE))
        allowed = max(_SHARE * scan.scale_mass_g, _GRAMS)
        alarm = difference > allowed if opaque > _MOST_OPAQUE else abs(difference) > allowed
        evidence = {"image_mass_g": mass, "scale_mass_g": float(scan.scale_mass_g), "opaque_share": opaque}
        return [Finding("mass_mismatch", abs(difference) / allowed, bool(alarm), _RULE, _VERSION, None, evidence)]


def fit_gain(measured: Floats, truth: Floats) -> float:
    """The factor that centres the relative error of the calibration parcels."""
    return float(1 / np.median(measured / truth))
