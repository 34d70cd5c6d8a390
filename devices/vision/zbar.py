"""zbar as a second opinion on linear codes, in a process of its own.

zbar is frozen since 2024 and aborts on some inputs; labels are written by strangers. So it runs in a child that is killed
after a second and started again, and it only reads linear codes: its QR reader is the part with the known holes, and guesses
character sets wrongly. Without the shared library (`libzbar0`) it is unavailable, and reading goes on without it.
"""

import json
import struct

from devices.vision.read import Gray, Read
from devices.vision.worker_process import WorkerFailedError, WorkerProcess

DECODER = "zbar"
_HEAD = struct.Struct(">II")
_TIMEOUT_S = 1.0
_FIRST_TIMEOUT_S = 15.0  # starting Python and loading the library
_GIVE_UP_AFTER = 20
TYPES = {
    "Code128": ("CODE128",),
    "Code39": ("CODE39",),
    "Code93": ("CODE93",),
    "Codabar": ("CODABAR",),
    "ITF": ("I25",),
    "EAN/UPC": ("EAN13", "EAN8", "UPCE"),
    "DataBar": ("DATABAR", "DATABAR_EXP"),
}
_NAMES = {"CODE128": "Code128", "CODE39": "Code39", "CODE93": "Code93", "CODABAR": "Codabar", "I25": "ITF"}
_NAMES |= {"EAN13": "EAN-13", "EAN8": "EAN-8", "UPCE": "UPC-E", "DATABAR": "DataBar", "DATABAR_EXP": "DataBarExpanded"}
_SCANNED_PIXELS = 3_000_000


class SecondOpinion:
    """Asks the child; what makes it crash or hang is simply not read. `is_available` is known after the first read."""

    def __init__(self) -> None:
        self._worker = WorkerProcess("devices.vision.zbar_worker")
        self._asked = False
        self._failures = 0
        self.is_available: bool | None = None

    def read(self, gray: Gray, symbologies: frozenset[str], view: str) -> list[Read]:
        types = [kind for name in sorted(symbologies) for kind in TYPES.get(name, ()) if not kind.startswith("DATABAR")]
        if not types or self.is_available is False or gray.size > _SCANNED_PIXELS:
            return []
        body = ",".join(types).encode() + b"\n" + _HEAD.pack(*gray.shape) + gray.tobytes()
        try:
            found = json.loads(self._worker.ask(body, _TIMEOUT_S if self._asked else _FIRST_TIMEOUT_S))
        except WorkerFailedError:
            self._failures += 1
            self._asked = False
            if self._failures >= _GIVE_UP_AFTER:
                self.is_available = False
            return []
        self._asked = True
        self.is_available = found is not None
        return [read for one in found or () if (read := _read(one, view)) is not None]

    def close(self) -> None:
        self._worker.close()


def _read(one: list[object], view: str) -> Read | None:
    kind, text, left, top, width, height = one
    name = _NAMES.get(str(kind))
    if name is None or not isinstance(text, str) or not text:
        return None
    x0, y0, x1, y1 = (float(str(value)) for value in (left, top, left, top))
    x1, y1 = x0 + float(str(width)), y0 + float(str(height))
    if name == "EAN-13" and text.startswith("0"):
        name, text = "UPC-A", text[1:]
    return Read(name, text, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), DECODER, view)
