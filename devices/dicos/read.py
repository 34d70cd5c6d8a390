"""Reading what scanners drop: nothing is believed before it is measured.

Only uncompressed little-endian files are taken: deflated ones can unpack without end, and codecs are C fed by strangers. Call
this in a worker process where files come from outside; whatever pydicom raises becomes a refusal.
"""

import io
import math
import warnings
from datetime import UTC, datetime
from typing import Any, cast, get_args

import numpy as np
import pydicom
from numpy.typing import NDArray

from devices.dicos.model import (
    Category,
    Channel,
    CtVolume,
    Decision,
    DicosRefusedError,
    DxImage,
    Flag,
    Header,
    Quantity,
    ThreatObject,
    ThreatReport,
)
from devices.dicos.write import CT_CLASS, DX_CLASS, TDR_CLASS

MAX_FILE_BYTES = 600_000_000
MAX_FRAMES, MAX_SIDE, MAX_VOXELS = 1_024, 4_096, 300_000_000
MAX_OBJECTS = 200
_PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_HEAD_BYTES = 4_096
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_DX_PROCESSING = "1.2.840.10008.5.1.4.1.1.501.2.2"

Document = CtVolume | DxImage | ThreatReport


def read_dicos(data: bytes) -> Document:
    """A CT volume, a projection or a threat report.

    Raises DicosRefusedError: dicos_too_large, dicos_not_dicom, dicos_compressed, dicos_unknown_class, dicos_damaged.
    """
    if len(data) > MAX_FILE_BYTES:
        raise DicosRefusedError("dicos_too_large", limit=MAX_FILE_BYTES, unit="bytes")
    if data[128:132] != b"DICM":
        raise DicosRefusedError("dicos_not_dicom")
    if _DEFLATED in data[:_HEAD_BYTES]:
        raise DicosRefusedError("dicos_compressed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # foreign UIDs with leading zeros and the like
            return _document(pydicom.dcmread(io.BytesIO(data)))
    except DicosRefusedError:
        raise
    except Exception as error:  # pydicom raises whatever the damaged bytes lead it to
        raise DicosRefusedError("dicos_damaged", why=type(error).__name__) from error


def _document(dataset: Any) -> Document:
    if dataset.file_meta.TransferSyntaxUID not in _PLAIN:
        raise DicosRefusedError("dicos_compressed")
    kind = str(dataset.SOPClassUID)
    header = _header(dataset)
    if kind == CT_CLASS:
        words = _words(dataset, volume=True)
        quantity = _one_of(Quantity, dataset.ImageType[3] if len(dataset.ImageType) > 3 else "ATTENUATION")
        energy = dataset.get((0x4300, 0x0902))
        kev = _finite(energy.value) if energy is not None else 0.0
        return CtVolume(header, cast(Quantity, quantity), words, _slope(dataset), _spacing(dataset), kev)
    if kind in (DX_CLASS, _DX_PROCESSING):
        words = _words(dataset, volume=False)
        image_type = [*dataset.ImageType, "", "", "", ""]
        channel = _one_of(Channel, image_type[3] if image_type[3] == "LOW" else "HIGH")
        return DxImage(
            header, str(image_type[2])[:64], cast(Channel, channel), words, _slope(dataset), _spacing(dataset)
        )
    if kind == TDR_CLASS:
        return _report(dataset, header)
    raise DicosRefusedError("dicos_unknown_class", uid=kind[:64])


def _header(dataset: Any) -> Header:
    taken = f"{dataset.ContentDate}{str(dataset.ContentTime)[:6]}"
    at = datetime.strptime(taken, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    fraction = str(dataset.ContentTime).partition(".")[2]
    micros = int(fraction.ljust(6, "0")[:6]) if fraction.isdigit() else 0
    scan, series, instance = (str(dataset[name].value)[:64] for name in _UIDS)
    return Header(str(dataset.PatientID)[:64], scan, series, instance, at.replace(microsecond=micros))


def _words(dataset: Any, volume: bool) -> NDArray[np.uint16]:
    """The stored words, after the claimed size was held against the caps and against the bytes that are there."""
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    if not (0 < frames <= MAX_FRAMES and 0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE):
        raise DicosRefusedError("dicos_too_large", limit=MAX_SIDE, unit="pixels")
    if frames * rows * columns > MAX_VOXELS:
        raise DicosRefusedError("dicos_too_large", limit=MAX_VOXELS, unit="voxels")
    layout = (dataset.BitsAllocated, dataset.PixelRepresentation, dataset.SamplesPerPixel)
    data = dataset.PixelData
    if layout != (16, 0, 1) or len(data) != frames * rows * columns * 2 or (frames > 1 and not volume):
        raise DicosRefusedError("dicos_damaged", why="pixels")
    words = np.frombuffer(data, "<u2").astype(np.uint16)
    return words.reshape(frames, rows, columns) if volume else words.reshape(rows, columns)


def _slope(dataset: Any) -> float:
    return _finite(dataset.get("RescaleSlope", 1))


def _spacing(dataset: Any) -> float:
    spacing = _finite(dataset.PixelSpacing[0])
    if spacing <= 0:
        raise DicosRefusedError("dicos_damaged", why="spacing")
    return spacing


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise DicosRefusedError("dicos_damaged", why="number")
    return number


def _one_of(kinds: Any, value: Any) -> str:
    if value not in get_args(kinds):
        raise DicosRefusedError("dicos_damaged", why="value")
    return str(value)


def _report(dataset: Any, header: Header) -> ThreatReport:
    threats = list(dataset.get("ThreatSequence") or [])
    if len(threats) > MAX_OBJECTS:
        raise DicosRefusedError("dicos_too_large", limit=MAX_OBJECTS, unit="objects")
    ended = _time(dataset.AlarmDecisionTime)
    started = _time(threats[0][0x40101080].value) if threats and 0x40101080 in threats[0] else ended
    algorithm = dataset.get("ThreatDetectionAlgorithmAndVersion") or ""
    return ThreatReport(
        header,
        str(dataset.ReferencedStudySequence[0].ReferencedSOPInstanceUID)[:64],
        cast(Decision, _one_of(Decision, dataset.AlarmDecision)),
        (algorithm if isinstance(algorithm, str) else str(algorithm[0]))[:64],
        tuple(_threat(one) for one in threats),
        started,
        ended,
    )


def _threat(item: Any) -> ThreatObject:
    shape, assessment = item.PTORepresentationSequence[0], item.ATDAssessmentSequence[0]
    voxels = shape.ThreatROIVoxelSequence[0]
    base, extents = (_triple(voxels[name].value) for name in ("ThreatROIBase", "ThreatROIExtents"))
    size = [round(side) for side in extents]
    count = size[0] * size[1] * size[2]
    packed = np.frombuffer(voxels.ThreatROIBitmap, np.uint8)
    if min(size) < 1 or count > MAX_VOXELS or len(packed) * 8 < count:
        raise DicosRefusedError("dicos_damaged", why="region")
    bitmap = np.unpackbits(packed, count=count, bitorder="little").astype(bool).reshape(size[2], size[1], size[0])
    return ThreatObject(
        int(item.PotentialThreatObjectID),
        base,
        extents,
        bitmap,
        _finite(shape.Mass),
        _finite(shape.Density),
        _finite(shape.get("ZEffective", 0)),
        cast(Category, _one_of(Category, assessment.ThreatCategory)),
        cast(Flag, _one_of(Flag, assessment.ATDAssessmentFlag)),
        _finite(assessment.ATDAssessmentProbability),
        str(assessment.get("ThreatCategoryDescription", ""))[:1_000],
    )


def _triple(values: Any) -> tuple[float, float, float]:
    first, second, third = (_finite(value) for value in values)
    return first, second, third


def _time(value: Any) -> datetime:
    text = str(value)
    form = "%Y%m%d%H%M%S.%f" if "." in text else "%Y%m%d%H%M%S"
    return datetime.strptime(text, f"{form}%z") if text[-5:-4] in "+-" and len(text) > 15 else _utc(text, form)


def _utc(text: str, form: str) -> datetime:
    return datetime.strptime(text, form).replace(tzinfo=UTC)
