"""No penetration: where under one percent of the beam comes through, nothing can be said about what lies there."""

import cv2
import numpy as np

from wms.inspection.finding import Finding, Scan

OPAQUE = 0.01
_SMALLEST_PX = 6
_RULE, _VERSION = "no_penetration", 1


class ShieldAlarm:
    """Deterministic; needs no calibration. Behind its K edge lead looks organic, so black stays black."""

    def analyze(self, scan: Scan) -> list[Finding]:
        calm = np.asarray(cv2.blur(scan.view[1], (3, 3)))  # single pixels at the brink are noise
        mask = (calm < OPAQUE).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
        found = []
        for index in range(1, count):
            x, y, width, height, area = (int(value) for value in stats[index])
            if area >= _SMALLEST_PX:
                evidence = {"area_cm2": area * scan.pixel_cm2, "t_min": float(scan.view[1].min())}
                region = (y, x, y + height, x + width)
                found.append(Finding("no_penetration", float(area), True, _RULE, _VERSION, region, evidence))
        return found
