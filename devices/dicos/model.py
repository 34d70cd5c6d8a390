"""What the files carry, free of tags."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint16]
Quantity = Literal["DENSITY", "ZEFF", "ATTENUATION"]
Channel = Literal["LOW", "HIGH"]
Decision = Literal["ALARM", "CLEAR", "UNKNOWN"]
Category = Literal["EXPLOSIVE", "PROHIBITED_ITEM", "CONTRABAND", "ANOMALY", "LAPTOP", "PHARMACEUTICAL", "OTHER"]
Flag = Literal["HIGH_THREAT", "THREAT", "NO_THREAT", "UNKNOWN"]


@dataclass(frozen=True, slots=True)
class Header:
    """`ooi_id`: tracking id of the object of inspection. UIDs are dotted numbers of at most 64 characters."""

    ooi_id: str
    scan_uid: str
    series_uid: str
    instance_uid: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class CtVolume:
    """Voxels z, y, x as stored words; the quantity is `words * slope` (g/cm3 for DENSITY, 1 for ZEFF)."""

    header: Header
    quantity: Quantity
    words: Words
    slope: float
    voxel_mm: float
    energy_kev: float


@dataclass(frozen=True, slots=True)
class DxImage:
    """Rows x columns as stored words, transmission = words * slope; `view` names the direction, `channel` the energy."""

    header: Header
    view: str
    channel: Channel
    words: Words
    slope: float
    pixel_mm: float


@dataclass(frozen=True, slots=True)
class ThreatObject:
    """One potential threat object. Base and extents are x, y, z in voxels; the bitmap has their shape (z, y, x)."""

    number: int
    base: tuple[float, float, float]
    extents: tuple[float, float, float]
    bitmap: NDArray[np.bool_]
    mass_g: float
    density: float
    zeff: float
    category: Category
    flag: Flag
    probability: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class ThreatReport:
    """What the machine decided about one scan; refers to the CT instance it looked at."""

    header: Header
    image_uid: str
    decision: Decision
    algorithm: str
    objects: tuple[ThreatObject, ...]
    started_at: datetime
    ended_at: datetime


class DicosRefusedError(Exception):
    """Why a file is not taken; `code` with `params`, for a screen to translate."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(f"{code} {params}")
        self.code = code
        self.params = params
