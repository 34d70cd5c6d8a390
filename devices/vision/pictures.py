"""Grey pixels out of files: photographs, scans, and pages of PDF labels.

Sizes are capped before anything is unpacked. Must run in a process that may die: image and PDF libraries are C, the files are
strangers'.
"""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from devices.vision.picture_size import claimed_size
from devices.vision.read import Gray

MAX_FILE_BYTES = 40_000_000
MAX_PIXELS = 60_000_000
MAX_PAGES = 50
_PDF_DPI = 300
_POINTS_AN_INCH = 72
_SMALLEST_PX = 8


class PictureRefusedError(Exception):
    """Why a file cannot be read; `code` and `params` are what a screen translates."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def pictures(data: bytes) -> Iterator[tuple[int, Gray, float]]:
    """Page (from 1), grey pixels, and pixels a unit of the file's own measure: 1 for images, dots a point for PDF.

    Raises PictureRefusedError: picture_empty, picture_too_large, picture_unknown_format, picture_broken, pdf_locked.
    """
    if not data:
        raise PictureRefusedError("picture_empty")
    if len(data) > MAX_FILE_BYTES:
        raise PictureRefusedError("picture_too_large", limit=MAX_FILE_BYTES, unit="bytes")
    if b"%PDF-" in data[:1024]:
        yield from _pdf_pages(data)
        return
    yield 1, _image(data), 1.0


def _image(data: bytes) -> Gray:
    size = claimed_size(data)
    if size is None:
        raise PictureRefusedError("picture_unknown_format")
    width, height = size
    if width * height > MAX_PIXELS:
        raise PictureRefusedError("picture_too_large", limit=MAX_PIXELS, unit="pixels")
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise PictureRefusedError("picture_broken") from error
    if pixels is None or min(pixels.shape[:2]) < _SMALLEST_PX:
        raise PictureRefusedError("picture_broken")
    return _gray(np.asarray(pixels))


def _gray(pixels: Any) -> Gray:
    """8 bit, one channel; see-through parts are paper."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    elif pixels.dtype != np.uint8:
        finite = np.nan_to_num(pixels.astype(np.float32), posinf=0, neginf=0)
        low, high = float(finite.min()), float(finite.max())
        pixels = ((finite - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        paper = 255 - pixels[:, :, 3:4].astype(np.uint16)
        colour = pixels[:, :, :3].astype(np.uint16) * pixels[:, :, 3:4] // 255
        pixels = (colour + paper).astype(np.uint8)
    if pixels.ndim == 3 and pixels.shape[2] == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    elif pixels.ndim == 3:
        pixels = pixels[:, :, 0]
    return np.ascontiguousarray(pixels)


def _pdf_pages(data: bytes) -> Iterator[tuple[int, Gray, float]]:
    import pypdfium2  # loads 5 MB of C that images do not need

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "password" in str(error).lower()
        raise PictureRefusedError("pdf_locked" if locked else "picture_broken") from error
    try:
        if len(document) > MAX_PAGES:
            raise PictureRefusedError("picture_too_large", limit=MAX_PAGES, unit="pages")
        for number in range(len(document)):
            yield number + 1, *_render(document, number)
    finally:
        document.close()


def _render(document: Any, number: int) -> tuple[Gray, float]:
    import pypdfium2

    try:
        page = document[number]
        width, height = page.get_size()
        dots = min(_PDF_DPI / _POINTS_AN_INCH, (MAX_PIXELS / 4 / max(1.0, width * height)) ** 0.5)
        if min(width, height) * dots < _SMALLEST_PX:
            raise PictureRefusedError("picture_broken", page=number + 1)
        rendered = page.render(scale=dots, grayscale=True).to_numpy()
    except pypdfium2.PdfiumError as error:
        raise PictureRefusedError("picture_broken", page=number + 1) from error
    return _gray(np.array(rendered)), dots
