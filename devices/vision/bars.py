"""Finding bar codes at any angle by the structure tensor, and cutting them out upright.

Bars are where gradients of a neighbourhood all point one way: the tensor J = sum of g g' has one large eigenvalue. Coherence
(l1 - l2) / (l1 + l2) is near 1 on bars and low on text, texture and matrix codes. Both decoders scan rows and columns only, so
cutting along the bars' own direction is what lets them read a turned label at all.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from devices.vision.read import Box, Corner, Gray

_SMALL_PIXELS = 700_000  # below it the tensor is taken at full resolution
_COHERENT = 0.55
_CELL = 4
_FLOORS = (0.3, 0.05)  # of the strongest energy of the frame
_FAINTEST = 20.0  # squared grey levels a pixel
_MIN_CELLS = 12
_MARGIN = 0.16  # of the length, for the quiet zones
_MAX_CROP_PX = 4_000_000

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Region:
    """An oriented rectangle of the frame: `along` runs across the bars (the reading direction)."""

    centre: Corner
    angle_rad: float
    along_px: float
    across_px: float
    weight: float
    soft_px: float  # by how much smoothing has lengthened it


@dataclass(frozen=True, slots=True)
class Crop:
    """An upright cut; `back` (2 x 3) maps its pixels to the frame's."""

    pixels: Gray
    back: NDArray[np.float64]

    def to_frame(self, box: Box) -> Box:
        points = np.array(box, np.float64)
        mapped = points @ self.back[:, :2].T + self.back[:, 2]
        first, second, third, fourth = ((float(x), float(y)) for x, y in mapped)
        return first, second, third, fourth


@dataclass(frozen=True, slots=True)
class Tensor:
    """Components on a coarse grid of `cell_px` frame pixels; energy is l1 + l2, spread l1 - l2."""

    xx: Floats
    yy: Floats
    xy: Floats
    cell_px: float

    @property
    def energy(self) -> Floats:
        return self.xx + self.yy

    @property
    def spread(self) -> Floats:
        return np.asarray(cv2.magnitude(self.xx - self.yy, 2 * self.xy), np.float32)

    def smoothed(self, cells: int) -> "Tensor":
        """Averaged over a square window: small ones tell neighbours apart, large ones bridge wide spaces of a code."""
        xx, yy, xy = (np.asarray(cv2.blur(part, (cells, cells)), np.float32) for part in (self.xx, self.yy, self.xy))
        return Tensor(xx, yy, xy, self.cell_px)


