"""Attenuation of materials over energy, from a baked table; interpolated in the logarithm, apart on both sides of a K edge."""

import functools
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Material:
    """`density` in g/cm3 of the solid; `mu` in cm2/g at `energies_kev` of the table."""

    name: str
    density: float
    zeff: float
    k_edge_kev: float | None
    energies_kev: tuple[float, ...]
    mu: tuple[float, ...]

    def attenuation(self, energies_kev: Floats) -> Floats:
        """cm2/g; outside the table the last slope goes on."""
        if self.k_edge_kev is None:
            return _log_interpolate(self.energies_kev, self.mu, energies_kev)
        points = list(zip(self.energies_kev, self.mu, strict=True))
        below = [point for point in points if point[0] < self.k_edge_kev]
        above = [point for point in points if point[0] >= self.k_edge_kev]
        low = _log_interpolate([e for e, _ in below], [m for _, m in below], energies_kev)
        high = _log_interpolate([e for e, _ in above], [m for _, m in above], energies_kev)
        return np.where(energies_kev < self.k_edge_kev, low, high)


def _log_interpolate(
    xs: "tuple[float, ...] | list[float]", ys: "tuple[float, ...] | list[float]", at: Floats
) -> Floats:
    x, y, wanted = np.log(xs), np.log(ys), np.log(at)
    inside = np.interp(wanted, x, y)
    inside = np.where(wanted < x[0], y[0] + (wanted - x[0]) * (y[1] - y[0]) / (x[1] - x[0]), inside)
    inside = np.where(wanted > x[-1], y[-1] + (wanted - x[-1]) * (y[-1] - y[-2]) / (x[-1] - x[-2]), inside)
    return np.asarray(np.exp(inside), np.float64)


@functools.cache
def materials() -> dict[str, Material]:
    """Every material of the table by name."""
    text = files("firmware_sim.xray").joinpath("attenuation.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    energies = tuple(float(value) for value in rows[0][4:])
    found = {}
    for name, density, zeff, edge, *mu in rows[1:]:
        k_edge = None if edge == "-" else float(edge)
        found[name] = Material(name, float(density), float(zeff), k_edge, energies, tuple(float(value) for value in mu))
    return found
