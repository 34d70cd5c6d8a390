"""Projected threats, pictures for the viewer, and the image store."""

import dataclasses
import hashlib
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from devices.dicos.read import read_dicos
from tests.support.inspection import calibration, files
from wms.inspection.analyse_scan import analyse, pictures_of
from wms.inspection.calibration import ScannerCalibration
from wms.inspection.image_store import ImageStore
from wms.inspection.pictures import MOST_SIDE, MOST_SLICES, SCALE, pack, pack_volume
from wms.inspection.project_threat import project_threat
from wms.inspection.wedge import decompose


def _pictures():
    return pictures_of({role: read_dicos(data) for role, data in files("t1", 1).items()})


def test_a_projected_threat_is_seen_where_it_was_laid_and_nowhere_else():
    """Outside its region not one pixel changes; inside, organic matter of a few g/cm2 is added."""
    view, told = _pictures().view, ScannerCalibration.model_validate(calibration())
    table, composite = told.table(), told.composite.composite()
    laid = [one for one in (project_threat(view, composite, seed) for seed in range(12)) if one is not None]
    assert len(laid) >= 10
    for one in laid:
        top, left, bottom, right = one.region
        changed = np.argwhere((one.view != view).any(axis=0))
        assert changed.min(axis=0).tolist() >= [top, left]
        assert changed.max(axis=0).tolist() < [bottom, right]
        before, after = decompose(view, table), decompose(one.view, table)
        place = (slice(top, bottom), slice(left, right))
        added = float((after.areal - before.areal)[place].sum()) / float(one.areal.sum())
        assert 0.75 < added < 1.25


def test_the_same_seed_lays_the_same_threat():
    """The picture is drawn again when it is decided; the region told afterwards is the one that was seen."""
    view, told = _pictures().view, ScannerCalibration.model_validate(calibration()).composite.composite()
    one, other = (project_threat(view, told, 5) for _ in range(2))
    assert np.array_equal(one.view, other.view)
    assert one.region == other.region


def test_a_packed_picture_holds_its_numbers():
    """The screen windows and colours numbers: 16 bits of attenuation and Z_eff have to survive the PNG."""
    rng = np.random.default_rng(3)
    value, zeff = rng.uniform(0, 8, (40, 50)).astype(np.float32), rng.uniform(0, 30, (40, 50)).astype(np.float32)
    blue, green, red = np.moveaxis(cv2.imdecode(np.frombuffer(pack(value, zeff), np.uint8), 1).astype(int), -1, 0)
    assert np.abs((red * 256 + green) / SCALE - value).max() < 1 / SCALE
    assert np.abs(blue / 8 - zeff).max() < 0.1


@pytest.mark.parametrize("shape", [(1, 4, 5), (40, 80, 80), (200, 300, 10)])
def test_a_volume_of_any_size_fits_the_screen(shape: tuple[int, int, int]):
    """Large volumes are thinned evenly; slice s of the sheet is slice s * z_step of the volume."""
    density = np.broadcast_to(np.arange(shape[0], dtype=np.float32)[:, None, None] / 50, shape)
    told = pack_volume(density, density)
    assert told.slices <= MOST_SLICES
    assert max(told.rows_px, told.columns_px) <= MOST_SIDE
    sheet = cv2.imdecode(np.frombuffer(told.png, np.uint8), 1).astype(int)
    for index in (0, told.slices - 1):
        row, column = divmod(index, told.columns)
        pixel = sheet[row * told.rows_px, column * told.columns_px]
        assert abs((pixel[2] * 256 + pixel[1]) / SCALE - index * told.z_step / 50) < 0.01


def test_an_image_is_what_its_name_says_or_it_is_not_there(tmp_path: Path):
    """A file that was altered on disk is no evidence; a name that is no digest reaches no file."""
    store = ImageStore(tmp_path)
    digest = store.keep(b"raw")
    assert digest == hashlib.sha256(b"raw").hexdigest() == store.keep(b"raw")
    assert store.read(digest) == b"raw"
    (tmp_path / digest[:2] / digest[2:]).write_bytes(b"altered")
    assert store.read(digest) is None
    assert store.read("../../etc/passwd") is None
    assert store.read("0" * 64) is None


def test_no_claimed_slope_breaks_the_analyses():
    """A file may say that a word means 1e300 g/cm3; findings stay finite, for they are told as JSON."""
    documents = {role: read_dicos(data) for role, data in files("t1", 1).items()}
    wild = {role: dataclasses.replace(one, slope=1e300) if role != "report" else one for role, one in documents.items()}
    found = analyse(pictures_of(wild), ScannerCalibration.model_validate(calibration()), "610910", 1200)
    assert all(math.isfinite(value) for one in found for value in (one.score, *one.evidence.values()))


def test_a_large_volume_is_thinned_and_its_findings_are_told_in_whole_voxels(monkeypatch: pytest.MonkeyPatch):
    """Searching lumps in hundreds of millions of voxels would hold the belt; the box must fit the volume all the same."""
    pictures = pictures_of({role: read_dicos(data) for role, data in files("t1", 1, "apparel", 900.0).items()})
    (whole,) = [one for one in analyse(pictures, ScannerCalibration(), None, None) if one.kind == "dense_organic"]
    monkeypatch.setattr("wms.inspection.analyse_scan._MOST_VOXELS", 40_000)
    (thin,) = [one for one in analyse(pictures, ScannerCalibration(), None, None) if one.kind == "dense_organic"]
    assert thin.region is not None
    assert whole.region is not None
    assert max(abs(a - b) for a, b in zip(thin.region, whole.region, strict=True)) <= 4
    assert thin.evidence["mass_g"] == pytest.approx(whole.evidence["mass_g"], rel=0.25)