def take_tensor(gray: Gray) -> Tensor:
    """The structure tensor of a frame, four pixels a cell; of large frames at half resolution."""
    large = gray.size > _SMALL_PIXELS
    small = cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if large else gray
    gx = cv2.Sobel(small, cv2.CV_32F, 1, 0, ksize=3, scale=0.25)
    gy = cv2.Sobel(small, cv2.CV_32F, 0, 1, ksize=3, scale=0.25)
    size = (max(1, small.shape[1] // _CELL), max(1, small.shape[0] // _CELL))
    xx, yy, xy = (
        np.asarray(cv2.resize(product, size, interpolation=cv2.INTER_AREA), np.float32)
        for product in (gx * gx, gy * gy, gx * gy)
    )
    return Tensor(xx, yy, xy, gray.shape[1] / xx.shape[1])


def find_bars(tensor: Tensor, limit: int, windows: tuple[int, ...] = (3,)) -> list[Region]:
    """At most `limit` regions that look like bars, the heaviest first.

    Each window is tried with a high and a low floor: the high one keeps a code apart from the edge of its label, the low one
    finds the pale code beside a bold one.
    """
    regions: list[Region] = []
    for window in windows:
        smooth = tensor.smoothed(window)
        energy = smooth.energy
        strongest = float(np.percentile(energy, 99.5))
        coherent = smooth.spread > _COHERENT * energy
        for share in _FLOORS:
            mask = (coherent & (energy > max(_FAINTEST, share * strongest))).astype(np.uint8)
            regions.extend(_regions(mask, smooth.xx, smooth.yy, smooth.xy, smooth.cell_px))
    return _distinct(sorted(regions, key=lambda region: -region.weight))[:limit]


def _regions(mask: NDArray[np.uint8], xx: Floats, yy: Floats, xy: Floats, scale: float) -> list[Region]:
    regions: list[Region] = []
    for sector in _sectors(mask, xx, yy, xy):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(sector, connectivity=8)
        for index in range(1, count):
            x, y, width, height, area = (int(value) for value in stats[index])
            if area < _MIN_CELLS:
                continue
            window = (slice(y, y + height), slice(x, x + width))
            inside = labels[window] == index
            region = _region(inside, xx[window], yy[window], xy[window], (x, y), scale)
            if region is not None:
                regions.append(region)
    return regions


def _sectors(mask: NDArray[np.uint8], xx: Floats, yy: Floats, xy: Floats) -> list[NDArray[np.uint8]]:
    """The mask split by direction into two overlapping sets of sectors, so that crossing codes do not melt together."""
    angle = np.asarray(cv2.phase(xx - yy, 2 * xy, angleInDegrees=True))  # double angle, 0..360
    sectors = []
    for start in range(0, 360, 90):
        turned = np.mod(angle - start, 360)
        sector = (mask & ((turned < 120).astype(np.uint8))).astype(np.uint8)
        if sector.any():
            sectors.append(sector)
    return sectors


def _distinct(regions: list[Region]) -> list[Region]:
    """Without the second find of what two overlapping sectors both saw; heaviest first in, heaviest first out."""
    kept: list[Region] = []
    for region in regions:
        if not any(_repeats(region, other) for other in kept):
            kept.append(region)
    return kept


def _repeats(region: Region, heavier: Region) -> bool:
    dx, dy = region.centre[0] - heavier.centre[0], region.centre[1] - heavier.centre[1]
    ux, uy = np.cos(heavier.angle_rad), np.sin(heavier.angle_rad)
    inside = abs(dx * ux + dy * uy) < heavier.along_px / 2 and abs(dy * ux - dx * uy) < heavier.across_px / 2
    turned = abs(np.sin(region.angle_rad - heavier.angle_rad))
    return bool(inside and turned < 0.17 and region.along_px < 1.2 * heavier.along_px)


def _region(
    inside: NDArray[np.bool_], xx: Floats, yy: Floats, xy: Floats, origin: tuple[int, int], scale: float
) -> Region | None:
    sum_xx, sum_yy, sum_xy = (float(part[inside].sum()) for part in (xx, yy, xy))
    angle = 0.5 * float(np.arctan2(2 * sum_xy, sum_xx - sum_yy))
    rows, columns = np.nonzero(inside)
    ux, uy = np.cos(angle), np.sin(angle)
    px, py = columns + origin[0] + 0.5, rows + origin[1] + 0.5
    along, across = px * ux + py * uy, py * ux - px * uy
    a0, a1 = float(along.min()), float(along.max())
    b0, b1 = float(across.min()), float(across.max())
    length, height = (a1 - a0 + 1) * scale, (b1 - b0 + 1) * scale
    filled = len(rows) * scale * scale / max(1.0, length * height)
    if length < 24 or filled < 0.25:
        return None
    a, b = (a0 + a1) / 2 * scale, (b0 + b1) / 2 * scale
    centre = (float(a * ux - b * uy), float(a * uy + b * ux))
    weight = (sum_xx + sum_yy) * filled
    return Region(centre, angle, length, height, weight, 2 * scale)


def cut(gray: Gray, region: Region, scale: float, margin: float = _MARGIN) -> Crop | None:
    """The region, upright, `scale` times enlarged, with quiet zones; None when it would be absurdly large."""
    along = (region.along_px * (1 + 2 * margin) + 24) * scale
    across = max(12.0, region.across_px + 4) * scale
    if along * across > _MAX_CROP_PX:
        return None
    width, height = round(along), round(across)
    ux, uy = np.cos(region.angle_rad), np.sin(region.angle_rad)
    back = np.array([[ux, -uy, 0.0], [uy, ux, 0.0]]) / scale
    back[:, 2] = np.array(region.centre) - back[:, :2] @ np.array([(width - 1) / 2, (height - 1) / 2])
    pixels = cv2.warpAffine(
        gray,
        back,
        (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return Crop(np.ascontiguousarray(pixels), back)


def outline(region: Region) -> Box:
    """Corners of the region in the frame."""
    ux, uy = float(np.cos(region.angle_rad)), float(np.sin(region.angle_rad))
    (x, y), a, b = region.centre, region.along_px / 2, region.across_px / 2
    return (
        (x - a * ux + b * uy, y - a * uy - b * ux),
        (x + a * ux + b * uy, y + a * uy - b * ux),
        (x + a * ux - b * uy, y + a * uy + b * ux),
        (x - a * ux - b * uy, y - a * uy + b * ux),
    )


def share_read(region: Region, box: Box) -> float | None:
    """Which part of the region's bars a read covers; None for a read that is elsewhere or lies across them."""
    ux, uy = float(np.cos(region.angle_rad)), float(np.sin(region.angle_rad))
    xs = [(x - region.centre[0]) * ux + (y - region.centre[1]) * uy for x, y in box]
    ys = [(y - region.centre[1]) * ux - (x - region.centre[0]) * uy for x, y in box]
    middle_x, middle_y = sum(xs) / 4, sum(ys) / 4
    length, height = max(xs) - min(xs), max(ys) - min(ys)
    if abs(middle_x) > region.along_px / 2 or abs(middle_y) > region.across_px / 2 or height > length:
        return None
    return length / max(1.0, region.along_px - region.soft_px)
