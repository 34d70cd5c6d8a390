"""Files that another toolkit reads.

Five things a plain DICOM writer would get wrong, each found by an import into a foreign toolkit: (0002,0004) must say V03, CT
wants (0008,2108), (0008,0118) and (4300,0902), image scale (4010,1075) must be FD although the dictionary says DS, threat
objects need times (4010,1080-1082), and every object needs a referenced instance, mass and density. Explicit little endian.
"""

import io
from datetime import datetime

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from devices.dicos.model import CtVolume, DxImage, Header, ThreatObject, ThreatReport

CT_CLASS = "1.2.840.10008.5.1.4.1.1.501.1"
DX_CLASS = "1.2.840.10008.5.1.4.1.1.501.2.1"
TDR_CLASS = "1.2.840.10008.5.1.4.1.1.501.3"
_IMPLEMENTATION_UID = UID("2.25.306817524291127341953912846011223344556")
_VERSION = "V03"


def write_ct(volume: CtVolume) -> bytes:
    """A CT volume as one multi-frame file."""
    dataset = _dataset(volume.header, CT_CLASS, "CT")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", volume.quantity]
    dataset.add_new(0x00080118, "CS", "MACHINE")
    dataset.add_new(0x00082108, "CS", "LHS")
    dataset.add_new(0x43000902, "FL", volume.energy_kev)
    dataset.NumberOfFrames = volume.words.shape[0]
    dataset.SliceThickness = f"{volume.voxel_mm:g}"
    dataset.ImagePositionPatient = ["0", "0", "0"]
    dataset.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    _pixels(dataset, volume.words, volume.slope, volume.voxel_mm)
    return _bytes(dataset)


def write_dx(image: DxImage) -> bytes:
    """One energy channel of one view."""
    dataset = _dataset(image.header, DX_CLASS, "DX")
    dataset.ImageType = ["ORIGINAL", "PRIMARY", image.view, image.channel]
    dataset.PresentationIntentType = "FOR PRESENTATION"
    _pixels(dataset, image.words, image.slope, image.pixel_mm)
    return _bytes(dataset)


def write_tdr(report: ThreatReport) -> bytes:
    """A machine's report on one scan."""
    dataset = _dataset(report.header, TDR_CLASS, "TDR")
    dataset.ReferencedStudySequence = Sequence([_reference(report.image_uid)])
    dataset.AbortFlag = "SUCCESS"
    dataset.TDRType = "MACHINE"
    dataset.ThreatDetectionAlgorithmAndVersion = [report.algorithm]
    dataset.AlarmDecisionTime = _dt(report.ended_at)
    dataset.AlarmDecision = report.decision
    dataset.NumberOfTotalObjects = len(report.objects)
    dataset.NumberOfAlarmObjects = sum(one.flag in ("THREAT", "HIGH_THREAT") for one in report.objects)
    dataset.TotalProcessingTime = (report.ended_at - report.started_at).total_seconds()
    dataset.AdditionalScreeningPerformed = "NO"
    dataset.add_new(0x40101075, "FD", 1.0)
    dataset.ThreatSequence = Sequence([_threat(one, report) for one in report.objects])
    return _bytes(dataset)


def _dataset(header: Header, sop_class: str, modality: str) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = sop_class, header.instance_uid
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = header.scan_uid, header.series_uid
    dataset.PatientID = header.ooi_id
    dataset.PatientName = ""
    dataset.Modality = modality
    taken = header.taken_at
    dataset.ContentDate = dataset.StudyDate = dataset.AcquisitionDate = f"{taken:%Y%m%d}"
    dataset.ContentTime = dataset.StudyTime = dataset.AcquisitionTime = f"{taken:%H%M%S.%f}"
    dataset.InstanceNumber = 1
    dataset.SeriesNumber = 1
    dataset.DICOSVersion = _VERSION
    dataset.OOIType = "CARGO"
    dataset.AcquisitionStatus = "SUCCESSFUL"
    dataset.ScanType = "OPERATIONAL"
    return dataset


def _pixels(
    dataset: Dataset, words: "np.ndarray[tuple[int, ...], np.dtype[np.uint16]]", slope: float, mm: float
) -> None:
    dataset.Rows, dataset.Columns = words.shape[-2:]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 16, 15, 0
    dataset.PixelSpacing = [f"{mm:g}", f"{mm:g}"]
    dataset.RescaleIntercept, dataset.RescaleSlope = "0", f"{slope:g}"
    data = np.ascontiguousarray(words, "<u2").tobytes()
    dataset.add_new(0x7FE00010, "OW", data + b"\0" * (len(data) % 2))


def _threat(one: ThreatObject, report: ThreatReport) -> Dataset:
    voxels = Dataset()
    voxels.ThreatROIBase, voxels.ThreatROIExtents = list(one.base), list(one.extents)
    packed = np.packbits(one.bitmap.ravel(), bitorder="little").tobytes()
    voxels.add_new(0x40101006, "OB", packed + b"\0" * (len(packed) % 2))
    shape = Dataset()
    shape.ThreatROIVoxelSequence = Sequence([voxels])
    shape.ReferencedSOPSequence = Sequence([_reference(report.image_uid)])
    shape.Mass, shape.Density, shape.ZEffective = one.mass_g, one.density, one.zeff
    assessment = Dataset()
    assessment.ThreatCategory, assessment.ThreatCategoryDescription = one.category, one.text
    assessment.ATDAbilityAssessment, assessment.ATDAssessmentFlag = "NO_INTERFERENCE", one.flag
    assessment.ATDAssessmentProbability = one.probability
    threat = Dataset()
    threat.PotentialThreatObjectID = one.number
    threat.PTORepresentationSequence = Sequence([shape])
    threat.ATDAssessmentSequence = Sequence([assessment])
    threat.add_new(0x40101080, "DT", _dt(report.started_at))
    threat.add_new(0x40101081, "DT", _dt(report.ended_at))
    threat.add_new(0x40101082, "FL", (report.ended_at - report.started_at).total_seconds())
    return threat


def _reference(image_uid: str) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = CT_CLASS, image_uid
    return reference


def _dt(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S.%f%z}"


def _bytes(dataset: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = dataset.SOPClassUID, dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _IMPLEMENTATION_UID
    meta.add_new(0x00020004, "CS", _VERSION)
    dataset.file_meta = meta
    sink = io.BytesIO()
    dataset.save_as(sink, enforce_file_format=True)
    return sink.getvalue()
