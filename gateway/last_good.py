"""The configuration that worked, kept beside the one in force, and the count of starts that did not live.

    gateway.yaml             what a person or the warehouse wrote
    gateway.yaml.last-good   a copy of the last one that served for HEALTHY_S
    gateway.yaml.starts      starts since then; gone when this start has proved healthy

Safe mode: a configuration that cannot be read, or with which CRASHES starts in a row ended early, gives way to the last good
one, and the gateway says so with an alarm. A changed file gets its own chance again: the count belongs to its content.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

CRASHES = 3
HEALTHY_S = 60.0


@dataclass(frozen=True, slots=True)
class Start:
    """Which file to run. `why` is empty when it is the one in force: else `unreadable` or `crashes`."""

    file: Path
    why: str = ""


class LastGood:
    """Files beside a configuration. Every write is whole or not at all."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.copy = config.with_name(config.name + ".last-good")
        self._starts = config.with_name(config.name + ".starts")

    def begin(self) -> Start:
        """Count this start and choose the file."""
        digest = _digest(self.config)
        count = self._count(digest) + 1
        _write(self._starts, f"{digest} {count}\n".encode())
        if count > CRASHES and self.copy.is_file() and _digest(self.copy) != digest:
            return Start(self.copy, "crashes")
        return Start(self.config)

    def instead(self) -> Start | None:
        """The last good configuration for one that cannot be read, if there is one."""
        return Start(self.copy, "unreadable") if self.copy.is_file() else None

    def healthy(self, start: Start) -> None:
        """This start has served long enough: forget the count, and keep a copy of what it ran with."""
        if start.file == self.config:
            _write(self.copy, self.config.read_bytes())
            self.forget_start()

    def forget_start(self) -> None:
        """Ended by a person's will: no crash."""
        self._starts.unlink(missing_ok=True)

    def _count(self, digest: str) -> int:
        try:
            known, count = self._starts.read_text(encoding="utf-8").split()
            return int(count) if known == digest else 0
        except (OSError, ValueError):
            return 0


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
