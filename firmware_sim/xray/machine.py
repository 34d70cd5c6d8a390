"""The machine's files: one parcel's scan as DICOS CT, DX and TDR, and the calibration run that a technician hands in.

The machine's own alarm is a crude one on purpose: a lump of organic matter above a fixed mass. It stands for a maker's
algorithm that nobody outside can look into.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from devices.dicos.model import CtVolume, DxImage, Header, ThreatObject, ThreatReport, Words
from devices.dicos.write import write_ct, write_dx, write_tdr
from firmware_sim.xray.beam import channels, transmit
from firmware_sim.xray.ct import CtScan, scan_ct
from firmware_sim.xray.materials import materials
from firmware_sim.xray.parcels import VOXEL_MM, Parcel
from firmware_sim.xray.view import AS_CALIBRATED, Scanner, scan_view, step_wedge

WEDGES = ("polyethylene", "pmma", "water", "glass", "aluminium", "pvc", "steel", "copper")
_DENSITY_SLOPE, _ZEFF_SLOPE, _T_SLOPE = 0.0005, 0.002, 0.00002
_EFFECTIVE_KEV = 97.0
_STEPS = 40
_ALGORITHM = "simulated lump 1"


@dataclass(frozen=True, slots=True)
class Machine:
    """`uid_root` names its files; an organic lump of more than `alarm_g` is its alarm."""

    uid_root: str = "2.25.414243"
    alarm_g: float = 250.0
    state: Scanner = AS_CALIBRATED


def scan_uid(machine: Machine, number: int) -> str:
    return f"{machine.uid_root}.{number}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the detectors saw of one parcel; kept in a library, it serves many scans at the speed of a belt."""

    view: NDArray[np.float32]
    volume: CtScan


def see(machine: Machine, rng: np.random.Generator, parcel: Parcel) -> Seen:
    """Shine through a parcel: a third of a second of CPU."""
    return Seen(scan_view(rng, parcel, machine.state), scan_ct(rng, parcel, machine.state))


def scan_files(machine: Machine, seen: Seen, tid: str, number: int, at: datetime) -> dict[str, bytes]:
    """The files of scan `number` by role: low, high, density, zeff, report."""
    view, volume = seen.view, seen.volume
    uid = scan_uid(machine, number)

    def header(index: int) -> Header:
        return Header(tid, uid, f"{uid}.1", f"{uid}.1.{index}", at)

    density = CtVolume(
        header(3), "DENSITY", _words(volume.density, _DENSITY_SLOPE), _DENSITY_SLOPE, VOXEL_MM, _EFFECTIVE_KEV
    )
    zeff = CtVolume(header(4), "ZEFF", _words(volume.zeff, _ZEFF_SLOPE), _ZEFF_SLOPE, VOXEL_MM, _EFFECTIVE_KEV)
    low = DxImage(header(1), "TOP", "LOW", _words(view[0], _T_SLOPE), _T_SLOPE, VOXEL_MM)
    high = DxImage(header(2), "TOP", "HIGH", _words(view[1], _T_SLOPE), _T_SLOPE, VOXEL_MM)
    report = report_of(machine, header(5), f"{uid}.1.3", volume, at)
    return {
        "low": write_dx(low),
        "high": write_dx(high),
        "density": write_ct(density),
        "zeff": write_ct(zeff),
        "report": write_tdr(report),
    }


def _words(values: NDArray[np.float32], slope: float) -> Words:
    return np.asarray(np.clip(np.rint(values / slope), 0, 65535), np.uint16)


def report_of(machine: Machine, header: Header, image_uid: str, volume: CtScan, at: datetime) -> ThreatReport:
    """ALARM when organic matter of explosive-like density weighs more than the machine's limit, as one box around it."""
    mask = (volume.density > 1.35) & (volume.density < 2.0) & (volume.zeff > 5.5) & (volume.zeff < 8.5)
    grams = float(volume.density[mask].sum()) * (VOXEL_MM / 10) ** 3
    objects: tuple[ThreatObject, ...] = ()
    if grams > machine.alarm_g:
        places = np.nonzero(mask)
        base = [int(axis.min()) for axis in places]
        size = [int(axis.max()) + 1 - low for axis, low in zip(places, base, strict=True)]
        bitmap = mask[tuple(slice(low, low + n) for low, n in zip(base, size, strict=True))]
        mean, z = float(volume.density[mask].mean()), float(volume.zeff[mask].mean())
        corner, extent = (
            (float(base[2]), float(base[1]), float(base[0])),
            (float(size[2]), float(size[1]), float(size[0])),
        )
        objects = (ThreatObject(1, corner, extent, bitmap, grams, mean, z, "ANOMALY", "THREAT", 0.8),)
    decision = "ALARM" if objects else "CLEAR"
    return ThreatReport(header, image_uid, decision, _ALGORITHM, objects, at, at + timedelta(milliseconds=800))  # type: ignore[arg-type] # the literal


def calibration_run(seed: int = 7) -> dict[str, object]:
    """Step wedges and plates laid together, as the document that the inspection API takes."""
    rng = np.random.default_rng(seed)
    wedges = {}
    for name in WEDGES:
        material = materials()[name]
        deepest = 6.3 / float(material.attenuation(np.array([105.0]))[0])
        steps = (np.linspace(0.07, 1, _STEPS) ** 2 * deepest).astype(np.float32)
        low, high = step_wedge(rng, name, steps)
        told = {"steps_g_cm2": steps.tolist(), "low": low.tolist(), "high": high.tolist()}
        wedges[name] = {"z_eff": material.zeff} | told
    return {"wedges": wedges, "composite": _plates()}


def _plates() -> dict[str, object]:
    organic, metal = np.linspace(0, 40, 41), np.linspace(0, 8, 33)
    grid = np.stack(np.meshgrid(organic, metal, indexing="ij"), axis=-1).reshape(-1, 2).astype(np.float32)
    low, high = transmit(["pmma", "steel"], grid).reshape(2, len(organic), len(metal))
    noise = (channels().gain_kev / channels().open_signal).tolist()
    axes = {"organic_g_cm2": organic.tolist(), "metal_g_cm2": metal.tolist()}
    return axes | {"low": low.tolist(), "high": high.tolist(), "noise": noise}
