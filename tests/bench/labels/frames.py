"""Frames of a scan tunnel with exact geometry: a parcel label at any angle, at so many pixels a module.

The label is drawn at 8 samples a module, low-passed for the shrink, and warped once, so that no module is rounded to pixels.
Lens blur, sensor noise, contrast, motion and glare are added after it, as a camera would.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
_SAMPLES = 8  # label samples a module
SIZES = {"2.3": (1920, 1200), "5": (2448, 2048), "12": (4096, 3000)}


@dataclass(frozen=True, slots=True)
class Look:
    """How the camera sees it. Blur in pixels (sigma), noise in grey levels (sd), contrast 0-1, motion in pixels."""

    px_per_module: float = 2.0
    blur_px: float = 0.7
    noise: float = 5.0
    contrast: float = 1.0
    motion_px: float = 0.0
    glare: float = 0.0
    qr_px_per_module: float | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    pixels: Gray
    code128: str
    qr: str
    angle_deg: float


def waybill(rng: np.random.Generator) -> str:
    return "YT" + "".join(str(digit) for digit in rng.integers(0, 10, 13))


def qr_text(rng: np.random.Generator) -> str:
    return f"https://t.example/{rng.integers(0, 16**12):012x}"


def make_frame(rng: np.random.Generator, size: tuple[int, int], look: Look, angle_deg: float | None = None) -> Frame:
    """One frame with one label somewhere on a carton; everything of it follows from the generator."""
    code128, qr = waybill(rng), qr_text(rng)
    angle = float(rng.uniform(0, 360)) if angle_deg is None else angle_deg
    label = _label(rng, code128, qr, look)
    canvas = _carton(rng, size)
    canvas = _place(rng, canvas, label, look.px_per_module / _SAMPLES, angle)
    return Frame(_camera(rng, canvas, look, angle), code128, qr, angle)


def _symbol(text: str, kind: object, samples: int, rows: int | None = None) -> NDArray[np.float32]:
    modules = np.array(zxingcpp.create_barcode(text, kind).to_image(scale=1, add_quiet_zones=False))
    if rows is not None:
        modules = np.repeat(modules[:1], rows, axis=0)
        return np.repeat(modules, samples, axis=1).astype(np.float32)
    return np.repeat(np.repeat(modules, samples, axis=0), samples, axis=1).astype(np.float32)


def _label(rng: np.random.Generator, code128: str, qr: str, look: Look) -> NDArray[np.float32]:
    qr_px = look.qr_px_per_module or look.px_per_module
    bars = _symbol(code128, zxingcpp.BarcodeFormat.Code128, _SAMPLES, rows=45 * _SAMPLES)
    square = _symbol(qr, zxingcpp.BarcodeFormat.QRCode, round(_SAMPLES * qr_px / look.px_per_module))
    width = max(bars.shape[1], square.shape[1] + 90 * _SAMPLES) + 24 * _SAMPLES
    height = bars.shape[0] + square.shape[0] + 50 * _SAMPLES
    label = np.full((height, width), 255, np.uint8)
    x, y = 12 * _SAMPLES, 8 * _SAMPLES
    label[y : y + bars.shape[0], x : x + bars.shape[1]] = bars
    below = y + bars.shape[0] + 20 * _SAMPLES
    cv2.putText(label, code128, (x, below - 5 * _SAMPLES), cv2.FONT_HERSHEY_SIMPLEX, _SAMPLES * 0.4, 0, _SAMPLES)
    label[below : below + square.shape[0], x : x + square.shape[1]] = square
    for row in range(4):
        words = "".join(chr(code) for code in rng.integers(65, 91, 9))
        at = (x + square.shape[1] + 8 * _SAMPLES, below + (10 + 11 * row) * _SAMPLES)
        cv2.putText(label, words, at, cv2.FONT_HERSHEY_SIMPLEX, _SAMPLES * 0.32, 0, _SAMPLES)
    cv2.rectangle(label, (2, 2), (width - 3, height - 3), 60, _SAMPLES // 2)
    return label.astype(np.float32)


def _carton(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    width, height = size
    coarse = rng.normal(0, 9, (height // 16 + 1, width // 16 + 1)).astype(np.float32)
    canvas = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)) + 130
    flutes = 5 * np.sin(np.arange(width) * (2 * np.pi / rng.uniform(18, 30)) + rng.uniform(0, 6))
    canvas = canvas + flutes.astype(np.float32)[None, :]
    canvas[:, : int(rng.uniform(0.02, 0.1) * width)] = 25  # the belt beside the parcel
    return np.asarray(canvas, np.float32)


def _place(
    rng: np.random.Generator, canvas: NDArray[np.float32], label: NDArray[np.float32], scale: float, angle_deg: float
) -> NDArray[np.float32]:
    soft = cv2.GaussianBlur(label, (0, 0), 0.4 / scale)  # low-pass for the shrink
    height, width = canvas.shape
    half = 0.5 * scale * float(np.hypot(*label.shape)) + 4
    at = (
        rng.uniform(min(half, width / 2), max(width - half, width / 2)),
        rng.uniform(min(half, height / 2), max(height - half, height / 2)),
    )
    cos, sin = np.cos(np.radians(angle_deg)) * scale, np.sin(np.radians(angle_deg)) * scale
    forward = np.array([[cos, -sin, 0.0], [sin, cos, 0.0]])
    forward[:, 2] = np.array(at) - forward[:, :2] @ np.array([label.shape[1] / 2, label.shape[0] / 2])
    printed = cv2.warpAffine(soft, forward, (width, height), flags=cv2.INTER_LINEAR)
    cover = cv2.warpAffine(np.ones_like(label), forward, (width, height), flags=cv2.INTER_LINEAR)
    return np.asarray(canvas * (1 - cover) + (0.86 * printed + 15) * cover, np.float32)


def _camera(rng: np.random.Generator, scene: NDArray[np.float32], look: Look, angle_deg: float) -> Gray:
    seen = cv2.GaussianBlur(scene, (0, 0), look.blur_px)
    if look.motion_px > 0:
        seen = _smear(seen, look.motion_px, angle_deg)
    seen = 128 + (seen - 128) * look.contrast
    if look.glare > 0:
        height, width = seen.shape
        xs, ys = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        x0, y0, sigma = rng.uniform(0, width), rng.uniform(0, height), 0.25 * width
        spot = np.exp(-((xs - x0) ** 2) / (2 * sigma**2))[None, :] * np.exp(-((ys - y0) ** 2) / (2 * sigma**2))[:, None]
        seen = seen + 255 * look.glare * spot
    noise = rng.standard_normal(seen.shape, np.float32) * look.noise
    return np.clip(np.rint(seen + noise), 0, 255).astype(np.uint8)


def _smear(seen: NDArray[np.float32], length_px: float, angle_deg: float) -> NDArray[np.float32]:
    """Motion along the reading direction of the bars, the direction that hurts."""
    size = int(np.ceil(length_px)) | 1
    kernel = np.zeros((size + 4, size + 4), np.float32)
    middle, cos, sin = (size + 3) / 2, np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    for step in np.linspace(-length_px / 2, length_px / 2, 41):
        x, y = middle + step * cos, middle + step * sin
        left, top = int(x), int(y)
        for dx in (0, 1):
            for dy in (0, 1):
                kernel[top + dy, left + dx] += (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
    return np.asarray(cv2.filter2D(seen, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)
