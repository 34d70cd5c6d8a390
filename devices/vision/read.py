"""What a decoder says it saw."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]  # rows x columns, 0 black
Corner = tuple[float, float]  # x, y in pixels of the frame
Box = tuple[Corner, Corner, Corner, Corner]  # clockwise from the code's own top left


@dataclass(frozen=True, slots=True)
class Read:
    """One code as one decoder read it on one view (the frame itself, a crop, a sharpened crop …) of the frame."""

    symbology: str
    text: str
    box: Box
    decoder: str
    view: str


def centre(box: Box) -> Corner:
    return sum(x for x, _ in box) / 4, sum(y for _, y in box) / 4


def near(one: Box, other: Box) -> bool:
    """Whether two reads may be of one print: a linear read is often one scan line thin, anywhere in the print's height."""
    dx, dy = (a - b for a, b in zip(centre(one), centre(other), strict=True))
    return bool((dx * dx + dy * dy) ** 0.5 < 0.6 * max(_extent(one), _extent(other)) + 6)


def overlap(one: Box, other: Box) -> bool:
    """Whether the centre of one lies within the other's extent."""
    return _covers(one, centre(other)) or _covers(other, centre(one))


def _extent(box: Box) -> float:
    xs, ys = [x for x, _ in box], [y for _, y in box]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def _covers(box: Box, point: Corner) -> bool:
    xs, ys = [x for x, _ in box], [y for _, y in box]
    slack = 0.04 * _extent(box) + 4
    return min(xs) - slack <= point[0] <= max(xs) + slack and min(ys) - slack <= point[1] <= max(ys) + slack
