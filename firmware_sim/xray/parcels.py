"""Parcels by declared class, with the truth: which material lies in which voxel, how heavy it is, and what was hidden.

Classes are groups of HS chapters. What goods look like inside is our assumption of packing fractions and sizes; real goods are
less tidy, so figures from these parcels say what analyses can do at best.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from firmware_sim.xray.materials import materials

VOXEL_MM = 5.0
SHAPE = (40, 80, 80)  # z (height on the belt), y, x
_VOXEL_CM3 = (VOXEL_MM / 10) ** 3
CLASSES = ("apparel", "books", "electronics", "liquids", "food", "glassware", "hardware")
HIDDEN = "sucrose"  # the open stand-in for what a dense organic would be; its density is drawn


@dataclass(frozen=True, slots=True)
class Parcel:
    """`density` maps a material to g/cm3 in every voxel (float32, SHAPE). `hidden_g` is 0 for an innocent parcel."""

    declared: str
    content: str
    density: dict[str, NDArray[np.float32]]
    hidden_g: float
    hidden_mask: NDArray[np.bool_]

    @property
    def mass_g(self) -> int:
        return round(sum(float(part.sum()) for part in self.density.values()) * _VOXEL_CM3)

    @property
    def class_of(self) -> str:
        return self.content


class _Packing:
    """Items laid into a carton; what comes later displaces what lay there."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.size = np.array([rng.integers(16, 38), rng.integers(36, 74), rng.integers(36, 74)])
        self.low = (np.array(SHAPE) - self.size) // 2
        self.density: dict[str, NDArray[np.float32]] = {}

    def region(self, size: NDArray[np.int64], at: NDArray[np.int64], round_: bool) -> NDArray[np.bool_]:
        mask = np.zeros(SHAPE, bool)
        grid = np.ogrid[tuple(slice(0, int(n)) for n in size)]
        inside = np.ones(tuple(int(n) for n in size), bool)
        if round_:
            y, x = (2 * (grid[axis] + 0.5) / size[axis] - 1 for axis in (1, 2))
            inside = np.broadcast_to(x * x + y * y <= 1, inside.shape)
        mask[tuple(slice(int(a), int(a + n)) for a, n in zip(at, size, strict=True))] = inside
        return mask

    def put(
        self, material: str, density: float, size_mm: tuple[float, float, float], round_: bool = False
    ) -> NDArray[np.bool_]:
        """An item of z, y, x millimetres somewhere in the carton; returns its voxels."""
        wanted = np.maximum(1, np.rint(np.array(size_mm) / VOXEL_MM)).astype(np.int64)
        if self.rng.random() < 0.5:
            wanted = wanted[[0, 2, 1]]
        size = np.minimum(wanted, self.size)
        at = self.low + np.array([self.rng.integers(0, room + 1) for room in self.size - size])
        mask = self.region(size, at, round_)
        self.fill(mask, material, density)
        return mask

    def fill(self, mask: NDArray[np.bool_], material: str, density: float) -> None:
        for other in self.density.values():
            other[mask] = 0
        self.density.setdefault(material, np.zeros(SHAPE, np.float32))[mask] = density

    def line(self) -> None:
        """Cardboard walls, one voxel of low density."""
        outer = self.region(self.size, self.low, False)
        inner = self.region(self.size - 2, self.low + 1, False)
        self.fill(outer & ~inner, "cellulose", 0.22)

    def bed(self, material: str, density: float, share: float) -> None:
        """A loose filling up to a share of the height, lumpy."""
        height = max(2, int(self.size[0] * share))
        mask = self.region(np.array([height, *self.size[1:]]), self.low, False)
        lumps = np.kron(self.rng.uniform(0.7, 1.3, tuple(n // 5 + 1 for n in SHAPE)), np.ones((5, 5, 5)))
        self.fill(mask, material, density)
        part = self.density[material]
        part[mask] = (density * lumps[tuple(slice(0, n) for n in SHAPE)])[mask]


def pack(rng: np.random.Generator, content: str) -> _Packing:
    """A carton with goods of one class, still open."""
    packing = _Packing(rng)
    packing.line()
    _CONTENTS[content](packing, rng)
    return packing


def add_stray(packing: _Packing, content: str) -> None:
    """One or two things that belong to another class: a book among clothes, a bottle among tools."""
    rng = packing.rng
    for _ in range(rng.integers(1, 3)):
        material, density, size = _STRAYS[content]
        scale = rng.uniform(0.7, 1.4)
        packing.put(material, density * rng.uniform(0.8, 1.2), (size[0] * scale, size[1] * scale, size[2] * scale))


def close(packing: _Packing, content: str, declared: str | None, hidden: NDArray[np.bool_] | None = None) -> Parcel:
    """The parcel as it travels; `hidden` are the voxels of a planted item."""
    mask = np.zeros(SHAPE, bool) if hidden is None else hidden
    grams = float(packing.density[HIDDEN][mask].sum()) * _VOXEL_CM3 if hidden is not None else 0.0
    return Parcel(declared or content, content, packing.density, grams, mask)


def block(packing: _Packing, mass_g: float, density: float) -> NDArray[np.bool_]:
    """A cuboid of HIDDEN of about this mass in whole voxels, sides at most 1 : 2 : 2."""
    wide, deep = packing.rng.uniform(1, 2), packing.rng.uniform(1, 2)
    side = (mass_g / density * 1000 / (wide * deep)) ** (1 / 3)
    return packing.put(HIDDEN, density, (side, side * wide, side * deep))


def _apparel(p: _Packing, rng: np.random.Generator) -> None:
    p.bed(rng.choice(["cellulose", "nylon"]), rng.uniform(0.15, 0.3), rng.uniform(0.5, 0.95))
    for _ in range(rng.integers(0, 4)):
        p.put("steel", 2.0, (5, 15, 5))


def _books(p: _Packing, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(3, 9)):
        p.put("cellulose", rng.uniform(0.6, 0.9), (rng.uniform(15, 45), rng.uniform(140, 220), rng.uniform(110, 160)))


def _electronics(p: _Packing, rng: np.random.Generator) -> None:
    p.bed("polyethylene", 0.05, 0.9)
    for _ in range(rng.integers(1, 5)):
        p.put("pmma", rng.uniform(0.3, 0.6), (rng.uniform(20, 60), rng.uniform(70, 200), rng.uniform(60, 140)))
        p.put("circuit_board", rng.uniform(1.0, 1.6), (5, rng.uniform(50, 160), rng.uniform(40, 110)))
        p.put("battery", rng.uniform(1.8, 2.3), (rng.uniform(5, 15), rng.uniform(30, 80), rng.uniform(30, 60)))


def _liquids(p: _Packing, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(2, 8)):
        width = rng.uniform(45, 90)
        p.put(
            "water" if rng.random() < 0.7 else "ethanol",
            rng.uniform(0.79, 1.05),
            (rng.uniform(90, 180), width, width),
            True,
        )


def _food(p: _Packing, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(3, 9)):
        size = (rng.uniform(20, 70), rng.uniform(60, 150), rng.uniform(50, 120))
        p.put(rng.choice(["cellulose", "water"]), rng.uniform(0.4, 0.8), size)
    for _ in range(rng.integers(0, 3)):
        p.put("aluminium", 0.8, (rng.uniform(20, 60), 40, 40), True)


def _glassware(p: _Packing, rng: np.random.Generator) -> None:
    p.bed("cellulose", 0.08, 0.9)
    for _ in range(rng.integers(3, 9)):
        width = rng.uniform(50, 100)
        p.put("glass", rng.uniform(0.8, 1.6), (rng.uniform(40, 120), width, width), True)
        p.put("polyethylene", 0.03, (rng.uniform(30, 100), width * 0.7, width * 0.7), True)


def _hardware(p: _Packing, rng: np.random.Generator) -> None:
    for _ in range(rng.integers(3, 10)):
        metal = rng.choice(["steel", "aluminium", "copper"], p=[0.6, 0.3, 0.1])
        p.put(metal, rng.uniform(0.8, 2.2), (rng.uniform(5, 20), rng.uniform(30, 110), rng.uniform(15, 50)))
    p.bed("polyethylene", 0.02, 0.2)


_CONTENTS = {
    "apparel": _apparel,
    "books": _books,
    "electronics": _electronics,
    "liquids": _liquids,
    "food": _food,
    "glassware": _glassware,
    "hardware": _hardware,
}
_STRAYS: dict[str, tuple[str, float, tuple[float, float, float]]] = {
    "apparel": ("cellulose", 0.2, (40, 150, 120)),
    "books": ("cellulose", 0.75, (25, 180, 130)),
    "electronics": ("circuit_board", 1.2, (10, 100, 60)),
    "liquids": ("water", 0.95, (120, 60, 60)),
    "food": ("cellulose", 0.6, (40, 100, 70)),
    "glassware": ("glass", 1.1, (80, 60, 60)),
    "hardware": ("steel", 1.5, (10, 60, 25)),
}
assert set(_CONTENTS) == set(CLASSES)
assert HIDDEN in materials()
