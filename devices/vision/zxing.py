"""zxing-cpp, the first decoder: reads every symbology, but 1-D codes only near 0 and 90 degrees."""

from collections.abc import Iterator
from typing import Any

import zxingcpp

from devices.vision.read import Box, Gray, Read
from devices.vision.symbology import printed

DECODER = "zxing-cpp"


def read(
    gray: Gray, formats: Any, view: str, *, invert: bool = False, downscale: bool = False, binarizer: Any = None
) -> list[Read]:
    """Codes on one view, with boxes in pixels of that view. Never raises on content."""
    found = zxingcpp.read_barcodes(
        gray,
        formats=formats,
        try_invert=invert,
        try_downscale=downscale,
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=binarizer or zxingcpp.Binarizer.LocalAverage,
    )
    return list(_reads(found, view))


def _reads(found: Any, view: str) -> Iterator[Read]:
    for one in found:
        if not one.valid:
            continue
        symbology, text = printed(one)
        if text:
            yield Read(symbology, text, _box(one.position), DECODER, view)


def _box(position: Any) -> Box:
    corners = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    first, second, third, fourth = ((float(corner.x), float(corner.y)) for corner in corners)
    return first, second, third, fourth
