"""DICOS files, both directions, and under damage."""

import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pydicom
import pytest

from devices.dicos.check import DicosGate
from devices.dicos.model import CtVolume, DicosRefusedError, DxImage, Header, ThreatObject, ThreatReport
from devices.dicos.read import read_dicos
from devices.dicos.write import write_ct, write_dx, write_tdr

AT = datetime(2026, 11, 20, 8, 30, 5, 250_000, UTC)
HEADER = Header("T0001", "2.25.1", "2.25.2", "2.25.3", AT)
RNG = np.random.default_rng(3)


def ct() -> CtVolume:
    return CtVolume(HEADER, "DENSITY", RNG.integers(0, 2000, (5, 7, 9)).astype(np.uint16), 0.001, 5.0, 94.3)


def dx() -> DxImage:
    return DxImage(HEADER, "TOP", "HIGH", RNG.integers(0, 65_536, (7, 9)).astype(np.uint16), 1 / 65_536, 1.5)


def tdr() -> ThreatReport:
    bitmap = RNG.random((3, 2, 4)) < 0.5
    threat = ThreatObject(1, (10, 20, 3), (4, 2, 3), bitmap, 120.5, 1.5, 7.25, "EXPLOSIVE", "THREAT", 0.75, "lump")
    return ThreatReport(HEADER, "2.25.9", "ALARM", "dense_organic_ct 1", (threat,), AT, AT + timedelta(seconds=1.5))


def files() -> list[bytes]:
    return [write_ct(ct()), write_dx(dx()), write_tdr(tdr())]


def test_a_volume_comes_back_as_it_was_written():
    """To the word, with its measures."""
    volume = ct()
    back = read_dicos(write_ct(volume))
    assert isinstance(back, CtVolume)
    assert (back.header, back.quantity, back.slope, back.voxel_mm) == (HEADER, "DENSITY", 0.001, 5.0)
    assert np.array_equal(back.words, volume.words)
    assert back.energy_kev == pytest.approx(94.3, abs=1e-4)


def test_an_image_comes_back_as_it_was_written():
    """One channel of one view."""
    image = dx()
    back = read_dicos(write_dx(image))
    assert isinstance(back, DxImage)
    assert (back.view, back.channel, back.pixel_mm) == ("TOP", "HIGH", 1.5)
    assert np.array_equal(back.words, image.words)


def test_a_report_comes_back_as_it_was_written():
    """With the shape of the object, its physics and the verdict."""
    report = tdr()
    back = read_dicos(write_tdr(report))
    assert isinstance(back, ThreatReport)
    assert (back.decision, back.image_uid, back.started_at, back.ended_at) == (
        "ALARM",
        "2.25.9",
        report.started_at,
        report.ended_at,
    )
    (one,), (was,) = back.objects, report.objects
    assert np.array_equal(one.bitmap, was.bitmap)
    assert (one.base, one.extents, one.mass_g, one.category, one.flag, one.text) == (
        was.base,
        was.extents,
        was.mass_g,
        was.category,
        was.flag,
        "lump",
    )


def test_the_traps_of_the_foreign_toolkit_are_avoided():
    """Image scale as FD, V03 in the file meta, times of objects: with less it refuses the file."""
    import io

    read = pydicom.dcmread(io.BytesIO(write_tdr(tdr())))
    assert read.file_meta[0x00020004].value == "V03"
    assert read[0x40101075].VR == "FD"
    assert {0x40101080, 0x40101081, 0x40101082} <= set(read.ThreatSequence[0].keys())
    volume = pydicom.dcmread(io.BytesIO(write_ct(ct())))
    assert (volume[0x00082108].value, volume[0x00080118].value) == ("LHS", "MACHINE")


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="dcmtk is not installed")
def test_dcmtk_reads_what_is_written(tmp_path: Path):
    """An independent reader, without a complaint."""
    for number, data in enumerate(files()):
        path = tmp_path / f"{number}.dcs"
        path.write_bytes(data)
        dumped = subprocess.run(["dcmdump", str(path)], capture_output=True, text=True, timeout=20)
        assert (dumped.returncode, dumped.stderr) == (0, "")
        assert "T0001" in dumped.stdout


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_random_damage_is_refused_or_read_and_never_raises_anything_else(kind: int):
    """A machine's disk fills, a copy breaks off, somebody is hostile: a refusal with a reason, or a whole document."""
    rng = np.random.default_rng(kind)
    whole = files()[kind]
    refused = 0
    for _ in range(400):
        data = bytearray(whole)
        for place in rng.integers(132, len(data), int(rng.integers(1, 20))):
            data[int(place)] = int(rng.integers(0, 256))
        if rng.random() < 0.3:
            data = data[: int(rng.integers(0, len(data)))]
        try:
            read_dicos(bytes(data))
        except DicosRefusedError:
            refused += 1
    assert refused > 100


def test_claims_are_held_against_caps_and_bytes():
    """A header may promise gigabytes."""
    whole = write_ct(ct())
    huge = whole.replace(b"\x28\x00\x10\x00US\x02\x00\x07\x00", b"\x28\x00\x10\x00US\x02\x00\xff\xff")
    assert huge != whole
    with pytest.raises(DicosRefusedError, match="dicos_too_large"):
        read_dicos(huge)
    with pytest.raises(DicosRefusedError, match="dicos_damaged"):
        read_dicos(whole[:-20])
    with pytest.raises(DicosRefusedError, match="dicos_not_dicom"):
        read_dicos(b"hello")
    with pytest.raises(DicosRefusedError, match="dicos_compressed"):
        read_dicos(whole.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"))


def test_a_child_reads_first_and_its_refusal_is_ours():
    """What takes a reader down takes the child down, not the service."""
    gate = DicosGate()
    assert isinstance(gate.read(write_ct(ct())), CtVolume)
    with pytest.raises(DicosRefusedError, match="dicos_not_dicom"):
        gate.read(b"hello")
    assert isinstance(gate.read(write_tdr(tdr())), ThreatReport)
    gate.close()
