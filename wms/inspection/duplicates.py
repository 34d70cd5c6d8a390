"""The same picture handed in twice: shift-tolerant correlation of small attenuation images."""

import cv2
import numpy as np

from wms.inspection.finding import Floats

_SIZE = (80, 60)  # columns, rows
_SHIFT = 6


def thumbnail(view: Floats) -> Floats:
    """Attenuation of the high channel, small."""
    attenuation = -np.log(np.maximum(view[1], 1e-3))
    return np.asarray(cv2.resize(attenuation.astype(np.float32), _SIZE, interpolation=cv2.INTER_AREA), np.float32)


def similarity(one: Floats, other: Floats) -> float:
    """Best normalised correlation over shifts of up to six pixels; 1 is the same picture."""
    inner = one[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT]
    if float(inner.std()) < 1e-6 or float(other.std()) < 1e-6:
        return 0.0
    return float(cv2.matchTemplate(other, np.ascontiguousarray(inner), cv2.TM_CCOEFF_NORMED).max())
