"""The child that reads a file first. Request: the file; answer: JSON `{"kind"}` or `{"code", "params"}`. Memory is capped."""

import contextlib
import json
import resource

from devices.dicos.model import DicosRefusedError
from devices.dicos.read import read_dicos
from devices.vision.worker_process import serve
from devices.vision.zbar_worker import die_with_parent

_MEMORY_BYTES = 4_000_000_000


def _answer(body: bytes) -> bytes:
    try:
        return json.dumps({"kind": type(read_dicos(body)).__name__}).encode()
    except DicosRefusedError as refused:
        return json.dumps({"code": refused.code, "params": refused.params}).encode()


if __name__ == "__main__":
    die_with_parent()
    with contextlib.suppress(ValueError, OSError):  # a lower cap is already set
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    serve(_answer)
