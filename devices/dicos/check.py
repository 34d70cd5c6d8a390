"""Files from outside are read by a child first: what takes it down, or fills its memory, never reaches the service."""

import json

from devices.dicos.model import DicosRefusedError
from devices.dicos.read import MAX_FILE_BYTES, Document, read_dicos
from devices.vision.worker_process import WorkerFailedError, WorkerProcess

_TIMEOUT_S = 60.0


class DicosGate:
    """One child; thread-safe, one file at a time."""

    def __init__(self) -> None:
        self._worker = WorkerProcess("devices.dicos.check_worker")

    def read(self, data: bytes) -> Document:
        """The document, once the child has read it unharmed. Raises DicosRefusedError as `read_dicos` does."""
        if len(data) > MAX_FILE_BYTES:
            raise DicosRefusedError("dicos_too_large", limit=MAX_FILE_BYTES, unit="bytes")
        try:
            answer = json.loads(self._worker.ask(data, _TIMEOUT_S))
        except WorkerFailedError as failed:
            raise DicosRefusedError("dicos_damaged", why=failed.why) from failed
        if "code" in answer:
            raise DicosRefusedError(answer["code"], **answer["params"])
        return read_dicos(data)

    def close(self) -> None:
        self._worker.close()
