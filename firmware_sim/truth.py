"""What really happened, one JSON line a finished item, for comparison with what the warehouse believes."""

import json
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from devices.contract.reasons import SortReason
from firmware_sim.models.item import Item


def item_record(item: Item, actual: str, reason: SortReason, finished_at: str) -> dict[str, Any]:
    """The line of one item. `decision_ms` is null where no readable scan went out before the answer."""
    return {
        "kind": "item",
        "tid": item.tid,
        "waybill": item.waybill,
        "read": item.read,
        "requested": item.order.place if item.order else None,
        "actual": actual,
        "reason": str(reason),
        "passes": item.passes,
        "weight_g": item.weight_g,
        "decision_ms": None if item.decision_ms is None else round(item.decision_ms, 3),
        "inducted_at": item.inducted_at,
        "finished_at": finished_at,
    }


@dataclass(slots=True)
class Tally:
    """Running totals of one run."""

    inducted: int = 0
    finished: int = 0
    sorted: int = 0
    by_reason: Counter[str] = field(default_factory=Counter)
    by_read: Counter[str] = field(default_factory=Counter)
    passes_max: int = 0
    decisions_ms: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, item: Item, reason: SortReason) -> None:
        """Count a finished item."""
        self.finished += 1
        self.sorted += reason is SortReason.OK
        self.by_reason[str(reason)] += 1
        self.by_read[item.read] += 1
        self.passes_max = max(self.passes_max, item.passes)
        if item.decision_ms is not None:
            self.decisions_ms.append(item.decision_ms)

    @property
    def exceptions(self) -> int:
        """Finished items that do not lie where they were ordered to."""
        return self.finished - self.sorted

    def record(self) -> dict[str, Any]:
        """The summary: counts, and the decision time at its quantiles."""
        return {
            "kind": "summary",
            "inducted": self.inducted,
            "items": self.finished,
            "sorted": self.sorted,
            "exceptions": self.exceptions,
            "by_reason": dict(sorted(self.by_reason.items())),
            "by_read": dict(sorted(self.by_read.items())),
            "passes_max": self.passes_max,
            "decision_ms": {name: quantile(self.decisions_ms, q) for name, q in _QUANTILES.items()},
        }


_QUANTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}


def quantile(values: Sequence[float], q: float) -> float | None:
    """The value that a share `q` of all values does not exceed; None without values."""
    if not values:
        return None
    return round(sorted(values)[min(len(values) - 1, int(q * len(values)))], 3)


class TruthFile:
    """JSON lines, flushed one by one: a reader may follow, and a killed simulator has told everything it knew."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, record: dict[str, Any]) -> None:
        """Append one line."""
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()
