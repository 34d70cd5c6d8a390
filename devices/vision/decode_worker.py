"""The child that decodes files. Request: `lane\\n` and the file's bytes; answer: JSON `{"codes": […]}` or `{"error": {…}}`.

Its memory is capped, so that a file that grows without end ends here and not in the service.
"""

import contextlib
import json
import resource
from dataclasses import dataclass

import cv2

from devices.vision.lanes import LANES, Lane
from devices.vision.pictures import PictureRefusedError, pictures
from devices.vision.read import Box, Read
from devices.vision.read_frame import read_frame
from devices.vision.worker_process import serve
from devices.vision.zbar import SecondOpinion
from devices.vision.zbar_worker import die_with_parent

_MEMORY_BYTES = 3_000_000_000


@dataclass(frozen=True, slots=True)
class _Decoder:
    second: SecondOpinion

    def answer(self, body: bytes) -> bytes:
        lane, _, data = body.partition(b"\n")
        try:
            reply: dict[str, object] = {"codes": self._codes(LANES[lane.decode()], data)}
        except PictureRefusedError as refused:
            reply = {"error": {"code": refused.code, "params": refused.params}}
        except MemoryError:
            reply = {"error": {"code": "picture_too_large", "params": {"limit": _MEMORY_BYTES, "unit": "bytes"}}}
        except cv2.error:
            reply = {"error": {"code": "picture_broken", "params": {}}}
        return json.dumps(reply).encode()

    def _codes(self, lane: Lane, data: bytes) -> list[dict[str, object]]:
        found = []
        is_pdf = b"%PDF-" in data[:1024]
        for page, gray, scale in pictures(data):
            for read in read_frame(gray, lane, self.second).accepted:
                code = _wire(read, scale)
                found.append(code | {"page": page} if is_pdf else code)
        return found


def _wire(read: Read, scale: float) -> dict[str, object]:
    return {"symbology": read.symbology, "text": read.text, "box": _scaled(read.box, scale), "decoder": read.decoder}


def _scaled(box: Box, scale: float) -> list[list[float]]:
    return [[round(x / scale, 1), round(y / scale, 1)] for x, y in box]


if __name__ == "__main__":
    die_with_parent()
    cv2.setNumThreads(1)
    with contextlib.suppress(ValueError, OSError):  # a lower cap is already set
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    serve(_Decoder(SecondOpinion()).answer)
