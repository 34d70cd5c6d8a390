"""Drawing labels as black and white dots: for the eye (PNG), for paper (PDF), and for what a printer cannot set itself.

Texts in any script come from OpenCV's built-in font, which has Latin, Cyrillic and Chinese; barcodes from zxing, each module a
whole number of dots, so that what is printed is what was encoded.
"""

import functools
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

from wms.kit.refusal import Refusal
from wms.labels.elements import GS1, LINEAR, Barcode, Box, Label, Symbology, Text, fill

Dots = NDArray[np.uint8]  # rows of 0 (black) and 255 (white)
_WHITE = 255
_BLACK = 128  # darker is black
_FORMATS = {
    "code128": zxingcpp.BarcodeFormat.Code128,
    "gs1_128": zxingcpp.BarcodeFormat.Code128,
    "datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "gs1_datamatrix": zxingcpp.BarcodeFormat.DataMatrix,
    "qr": zxingcpp.BarcodeFormat.QRCode,
}


def draw_label(label: Label, data: Mapping[str, str], dots_per_mm: int) -> Dots:
    """The whole label. Refuses `bad_barcode` when a code cannot be encoded or does not fit: half a code reads as nothing."""
    canvas: Dots = np.full((label.height_mm * dots_per_mm, label.width_mm * dots_per_mm), _WHITE, np.uint8)
    for element in label.elements:
        x, y = round(element.x_mm * dots_per_mm), round(element.y_mm * dots_per_mm)
        if isinstance(element, Box):
            _draw_box(canvas, element, x, y, dots_per_mm)
        elif isinstance(element, Barcode):
            _put(canvas, draw_barcode(label, element, fill(element, data), dots_per_mm), x, y)
        else:
            _put(canvas, draw_text(element, fill(element, data), dots_per_mm), x, y)
    return canvas


def draw_text(element: Text, text: str, dots_per_mm: int) -> Dots:
    """A text in as few dots as hold it."""
    size = max(6, round(element.height_mm * dots_per_mm))
    limit = round(element.width_mm * dots_per_mm) if element.width_mm is not None else None
    dots = _set_text(text, size, element.bold)
    if limit is not None and dots.shape[1] > limit:
        dots = _set_text(text, max(6, size * limit // dots.shape[1]), element.bold)[:, :limit]
    return dots


def draw_barcode(label: Label, element: Barcode, text: str, dots_per_mm: int) -> Dots:
    """A barcode without quiet zones. Refuses `bad_barcode` when it cannot be encoded or runs over the label's edge."""
    modules = _encode(element.symbology, text)
    width = max(1, round(element.module_mm * dots_per_mm))
    if element.symbology in LINEAR:
        row = np.repeat(modules[modules.shape[0] // 2 : modules.shape[0] // 2 + 1], width, axis=1)
        dots = np.repeat(row, max(1, round(element.height_mm * dots_per_mm)), axis=0)
    else:
        dots = np.repeat(np.repeat(modules, width, axis=1), width, axis=0)
    right = round(element.x_mm * dots_per_mm) + dots.shape[1]
    bottom = round(element.y_mm * dots_per_mm) + dots.shape[0]
    if right > label.width_mm * dots_per_mm or bottom > label.height_mm * dots_per_mm:
        raise bad_barcode(element.symbology, text)
    return dots


def to_png(dots: Dots) -> bytes:
    done, png = cv2.imencode(".png", dots)
    assert done
    return bytes(png.tobytes())


@functools.lru_cache(maxsize=512)
def _encode(symbology: Symbology, text: str) -> Dots:
    try:
        made = zxingcpp.create_barcode(text, _FORMATS[symbology], gs1=symbology in GS1)
        image: Any = np.array(made.to_image(scale=1, add_quiet_zones=False))
    except (ValueError, RuntimeError, TypeError):
        raise bad_barcode(symbology, text) from None
    dots: Dots = np.where(image < _BLACK, 0, _WHITE).astype(np.uint8)
    return dots


def bad_barcode(symbology: str, text: str) -> Refusal:
    return Refusal("bad_barcode", symbology=symbology, text=text[:80])


def _set_text(text: str, size: int, bold: bool) -> Dots:
    font, weight = cv2.FontFace("sans"), 700 if bold else 400
    if not text.strip():
        return np.full((1, 1), _WHITE, np.uint8)
    x, y, width, height = cv2.getTextSize((0, 0), text, (0, 0), font, size, weight)
    canvas: Dots = np.full((height + 2 * size, width + 2 * size), _WHITE, np.uint8)
    cv2.putText(canvas, text, (size - x, size - y), (0,), font, size, weight, cv2.PUT_TEXT_ALIGN_LEFT, (0, 10**6))
    used = canvas < _BLACK
    if not used.any():
        return np.full((1, 1), _WHITE, np.uint8)
    rows, columns = np.flatnonzero(used.any(axis=1)), np.flatnonzero(used.any(axis=0))
    cut = used[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.where(cut, 0, _WHITE).astype(np.uint8)


def _draw_box(canvas: Dots, box: Box, x: int, y: int, dots_per_mm: int) -> None:
    width, height = round(box.width_mm * dots_per_mm), round(box.height_mm * dots_per_mm)
    line = max(1, round(box.thickness_mm * dots_per_mm))
    frame = np.zeros((height, width), np.uint8)
    if height > 2 * line and width > 2 * line:
        frame[line:-line, line:-line] = _WHITE
    _put(canvas, frame, x, y)


def _put(canvas: Dots, dots: Dots, x: int, y: int) -> None:
    """Lay dots over the canvas; what lies beyond its edge is cut off."""
    part = canvas[y : y + dots.shape[0], x : x + dots.shape[1]]
    np.minimum(part, dots[: part.shape[0], : part.shape[1]], out=part)
