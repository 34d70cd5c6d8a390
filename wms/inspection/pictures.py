"""Pictures for the viewer: numbers in the channels of a PNG, so that window, inversion, colours and layers are the screen's.

    view    R, G  attenuation -ln T_high x 8000 (16 bits, high byte in R)      B  Z_eff x 8
    volume  R, G  density in g/cm3 x 8000                                     B  Z_eff x 8
            slices side by side, left to right and then down, `columns` in a row

A volume is thinned until no side exceeds 128 voxels and 64 slices; single slices come whole.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from wms.inspection.finding import Floats

SCALE, Z_SCALE = 8000, 8
MOST_SIDE, MOST_SLICES = 128, 64


@dataclass(frozen=True, slots=True)
class Mosaic:
    """`step` voxels of the volume are one pixel, `z_step` slices one slice."""

    png: bytes
    columns: int
    slices: int
    rows_px: int
    columns_px: int
    step: int
    z_step: int


def pack(value: Floats, zeff: Floats) -> bytes:
    """PNG of one picture."""
    words = np.clip(np.rint(value * SCALE), 0, 65535).astype(np.uint16)
    z = np.clip(np.rint(zeff * Z_SCALE), 0, 255).astype(np.uint8)
    pixels = np.stack([z, (words & 255).astype(np.uint8), (words >> 8).astype(np.uint8)], axis=-1)  # OpenCV: B, G, R
    done, png = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 3])
    assert done
    return bytes(png.tobytes())


def pack_volume(density: Floats, zeff: Floats) -> Mosaic:
    """The whole volume as one PNG."""
    step = max(1, -(-max(density.shape[1:]) // MOST_SIDE))
    z_step = max(1, -(-density.shape[0] // MOST_SLICES))
    small, small_z = density[::z_step, ::step, ::step], zeff[::z_step, ::step, ::step]
    slices, rows, columns = small.shape
    across = min(8, slices)
    down = -(-slices // across)
    return Mosaic(
        pack(_lay_out(small, across, down), _lay_out(small_z, across, down)),
        *(across, slices, rows, columns, step, z_step),
    )


def _lay_out(volume: Floats, across: int, down: int) -> Floats:
    slices, rows, columns = volume.shape
    sheet: NDArray[np.float32] = np.zeros((across * down, rows, columns), np.float32)
    sheet[:slices] = volume
    return sheet.reshape(down, across, rows, columns).transpose(0, 2, 1, 3).reshape(down * rows, across * columns)
