"""What an analysis says, and what every analysis promises."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Kind = Literal["mass_mismatch", "content_mismatch", "no_penetration", "dense_organic", "duplicate_scan", "object"]
Extent = tuple[int, ...]  # lowest and then highest index of each axis, image (row, column) or volume (z, row, column)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Where a threshold comes from: the false-alarm rate it was set for, on how many scans of which set."""

    pfa: float
    n: int
    dataset: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`score` grows with suspicion; `is_alarm` is the score held against the calibrated threshold, False without one."""

    kind: Kind
    score: float
    is_alarm: bool
    rule: str
    version: int
    region: Extent | None = None
    evidence: dict[str, float] = field(default_factory=dict)
    calibration: Calibration | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """One parcel as the machine saw it and as it was declared. Transmissions 0-1, low and high; a CT volume may be absent."""

    view: Floats  # 2 x rows x columns
    pixel_cm2: float
    declared_class: str | None = None
    scale_mass_g: int | None = None
    density: Floats | None = None  # g/cm3, z x rows x columns
    zeff: Floats | None = None
    voxel_cm3: float = 0.0


class Analyzer(Protocol):
    """Detectors with a model file and rules of physics look alike from outside."""

    def analyze(self, scan: Scan) -> list[Finding]:
        """Findings on one scan; empty when there is nothing to say. Never raises for what a parcel holds."""
        ...


@dataclass(frozen=True, slots=True)
class Threshold:
    """Alarm above `value`."""

    value: float
    calibration: Calibration


def set_threshold(innocent: Floats, pfa: float, dataset: str) -> Threshold:
    """The score that this share of innocent calibration scans exceeds. To be reported on other scans than these."""
    value = float(np.quantile(innocent, 1 - pfa))
    return Threshold(value, Calibration(pfa, len(innocent), dataset))
