"""Comparing what the warehouse believes with what the simulated machines know to have happened."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from devices.contract.reasons import SORTED_REASONS
from wms.parcels.tables import parcel
from wms.sorting.tables import item
from wms.stock.tables import journal

_LANDED = ("sort_conf", "item_lost")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`lost`: items whose end the warehouse does not know as it was. `duplicated`: landings posted more than once."""

    inducted: int
    sorted: int
    exceptions: int
    lost: int
    duplicated: int
    late_decisions: int
    decision_p50_ms: float | None
    decision_p99_ms: float | None
    differences: list[str]


def read_truth(file: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The items and the summary of a ground-truth log; a torn last line is passed over."""
    items: list[dict[str, Any]] = []
    summary: dict[str, Any] = {}
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(text)
        except ValueError:
            continue
        if record.get("kind") == "item":
            items.append(record)
        elif record.get("kind") == "summary":
            summary = record
    return items, summary


async def compare_truth(conn: AsyncConnection, line: str, truth: list[dict[str, Any]]) -> Comparison:
    """Hold every item of the truth against its record. Landings are counted for these items only."""
    tids = [one["tid"] for one in truth]
    rows = await conn.execute(
        sa.select(item, parcel.c.waybill_no)
        .outerjoin(parcel, parcel.c.id == item.c.parcel_id)
        .where(item.c.line == line, item.c.tid.in_(tids))
    )
    known = {row.tid: row for row in rows}
    differences = [text for one in truth if (text := _difference(one, known.get(one["tid"]))) is not None]
    landings = await conn.scalar(
        sa.select(sa.func.count())
        .select_from(journal.join(item, item.c.parcel_id == journal.c.unit_id))
        .where(item.c.line == line, item.c.tid.in_(tids), journal.c.cause.in_(_LANDED))
    )
    finished = [row for row in known.values() if row.finished_at is not None]
    times = sorted(one["decision_ms"] for one in truth if one["decision_ms"] is not None)
    return Comparison(
        inducted=len(known),
        sorted=sum(row.result == "sorted" for row in finished),
        exceptions=sum(row.result in ("exception", "lost") for row in finished),
        lost=len(differences),
        duplicated=max(0, (landings or 0) - len(finished)),
        late_decisions=sum(one["reason"] == "LATE_DECISION" for one in truth),
        decision_p50_ms=_quantile(times, 0.5),
        decision_p99_ms=_quantile(times, 0.99),
        differences=differences,
    )


def _difference(truth: dict[str, Any], row: Any) -> str | None:
    """What contradicts the truth, or None. An unread item may stay unidentified, but never be someone else."""
    tid = truth["tid"]
    if row is None or row.finished_at is None:
        return f"{tid}: unknown or unfinished, but ended at {truth['actual']}"
    if (row.result == "lost") != (truth["actual"] == "lost"):
        return f"{tid}: {row.result}, but ended at {truth['actual']}"
    if row.result != "lost" and row.actual != truth["actual"]:
        return f"{tid}: recorded at {row.actual}, but lies in {truth['actual']}"
    if truth["reason"] != "OK" and row.reason != truth["reason"]:
        return f"{tid}: reason {row.reason}, but the controller said {truth['reason']}"
    readable = truth["read"] in ("good", "double")
    if row.waybill_no is not None and readable and row.waybill_no != truth["waybill"]:
        return f"{tid}: taken for {row.waybill_no}, but is {truth['waybill']}"
    if row.result == "sorted" and row.waybill_no is None:
        return f"{tid}: sorted without an identity"
    if row.reason in SORTED_REASONS and row.waybill_no != truth["waybill"]:
        return f"{tid}: sorted as {row.waybill_no}, but is {truth['waybill']}"
    return None


def _quantile(values: list[float], share: float) -> float | None:
    return round(values[min(len(values) - 1, int(share * len(values)))], 3) if values else None
