"""The journal of commands: what was accepted, how it ended, and the highest version executed for each target.

A row without an outcome belongs to a command that was running when the process ended.
"""

import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from devices.contract.commands import Command
from gateway.outbox import Statement

Outcome = Literal["done", "expired", "stale", "refused", "failed"]
CAP = 10_000

_FAMILIES = {"chute_enable": "chute", "chute_disable": "chute"}
"""Commands that undo each other share a fence: an old `disable` must not close what a newer `enable` opened."""


@dataclass(frozen=True, slots=True)
class Ending:
    outcome: Outcome
    code: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    cmd_id: UUID
    dev: str
    name: str


class Journal:
    """A mirror of the journal's rows in memory. Methods return the statements that make a change last."""

    def __init__(self) -> None:
        self._endings: OrderedDict[UUID, Ending | None] = OrderedDict()
        self._fences: dict[tuple[str, str, str], int] = {}

    def load(self, db: sqlite3.Connection) -> list[Unfinished]:
        """Read the file; returns what was running when the last process ended."""
        unfinished: list[Unfinished] = []
        sql = "SELECT cmd_id, dev, name, outcome, code FROM command ORDER BY at_ms DESC LIMIT ?"
        for cmd_id, dev, name, outcome, code in reversed(db.execute(sql, (CAP,)).fetchall()):
            self._endings[UUID(cmd_id)] = None if outcome is None else Ending(outcome, code)
            if outcome is None:
                unfinished.append(Unfinished(UUID(cmd_id), dev, name))
        for dev, family, target, version in db.execute("SELECT dev, family, target, version FROM fence"):
            self._fences[dev, family, target] = version
        return unfinished

    def knows(self, cmd_id: UUID) -> bool:
        return cmd_id in self._endings

    def ending(self, cmd_id: UUID) -> Ending | None:
        """How a known command ended; None while it runs."""
        return self._endings[cmd_id]

    def is_stale(self, dev: str, command: Command) -> bool:
        return command.version < self._fences.get(_fence_key(dev, command), 0)

    def accept(self, dev: str, command: Command, at_ms: int) -> list[Statement]:
        """Begin a command and raise its fence."""
        key = _fence_key(dev, command)
        self._fences[key] = command.version
        fence = Statement("INSERT OR REPLACE INTO fence VALUES (?, ?, ?, ?)", (*key, command.version))
        return [self._insert(dev, command, at_ms, None), fence]

    def close(self, dev: str, command: Command, at_ms: int, ending: Ending) -> list[Statement]:
        """Record a command that was never begun."""
        return [self._insert(dev, command, at_ms, ending)]

    def finish(self, cmd_id: UUID, ending: Ending) -> list[Statement]:
        """Record how a begun command ended."""
        self._endings[cmd_id] = ending
        sql = "UPDATE command SET outcome = ?, code = ? WHERE cmd_id = ?"
        return [Statement(sql, (ending.outcome, ending.code, str(cmd_id)))]

    def _insert(self, dev: str, command: Command, at_ms: int, ending: Ending | None) -> Statement:
        self._endings[command.cmd_id] = ending
        if len(self._endings) > CAP:
            self._endings.popitem(last=False)
        outcome, code = (None, "") if ending is None else (ending.outcome, ending.code)
        values = (str(command.cmd_id), dev, command.name, command.target, command.version, outcome, code, at_ms)
        return Statement("INSERT OR REPLACE INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def _fence_key(dev: str, command: Command) -> tuple[str, str, str]:
    return dev, _FAMILIES.get(command.name, command.name), command.target
