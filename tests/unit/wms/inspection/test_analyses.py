"""Analyses on scans whose truth is known, because the simulator made them."""

import numpy as np
import pytest

from firmware_sim.xray.ct import scan_ct
from firmware_sim.xray.parcels import VOXEL_MM, Parcel, block, close, pack
from firmware_sim.xray.view import AS_CALIBRATED, Scanner, scan_view
from tests.bench.inspection.parcels import make_table, measure
from wms.inspection.colour import pseudo_colour
from wms.inspection.declared import features, fit_groups
from wms.inspection.dense_organic import DenseOrganicCheck, heaviest_lump
from wms.inspection.duplicates import similarity, thumbnail
from wms.inspection.finding import Scan, set_threshold
from wms.inspection.mass import MassCheck
from wms.inspection.shield import ShieldAlarm
from wms.inspection.wedge import decompose

SHAPE = (40, 80, 80)
PIXEL_CM2 = (VOXEL_MM / 10) ** 2


def slab(material: str, density: float, height: int = 10) -> Parcel:
    """A plain cuboid of one material."""
    part = np.zeros(SHAPE, np.float32)
    part[5 : 5 + height, 25:55, 25:55] = density
    return Parcel("books", "books", {material: part}, 0.0, part > 9)


def view(parcel: Parcel, seed: int = 1, scanner: Scanner = AS_CALIBRATED) -> np.ndarray:
    return scan_view(np.random.default_rng(seed), parcel, scanner)


@pytest.mark.parametrize(
    ("material", "density", "zeff", "tolerance"),
    [
        ("water", 1.0, 7.42, 1.0),
        ("cellulose", 0.8, 6.89, 1.0),
        ("aluminium", 1.2, 13.0, 2.0),
        ("steel", 0.8, 26.0, 4.0),
    ],
)
def test_material_and_mass_are_found_from_the_two_channels(
    material: str, density: float, zeff: float, tolerance: float
):
    """Also for materials that no wedge was made of: cellulose is not in the calibration. Scatter is another matter."""
    parcel = slab(material, density)
    seen = decompose(view(parcel, scanner=Scanner(scatter=0.0)), make_table())
    inside = seen.zeff[30:50, 30:50]
    assert float(np.median(inside)) == pytest.approx(zeff, abs=tolerance)
    assert float(seen.areal.sum()) * PIXEL_CM2 == pytest.approx(parcel.mass_g, rel=0.12)


def test_what_lets_nothing_through_is_an_alarm_and_is_black():
    """Behind its K edge lead looks organic; the analysis must not colour it as goods."""
    picture = view(slab("lead", 8.0))
    scan = Scan(picture, PIXEL_CM2)
    (finding,) = ShieldAlarm().analyze(scan)
    assert finding.is_alarm
    assert finding.region == pytest.approx((25, 25, 55, 55), abs=4)  # scatter brightens the rim
    colour = pseudo_colour(decompose(picture, make_table()))
    assert colour[40, 40].max() == 0
    assert ShieldAlarm().analyze(Scan(view(slab("cellulose", 0.8)), PIXEL_CM2)) == []


def test_colours_are_as_reviewers_know_them():
    """Organic orange, metal blue; air is white."""
    table = make_table()
    organic = pseudo_colour(decompose(view(slab("cellulose", 0.9)), table))[40, 40].astype(int)
    metal = pseudo_colour(decompose(view(slab("steel", 1.0)), table))[40, 40].astype(int)
    air = pseudo_colour(decompose(view(slab("steel", 1.0)), table))[5, 5]
    assert organic[0] > organic[1] > organic[2]
    assert metal[2] > metal[0]
    assert air.min() > 225


def test_mass_of_the_image_is_held_against_the_scale():
    """A parcel that weighs twice what it shows is an alarm; scale noise is not."""
    parcel = slab("water", 1.0)
    check = MassCheck(make_table(), 1.0)
    (honest,) = check.analyze(Scan(view(parcel), PIXEL_CM2, scale_mass_g=parcel.mass_g + 20))
    (odd,) = check.analyze(Scan(view(parcel), PIXEL_CM2, scale_mass_g=2 * parcel.mass_g))
    assert (honest.is_alarm, odd.is_alarm) == (False, True)
    assert check.analyze(Scan(view(parcel), PIXEL_CM2)) == []


