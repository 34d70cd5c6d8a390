"""Other looks at the same pixels: each brings out codes that the plain view hides."""

from collections.abc import Iterator

import cv2
import numpy as np

from devices.vision.read import Gray

_BAND_ROWS = 8


def sharpen(gray: Gray, sigma_px: float = 3.0, amount: float = 1.5) -> Gray:
    """Unsharp mask; sigma and amount fit a crop enlarged twice."""
    soft = cv2.GaussianBlur(gray, (0, 0), sigma_px)
    return np.asarray(cv2.addWeighted(gray, 1 + amount, soft, -amount, 0), np.uint8)


def average_along_bars(upright: Gray, rows: int = _BAND_ROWS) -> Gray:
    """Mean over neighbouring rows of a crop whose bars stand upright: noise goes, bars stay."""
    return np.asarray(cv2.blur(upright, (1, min(rows, upright.shape[0]))), np.uint8)


def upright_views_thorough(crop: Gray) -> Iterator[tuple[str, Gray]]:
    """Further views of an upright crop for pale, blurred or noisy prints: the mean of a quarter of the bars' height."""
    tall = average_along_bars(crop, max(_BAND_ROWS, crop.shape[0] // 4))
    for name, sigma_px, amount in (("tall_fine", 2.0, 3.0), ("tall_coarse", 4.0, 2.0), ("tall_strong", 3.0, 5.0)):
        yield name, sharpen(tall, sigma_px, amount)
    yield "tall_contrast", local_contrast(tall)


def local_contrast(gray: Gray) -> Gray:
    """Contrast-limited equalisation (CLAHE) for shadow, glare and film."""
    return np.asarray(cv2.createCLAHE(3.0, (8, 8)).apply(gray), np.uint8)


def enlarge(gray: Gray, scale: float) -> Gray:
    return np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)


def shrink(gray: Gray, scale: float) -> Gray:
    return np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def of_upright_crop(crop: Gray) -> Iterator[tuple[str, Gray]]:
    """Views of an enlarged upright crop in the order in which they pay."""
    yield "crop", crop
    band = average_along_bars(crop)
    yield "band", band
    yield "sharp", sharpen(crop)
    yield "band_sharp", sharpen(band, amount=2.0)


def soften(gray: Gray) -> Gray:
    """Median and blur against moire, dot print and salt noise."""
    return np.asarray(cv2.GaussianBlur(cv2.medianBlur(gray, 3), (0, 0), 1.0), np.uint8)


def blur(gray: Gray, sigma_px: float) -> Gray:
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), sigma_px), np.uint8)
