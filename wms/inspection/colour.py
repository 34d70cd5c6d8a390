"""The picture as reviewers know it: organic orange, mixed green, metal blue, darker is denser, black is opaque."""

import cv2
import numpy as np
from numpy.typing import NDArray

from wms.inspection.wedge import Decomposed

_BLACK = 0.004
_GAMMA = 0.45
# Z_eff -> hue in OpenCV's degrees / 2
_HUES = ((5.0, 14.0), (9.0, 17.0), (11.0, 50.0), (16.0, 62.0), (19.0, 105.0), (30.0, 118.0))


def pseudo_colour(seen: Decomposed) -> NDArray[np.uint8]:
    """RGB, rows x columns x 3."""
    transmission = np.exp(-np.maximum(seen.attenuation, 0))
    hue = np.interp(seen.zeff, [z for z, _ in _HUES], [hue for _, hue in _HUES])
    saturation = np.clip(230 * (1 - np.exp(-2.0 * np.maximum(seen.attenuation, 0))), 0, 230)
    value = np.where(transmission < _BLACK, 0, 255 * transmission**_GAMMA)
    hsv = np.stack([hue, np.where(seen.zeff > 0, saturation, 0), value], axis=-1)
    return np.asarray(cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)
