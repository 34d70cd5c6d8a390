"""Finding matrix codes: busy neighbourhoods whose gradients point every way. Pure."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.vision.bars import Tensor
from devices.vision.read import Gray

Area = tuple[int, int, int, int]  # x0, y0, x1, y1 in frame pixels; may reach out of the frame
_FLOORS = (0.3, 0.08)  # of the strongest energy of the frame
_FAINTEST = 20.0
_MARGIN = 0.3
_SMALLEST_PX = 24


def find_grids(tensor: Tensor, limit: int) -> list[Area]:
    """At most `limit` busy places, the busiest first."""
    smooth = tensor.smoothed(3)
    energy, spread = smooth.energy, smooth.spread
    strongest = float(np.percentile(energy, 99.5))
    found: list[tuple[float, Area]] = []
    for share in _FLOORS:
        mask = ((energy > max(_FAINTEST, share * strongest)) & (spread < 0.75 * energy)).astype(np.uint8)
        found.extend(_busy(mask, tensor.cell_px))
    found.sort(key=lambda pair: -pair[0])
    kept: list[Area] = []
    for _, area in found:
        if not any(_same(area, other) for other in kept):
            kept.append(area)
    return kept[:limit]


def _busy(mask: NDArray[np.uint8], cell_px: float) -> Iterator[tuple[float, Area]]:
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    for index in range(1, count):
        x, y, width, height, area = (int(value) for value in stats[index])
        if min(width, height) * cell_px < _SMALLEST_PX or area < 0.3 * width * height:
            continue
        weight = float(area) * min(width, height) / max(width, height)
        pad = _MARGIN * max(width, height) + 2
        x0, y0, x1, y1 = (round(edge * cell_px) for edge in (x - pad, y - pad, x + width + pad, y + height + pad))
        yield weight, (x0, y0, x1, y1)


def _same(one: Area, other: Area) -> bool:
    tolerance = 0.2 * (other[2] - other[0])
    return all(abs(a - b) < tolerance for a, b in zip(one, other, strict=True))


def cut(gray: Gray, box: Area) -> tuple[Gray, tuple[int, int]]:
    """The box as far as it lies in the frame, and its top left corner there."""
    x0, y0 = max(0, box[0]), max(0, box[1])
    return np.ascontiguousarray(gray[y0 : box[3], x0 : box[2]]), (x0, y0)
