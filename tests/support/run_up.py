"""Running `kouan up` as a person would: in a process of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


class UpRun:
    """A `kouan up` child. `status` reads what it keeps running; `finish` gives its last line."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("KOUAN_")}
        self._environment |= {"KOUAN_HOME": str(home), "KOUAN_HTTP_PORT": "0"}
        self._err = (home / "up.err").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wms", "up", *arguments],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=self._err,
        )

    def kouan(self, *arguments: str) -> str:
        """The standard output of another `kouan` command in the same home."""
        command = [sys.executable, "-m", "wms", *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, timeout=60, check=True)
        return done.stdout.decode()

    def status(self) -> dict[str, Any]:
        try:
            return json.loads((self.home / "run" / "status.json").read_text())
        except (OSError, ValueError):
            return {"parts": []}

    def pid(self, name: str) -> int | None:
        return next((part["pid"] for part in self.status()["parts"] if part["name"] == name), None)

    def restarts(self, name: str) -> int:
        return next((part["restarts"] for part in self.status()["parts"] if part["name"] == name), 0)

    def wait_for(self, what: str, condition: Callable[[], bool], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"kouan up ended before {what}: {self.errors()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what} within {timeout_s} s: {self.errors()}")
            time.sleep(0.05)

    def landed(self) -> int:
        """Items whose end the machines know, by the truth file."""
        try:
            return (self.home / "run" / "truth.jsonl").read_bytes().count(b'"kind": "item"')
        except OSError:
            return 0

    def finish(self, timeout_s: float) -> tuple[int, dict[str, Any]]:
        out, _ = self.process.communicate(timeout=timeout_s)
        self._err.close()
        lines = out.decode().strip().splitlines()
        assert lines, self.errors()
        return self.process.returncode, json.loads(lines[-1])

    def errors(self) -> str:
        return (self.home / "up.err").read_text(errors="replace")[-2000:]

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._err.close()
