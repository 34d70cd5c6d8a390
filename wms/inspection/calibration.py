"""What a scanner's calibration says, as it is handed in and kept: wedges, gains, thresholds with where they come from.

Every part may be absent; the analysis that needs it then says nothing, and no alarm is drawn without a threshold that was
set on scans of its own.
"""

import hashlib
import itertools
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, Field, FiniteFloat, model_validator

from wms.inspection.declared import GroupModel
from wms.inspection.finding import Calibration, Threshold
from wms.inspection.project_threat import Composite
from wms.inspection.wedge import MaterialTable, Wedge, calibrate

_Share = Annotated[float, Field(ge=0, le=2)]  # of the open beam; noise may exceed 1
_Areal = Annotated[float, Field(ge=0, le=1000)]
_Feature = Annotated[float, Field(ge=-1e9, le=1e9)]
Transmissions = Annotated[list[_Share], Field(min_length=2, max_length=200)]
Areals = Annotated[list[_Areal], Field(min_length=2, max_length=200)]
_FEATURES = 8


class WedgeRun(BaseModel):
    """Transmissions of the two channels over the steps of one material."""

    z_eff: FiniteFloat = Field(gt=0, lt=100)
    steps_g_cm2: Areals
    low: Transmissions
    high: Transmissions

    @model_validator(mode="after")
    def _same_steps(self) -> Self:
        if not len(self.steps_g_cm2) == len(self.low) == len(self.high):
            raise ValueError("steps, low and high differ in length")
        return self


class SetThreshold(BaseModel):
    """Alarm above `value`, which `pfa` of `n` innocent scans of `dataset` exceeded."""

    value: FiniteFloat
    pfa: FiniteFloat = Field(ge=0, le=1)
    n: int = Field(ge=1)
    dataset: str = Field(min_length=1, max_length=80)

    def threshold(self) -> Threshold:
        return Threshold(self.value, Calibration(self.pfa, self.n, self.dataset))


class GroupFit(BaseModel):
    mean: Annotated[list[_Feature], Field(min_length=_FEATURES, max_length=_FEATURES)]
    precision: Annotated[
        list[Annotated[list[_Feature], Field(min_length=_FEATURES, max_length=_FEATURES)]],
        Field(min_length=_FEATURES, max_length=_FEATURES),
    ]
    log_norm: FiniteFloat


class CompositeRun(BaseModel):
    """Transmissions over organic and metal plates laid together: rows organic, columns metal. `noise`: variance at T = 1."""

    organic_g_cm2: Areals
    metal_g_cm2: Areals
    low: Annotated[list[Transmissions], Field(min_length=2, max_length=200)]
    high: Annotated[list[Transmissions], Field(min_length=2, max_length=200)]
    noise: tuple[_Share, _Share]

    @model_validator(mode="after")
    def _grid(self) -> Self:
        for channel in (self.low, self.high):
            if len(channel) != len(self.organic_g_cm2) or {len(row) for row in channel} != {len(self.metal_g_cm2)}:
                raise ValueError("the grid does not fit its axes")
        for axis in (self.organic_g_cm2, self.metal_g_cm2):
            if any(one >= other for one, other in itertools.pairwise(axis)):
                raise ValueError("an axis of the plates does not ascend")
        return self

    def composite(self) -> Composite:
        low, high = (-np.log(np.maximum(np.array(one, np.float32), 1e-6)) for one in (self.low, self.high))
        organic, metal = (np.array(axis, np.float32) for axis in (self.organic_g_cm2, self.metal_g_cm2))
        return Composite(organic, metal, np.stack([low, high]), self.noise)


class ScannerCalibration(BaseModel):
    """The whole of it; its digest names it on every scan."""

    wedges: dict[Annotated[str, Field(max_length=40)], WedgeRun] = Field(default={}, max_length=20)
    mass_gain: FiniteFloat | None = Field(default=None, gt=0)
    dense_organic: SetThreshold | None = None
    duplicate: SetThreshold | None = None
    content: SetThreshold | None = None
    groups: dict[Annotated[str, Field(max_length=20)], GroupFit] = Field(default={}, max_length=30)
    composite: CompositeRun | None = None

    def digest(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def table(self) -> MaterialTable | None:
        if len(self.wedges) < 2:
            return None
        return calibrate({name: _wedge(run) for name, run in self.wedges.items()})

    def group_model(self) -> GroupModel | None:
        if not self.groups:
            return None
        fits = self.groups.items()
        return GroupModel(
            {name: np.array(fit.mean) for name, fit in fits},
            {name: np.array(fit.precision) for name, fit in fits},
            {name: fit.log_norm for name, fit in fits},
        )


def _wedge(run: WedgeRun) -> Wedge:
    steps, low, high = (np.array(one, np.float32) for one in (run.steps_g_cm2, run.low, run.high))
    return Wedge(run.z_eff, steps, low, high)
