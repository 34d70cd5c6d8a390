"""The parcels that are measured, one seed each, and everything the analyses make of them."""

import functools
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_sim.xray.ct import scan_ct
from firmware_sim.xray.materials import materials
from firmware_sim.xray.parcels import CLASSES, VOXEL_MM, add_stray, block, close, pack
from firmware_sim.xray.view import Scanner, scan_view, step_wedge
from wms.inspection.declared import features
from wms.inspection.dense_organic import heaviest_lump
from wms.inspection.duplicates import thumbnail
from wms.inspection.mass import ct_mass_g
from wms.inspection.wedge import MaterialTable, Wedge, calibrate, decompose

PIXEL_CM2 = (VOXEL_MM / 10) ** 2
VOXEL_CM3 = (VOXEL_MM / 10) ** 3
WEDGES = ("polyethylene", "pmma", "water", "glass", "aluminium", "pvc", "steel", "copper")
_WEDGE_SEED = 7
THREAT_DENSITY, SUGAR_DENSITY = (1.50, 1.75), (1.05, 1.45)  # pressed to rock sugar, and what is cast
MIXED = 0.35  # of the parcels hold something of another class too
BLOCK_G = (30.0, 400.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """One parcel: the truth, and what the analyses saw. `again` is the thumbnail of a second scan, pushed on the belt."""

    content: str
    hidden_g: float
    mass_g: int
    lump_g: float
    view_mass_g: float
    ct_mass_g: float
    features: NDArray[np.float32]
    picture: NDArray[np.float32]
    again: NDArray[np.float32]
    cpu_s: float


@functools.cache
def make_table() -> MaterialTable:
    """Step wedges of eight materials from T_high near 1 down to 0.002."""
    rng = np.random.default_rng(_WEDGE_SEED)
    wedges = {}
    for name in WEDGES:
        material = materials()[name]
        deepest = 6.3 / float(material.attenuation(np.array([105.0]))[0])
        steps = (np.linspace(0.07, 1, 40) ** 2 * deepest).astype(np.float32)
        low, high = step_wedge(rng, name, steps)
        wedges[name] = Wedge(material.zeff, steps, low, high)
    return calibrate(wedges)


def measure(seed: int, table: MaterialTable, scanner: Scanner, unseen: bool = False) -> Measured:
    """The hard design: half the parcels hide a dense block of 30-400 g, and a quarter of all carry pressed sugar as large.

    `unseen`: the block is solid nylon-like matter of no wedge and the sugar is denser than any at calibration.
    """
    rng = np.random.default_rng(seed)
    content = str(rng.choice(CLASSES))
    packing = pack(rng, content)
    if rng.random() < MIXED:
        add_stray(packing, str(rng.choice(CLASSES)))
    if rng.random() < 0.25:
        shift = 0.08 if unseen else 0.0
        block(packing, _log_uniform(rng, *BLOCK_G), rng.uniform(*SUGAR_DENSITY) + shift)
    hidden = None
    if rng.random() < 0.5:
        hidden = block(packing, _log_uniform(rng, *BLOCK_G), rng.uniform(*THREAT_DENSITY))
    parcel = close(packing, content, None, hidden)
    view, volume = scan_view(rng, parcel, scanner), scan_ct(rng, parcel, scanner)
    push = rng.integers(-4, 5, 2)
    again = np.roll(scan_view(rng, parcel, scanner), tuple(int(step) for step in push), axis=(1, 2))
    started = time.process_time()
    seen = decompose(view, table)
    lump = heaviest_lump(volume.density, volume.zeff, VOXEL_CM3)
    found = features(seen, PIXEL_CM2)
    view_mass, ct_mass, picture = (
        float(seen.areal.sum()) * PIXEL_CM2,
        ct_mass_g(volume.density, VOXEL_CM3),
        thumbnail(view),
    )
    spent = time.process_time() - started
    grams = parcel.hidden_g
    return Measured(
        content,
        grams,
        parcel.mass_g,
        lump.mass_g if lump else 0.0,
        view_mass,
        ct_mass,
        found,
        picture,
        thumbnail(again),
        spent,
    )


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
