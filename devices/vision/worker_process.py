"""A child that runs foreign code: asked over pipes, killed when it hangs, started again when it died.

    request and answer alike:  length (4 bytes, big endian) | body

Nothing is pickled: a body is bytes that the two ends agree on. One request at a time; callers on several threads queue.
"""

import contextlib
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

_LENGTH = struct.Struct(">I")
_LARGEST_ANSWER_BYTES = 64_000_000
_PIECE_BYTES = 1 << 20


class WorkerFailedError(Exception):
    """The child died, hung or answered nonsense on this request; `why` is `crashed`, `timeout` or `protocol`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class WorkerProcess:
    """`python -m module`, kept running between requests and replaced after each failure."""

    def __init__(self, module: str, arguments: Sequence[str] = (), env: Mapping[str, str] | None = None) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._env = {**os.environ, **(env or {})}
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.restarts = 0

    def ask(self, body: bytes, timeout_s: float) -> bytes:
        """The answer to one request. Raises WorkerFailedError; the next request then meets a new child."""
        with self._lock:
            child = self._start()
            try:
                return _exchange(child, body, time.monotonic() + timeout_s)
            except (OSError, EOFError) as error:
                self._kill()
                raise WorkerFailedError("crashed") from error
            except WorkerFailedError:
                self._kill()
                raise

    def close(self) -> None:
        with self._lock:
            self._kill()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._kill()
        if self._child is None:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._env,
                bufsize=0,
            )
        return self._child

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        self.restarts += 1
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _exchange(child: subprocess.Popen[bytes], body: bytes, deadline: float) -> bytes:
    assert child.stdin is not None
    assert child.stdout is not None
    _write(child.stdin.fileno(), _LENGTH.pack(len(body)) + body, deadline)
    (length,) = _LENGTH.unpack(_read(child.stdout.fileno(), _LENGTH.size, deadline))
    if length > _LARGEST_ANSWER_BYTES:
        raise WorkerFailedError("protocol")
    return _read(child.stdout.fileno(), length, deadline)


def _write(pipe: int, data: bytes, deadline: float) -> None:
    os.set_blocking(pipe, False)
    rest = memoryview(data)
    while rest:
        _wait(pipe, selectors.EVENT_WRITE, deadline)
        rest = rest[os.write(pipe, rest[:_PIECE_BYTES]) :]


def _read(pipe: int, size: int, deadline: float) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        _wait(pipe, selectors.EVENT_READ, deadline)
        piece = os.read(pipe, min(_PIECE_BYTES, size - len(pieces)))
        if not piece:
            raise EOFError("the worker ended")
        pieces += piece
    return bytes(pieces)


def _wait(pipe: int, event: int, deadline: float) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, event)
        if not selector.select(max(0.0, deadline - time.monotonic())):
            raise WorkerFailedError("timeout")


def serve(answer: Callable[[bytes], bytes]) -> None:
    """The child's side: read requests from stdin and answer them until stdin ends."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        body = source.read(_LENGTH.unpack(head)[0])
        reply = answer(body)
        sink.write(_LENGTH.pack(len(reply)) + reply)
        sink.flush()
