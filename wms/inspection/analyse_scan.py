"""All analyses over the files of one scan. Pure: documents in, findings out."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from devices.dicos.model import CtVolume, DxImage, ThreatReport
from devices.dicos.read import Document
from wms.inspection.calibration import ScannerCalibration, SetThreshold
from wms.inspection.declared import DeclaredCheck
from wms.inspection.dense_organic import DenseOrganicCheck
from wms.inspection.duplicates import similarity, thumbnail
from wms.inspection.finding import Analyzer, Finding, Floats, Scan, Threshold
from wms.inspection.mass import MassCheck
from wms.inspection.shield import ShieldAlarm

ROLES = ("low", "high", "density", "zeff", "report")
_CM = 10.0
_MOST = 1_000.0  # no transmission, density or Z_eff is near it
_MOST_VOXELS = 8_000_000  # larger volumes are thinned before lumps are searched
_THUMB_SCALE = 37.0  # bytes per unit of attenuation
# HS chapters whose goods the analyses know by group
_GROUPS = {"49": "books", "85": "electronics", "22": "liquids", "33": "liquids", "70": "glassware", "73": "hardware"}
_GROUPS |= {"82": "hardware"} | dict.fromkeys(("61", "62", "63"), "apparel")
_GROUPS |= dict.fromkeys(("07", "08", "16", "17", "18", "19", "20", "21"), "food")


def role_of(document: Document) -> str | None:
    """Which file of a scan this is; None for a quantity that nothing here uses."""
    if isinstance(document, ThreatReport):
        return "report"
    if isinstance(document, DxImage):
        return document.channel.lower()
    return document.quantity.lower() if document.quantity in ("DENSITY", "ZEFF") else None


def group_of(hs_code: str | None) -> str | None:
    return _GROUPS.get((hs_code or "")[:2])


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the files of a scan show; a part is None when its files are not there or do not belong together."""

    view: Floats | None = None  # 2 x rows x columns, transmission
    pixel_mm: float = 1.0
    density: Floats | None = None  # z x rows x columns
    zeff: Floats | None = None
    voxel_mm: float = 1.0


def pictures_of(documents: Mapping[str, Document]) -> Pictures:
    """The arrays behind the documents of a scan, by role."""
    low, high = documents.get("low"), documents.get("high")
    density, zeff = documents.get("density"), documents.get("zeff")
    view, pixel_mm = None, 1.0
    if isinstance(low, DxImage) and isinstance(high, DxImage) and low.words.shape == high.words.shape:
        view, pixel_mm = np.stack([_values(low), _values(high)]), high.pixel_mm
    if isinstance(density, CtVolume) and isinstance(zeff, CtVolume) and density.words.shape == zeff.words.shape:
        return Pictures(view, pixel_mm, _values(density), _values(zeff), density.voxel_mm)
    return Pictures(view, pixel_mm)


def _values(image: DxImage | CtVolume) -> Floats:
    """Finite whatever slope a file claims: an infinite one would travel through every figure after it."""
    scaled = image.words.astype(np.float64) * image.slope
    return np.clip(np.nan_to_num(scaled), 0, _MOST).astype(np.float32)


def analyse(
    pictures: Pictures, calibration: ScannerCalibration, hs_code: str | None, scale_mass_g: int | None
) -> list[Finding]:
    """Findings of every analysis that the calibration and the files allow."""
    table, groups = calibration.table(), calibration.group_model()
    view = pictures.view if pictures.view is not None else np.ones((2, 2, 2), np.float32)
    voxels = pictures.density.size if pictures.density is not None else 0
    step = 1 if voxels <= _MOST_VOXELS else math.ceil((voxels / _MOST_VOXELS) ** (1 / 3))
    thin = (slice(None, None, step),) * 3
    scan = Scan(
        view,
        (pictures.pixel_mm / _CM) ** 2,
        group_of(hs_code),
        scale_mass_g,
        pictures.density[thin] if pictures.density is not None else None,
        pictures.zeff[thin] if pictures.zeff is not None else None,
        (pictures.voxel_mm * step / _CM) ** 3,
    )
    checks: list[Analyzer] = []
    if pictures.view is not None:
        checks.append(ShieldAlarm())
        if table is not None and calibration.mass_gain is not None:
            checks.append(MassCheck(table, calibration.mass_gain))
        if table is not None and groups is not None:
            checks.append(DeclaredCheck(groups, table, _threshold(calibration.content)))
    if pictures.density is not None:
        checks.append(DenseOrganicCheck(_threshold(calibration.dense_organic)))
    found = [one for check in checks for one in check.analyze(scan)]
    return [_unthinned(one, step) for one in found]


def _unthinned(one: Finding, step: int) -> Finding:
    """A finding with its region in voxels of the whole volume."""
    if step == 1 or one.region is None or len(one.region) != 6:
        return one
    return dataclasses.replace(one, region=tuple(edge * step for edge in one.region))


def _threshold(given: SetThreshold | None) -> Threshold | None:
    return given.threshold() if given is not None else None


def small_picture(pictures: Pictures) -> bytes | None:
    """The thumbnail that duplicates are searched by."""
    if pictures.view is None:
        return None
    return bytes(np.clip(thumbnail(pictures.view) * _THUMB_SCALE, 0, 255).astype(np.uint8).tobytes())


def most_alike(one: bytes, others: list[bytes]) -> tuple[int, float] | None:
    """Index and similarity of the thumbnail that looks most like this one."""
    wanted = _unpacked(one)
    found = [(index, similarity(wanted, _unpacked(other))) for index, other in enumerate(others)]
    return max(found, key=lambda pair: pair[1], default=None)


def _unpacked(data: bytes) -> Floats:
    return np.asarray(np.frombuffer(data, np.uint8).reshape(60, 80) / np.float32(_THUMB_SCALE), np.float32)
