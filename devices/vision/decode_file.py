"""Decoding what somebody brings, in a worker: whatever the file does to the libraries, the caller gets codes or a reason."""

import json
from dataclasses import dataclass, field
from typing import Any

from devices.vision.worker_process import WorkerFailedError, WorkerProcess

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Decoded:
    """`codes` as in the worker's answer; or `error`, a code with `params`."""

    codes: list[dict[str, Any]]
    error: str | None = None
    params: dict[str, Any] = field(default_factory=dict)


class FileDecoder:
    """One worker; thread-safe, one file at a time."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._worker = WorkerProcess("devices.vision.decode_worker")
        self._timeout_s = timeout_s

    def decode(self, data: bytes, lane: str = "open") -> Decoded:
        """Codes of an image or PDF. Never raises for what is in the file; KeyError is the caller's for an unknown lane."""
        try:
            answer = json.loads(self._worker.ask(lane.encode() + b"\n" + data, self._timeout_s))
        except WorkerFailedError as failed:
            return Decoded([], "decoding_failed", {"why": failed.why})
        if "error" in answer:
            return Decoded([], answer["error"]["code"], answer["error"]["params"])
        return Decoded(answer["codes"])

    def close(self) -> None:
        self._worker.close()
