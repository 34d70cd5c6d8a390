"""The child that runs zbar. Request: `TYPE,TYPE\\n`, rows and columns (4 bytes each), pixels; answer: JSON.

The answer is null when the library is missing, else a list of [type, text, left, top, width, height].
"""

import ctypes
import json
import struct
import sys
from typing import Any

from devices.vision.worker_process import serve

_HEAD = struct.Struct(">II")


def _answer(body: bytes) -> bytes:
    try:
        from pyzbar import pyzbar
    except ImportError:
        return b"null"
    types, _, rest = body.partition(b"\n")
    rows, columns = _HEAD.unpack_from(rest)
    symbols = [pyzbar.ZBarSymbol[name] for name in types.decode().split(",")]
    found = pyzbar.decode((rest[_HEAD.size :], columns, rows), symbols=symbols)
    return json.dumps([_plain(one) for one in found]).encode()


def _plain(one: Any) -> list[object]:
    text = one.data.decode("utf-8", "replace")
    box = one.rect
    return [one.type, text, box.left, box.top, box.width, box.height]


def die_with_parent() -> None:
    """The end of stdin ends an idle child; this ends one that hangs in the decoder, where the system can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL


if __name__ == "__main__":
    die_with_parent()
    serve(_answer)