def test_a_dense_block_in_clothes_is_found_where_it_lies():
    """And clothes alone have no such lump."""
    rng = np.random.default_rng(5)
    packing = pack(rng, "apparel")
    hidden = block(packing, 250.0, 1.65)
    parcel = close(packing, "apparel", None, hidden)
    volume = scan_ct(rng, parcel)
    scan = Scan(view(parcel), PIXEL_CM2, density=volume.density, zeff=volume.zeff, voxel_cm3=0.125)
    (finding,) = DenseOrganicCheck(set_threshold(np.linspace(0, 20, 100, dtype=np.float32), 0.05, "test")).analyze(scan)
    assert finding.is_alarm
    assert finding.region is not None
    middle = [(low + high) / 2 for low, high in zip(finding.region[:3], finding.region[3:], strict=True)]
    truth = [float(axis.mean()) for axis in np.nonzero(hidden)]
    assert middle == pytest.approx(truth, abs=2.5)
    clothes = scan_ct(rng, close(pack(rng, "apparel"), "apparel", None))
    lump = heaviest_lump(clothes.density, clothes.zeff, 0.125)
    assert lump is None or lump.mass_g < 5


def test_lumps_join_across_slices_and_not_across_gaps():
    """Three dimensions, six neighbours."""
    density, zeff = np.zeros((6, 8, 8), np.float32), np.full((6, 8, 8), 7.0, np.float32)
    density[0:3, 2, 2] = 1.5  # a column through three slices
    density[2, 2:5, 2] = 1.5  # joined at its foot
    density[5, 7, 7] = 1.9  # apart
    lump = heaviest_lump(density, zeff, 1.0)
    assert lump is not None
    assert (lump.mass_g, lump.region) == (pytest.approx(7.5), (0, 2, 2, 3, 5, 3))


def test_the_same_parcel_scanned_again_is_known_and_others_are_not():
    """It lies a little elsewhere on the belt, and the noise is new."""
    rng = np.random.default_rng(8)
    parcels = [close(pack(rng, name), name, None) for name in ("books", "hardware", "electronics", "liquids")]
    first = [thumbnail(view(parcel)) for parcel in parcels]
    again = [thumbnail(np.roll(view(parcel, 2), (3, -2), (1, 2))) for parcel in parcels]
    for index, picture in enumerate(first):
        scores = [similarity(picture, other) for other in again]
        assert int(np.argmax(scores)) == index
        assert scores[index] > 0.95


def test_a_wrong_declaration_scores_above_a_right_one():
    """Clothes declared as clothes against clothes declared as hardware."""
    rng, table = np.random.default_rng(9), make_table()

    def seen(name: str) -> np.ndarray:
        return features(decompose(scan_view(rng, close(pack(rng, name), name, None)), table), PIXEL_CM2)

    model = fit_groups({name: [seen(name) for _ in range(14)] for name in ("apparel", "hardware", "liquids")})
    clothes = seen("apparel")
    assert model.mismatch("apparel", clothes) < model.mismatch("hardware", clothes)


def test_an_empty_belt_is_nothing_to_any_analysis():
    """No division by nothing, no finding."""
    empty = np.ones((2, 80, 80), np.float32)
    volume = np.zeros((4, 8, 8), np.float32)
    scan = Scan(empty, PIXEL_CM2, "apparel", 100, volume, volume, 0.125)
    assert ShieldAlarm().analyze(scan) == []
    assert DenseOrganicCheck().analyze(scan) == []
    assert np.isfinite(features(decompose(empty, make_table()), PIXEL_CM2)).all()
    assert similarity(thumbnail(empty), thumbnail(empty)) == 0.0


def test_a_parcel_is_the_same_for_the_same_seed():
    """Frozen seeds are worth nothing otherwise."""
    one, other = (measure(77, make_table(), AS_CALIBRATED) for _ in range(2))
    assert (one.mass_g, one.lump_g, one.view_mass_g) == (other.mass_g, other.lump_g, other.view_mass_g)
