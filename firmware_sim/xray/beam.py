"""Source and sandwich detector: what areal densities become in the two channels.

Tungsten at 160 kV behind 2.5 mm Al and 0.3 mm Cu; 60 mg/cm2 Gd2O2S before 0.6 mm Cu before 4 mm CsI. The shape of the source
is Kramers' law with the tungsten K lines, in 5-keV bins: a stand-in for a computed spectrum, scaled to 17,800 photons a pixel.
Scintillator absorption is interpolated from rounded element tables. A channel integrates energy.
"""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_sim.xray.materials import Floats, materials

_TUBE_KV = 160.0
_PHOTONS = 17_800.0
_AL_G_CM2, _CU_G_CM2, _MIDDLE_CU_G_CM2 = 0.25 * 2.70, 0.03 * 8.96, 0.06 * 8.96
_GOS_G_CM2, _CSI_G_CM2 = 0.060, 0.4 * 4.51
_GOS = ((30, 13.0), (40, 5.84), (50.2, 3.2), (50.3, 15.5), (60, 9.8), (80, 4.67), (100, 2.62), (150, 0.95), (200, 0.48))
_CSI = ((30, 9.0), (36, 6.0), (36.1, 30.0), (40, 23.0), (60, 7.92), (80, 3.68), (100, 2.04), (150, 0.735), (200, 0.38))
_K_LINES = ((57.5, 0.055), (60.0, 0.095), (67.5, 0.045))  # share of all photons


@dataclass(frozen=True, slots=True)
class Channels:
    """Energies (E) and, for low and high (2 x E), energy deposited a pixel without any object; `gain_kev` a quantum."""

    energies_kev: Floats
    deposited: Floats
    gain_kev: Floats

    @property
    def open_signal(self) -> Floats:
        return np.asarray(self.deposited.sum(axis=1))


@functools.cache
def channels() -> Channels:
    energies = np.arange(27.5, _TUBE_KV, 5.0)
    known = materials()
    photons = (_TUBE_KV - energies) / energies
    photons /= photons.sum()
    for line, share in _K_LINES:
        photons[np.argmin(np.abs(energies - line))] += share
    filtered = known["aluminium"].attenuation(energies) * _AL_G_CM2 + known["copper"].attenuation(energies) * _CU_G_CM2
    photons = photons * np.exp(-filtered)
    photons *= _PHOTONS / photons.sum()
    first = 1 - np.exp(-_absorption(_GOS, energies) * _GOS_G_CM2)
    passed = (1 - first) * np.exp(-known["copper"].attenuation(energies) * _MIDDLE_CU_G_CM2)
    second = passed * (1 - np.exp(-_absorption(_CSI, energies) * _CSI_G_CM2))
    quanta = np.stack([photons * first, photons * second])
    deposited = quanta * energies
    gain = (deposited * energies).sum(axis=1) / deposited.sum(axis=1)
    return Channels(energies, deposited, gain)


def _absorption(table: tuple[tuple[float, float], ...], energies: Floats) -> Floats:
    return np.asarray(np.exp(np.interp(np.log(energies), np.log([e for e, _ in table]), np.log([m for _, m in table]))))


def transmit(names: list[str], areal: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean transmission (2 x rays) of rays through areal densities (rays x materials, g/cm2), low and high."""
    beam = channels()
    mu = np.stack([materials()[name].attenuation(beam.energies_kev) for name in names]).astype(np.float32)
    weights = (beam.deposited / beam.open_signal[:, None]).astype(np.float32)
    seen = np.empty((2, len(areal)), np.float32)
    for start in range(0, len(areal), 65_536):
        part = np.exp(-(areal[start : start + 65_536] @ mu))
        seen[:, start : start + 65_536] = weights @ part.T
    return seen


def add_noise(rng: np.random.Generator, transmission: NDArray[np.float32], dose: float = 1.0) -> NDArray[np.float32]:
    """Quantum noise as a gain times Poisson, and electronic noise; `dose` scales the photons. First axis is the channel."""
    beam = channels()
    noisy = np.empty_like(transmission)
    for index in (0, 1):
        full = beam.open_signal[index] * dose / beam.gain_kev[index]
        quanta = rng.poisson(np.maximum(transmission[index], 0) * full)
        noisy[index] = (quanta + rng.normal(0, 2.0, quanta.shape)) / full
    return noisy
