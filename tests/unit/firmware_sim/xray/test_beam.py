"""The physics of the simulated scanner."""

import numpy as np
import pytest

from firmware_sim.xray.beam import add_noise, channels, transmit
from firmware_sim.xray.materials import materials
from firmware_sim.xray.parcels import CLASSES, block, close, pack


def test_the_table_jumps_at_the_edge_of_lead_and_nowhere_in_water():
    """Interpolating across the K edge would make lead transparent where it is black."""
    energies = np.array([80.0, 87.9, 88.1, 100.0])
    lead, water = (materials()[name].attenuation(energies) for name in ("lead", "water"))
    assert lead[2] > 3 * lead[1]
    assert (np.diff(water) < 0).all()
    assert lead[3] == pytest.approx(5.549)


def test_the_two_channels_see_different_energies():
    """The page the machine is built after gives 71 and 97 keV and 4.9k and 6.2k quanta for the computed spectrum."""
    beam = channels()
    mean = (beam.deposited * beam.energies_kev).sum(axis=1) / beam.open_signal
    quanta = (beam.deposited / beam.energies_kev).sum(axis=1)
    assert mean == pytest.approx([71, 97], abs=4)
    assert quanta == pytest.approx([4_900, 6_200], rel=0.2)


def test_iron_darkens_the_low_channel_more_than_water_does():
    """That is all that dual energy is."""
    low, high = transmit(["water", "steel"], np.array([[0, 0], [5, 0], [0, 2]], np.float32))
    assert (low[0], high[0]) == pytest.approx((1, 1))
    assert np.log(low[2]) / np.log(high[2]) > np.log(low[1]) / np.log(high[1]) + 0.3


def test_half_the_dose_has_twice_the_variance():
    """Poisson, on top of a little electronic noise."""
    flat = np.full((2, 200, 200), 0.3, np.float32)
    full = add_noise(np.random.default_rng(1), flat, 1.0)
    half = add_noise(np.random.default_rng(1), flat, 0.5)
    assert full.mean() == pytest.approx(0.3, rel=1e-3)
    assert half[1].var() / full[1].var() == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("content", CLASSES)
def test_a_parcel_knows_what_it_weighs_and_what_is_hidden(content: str):
    """The scale and the scanner see the same thing; a planted block is counted once."""
    rng = np.random.default_rng(2)
    packing = pack(rng, content)
    hidden = block(packing, 200.0, 1.6)
    parcel = close(packing, content, None, hidden)
    assert 100 < parcel.mass_g < 30_000
    assert parcel.hidden_g == pytest.approx(200, rel=0.45)  # whole voxels only
    assert parcel.hidden_g < parcel.mass_g
