"""Handing in a count. What nobody found is counted as none; what was moved meanwhile is in the books at the instant counted."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from wms.counting.ask_counts import task_key, want_counting
from wms.counting.find_goods import Counted, find_goods
from wms.counting.rules import needs_recount
from wms.counting.sql import Known, expected_at, lock_count, policy_of, read_known
from wms.counting.start_count import StartCount, line_values, start_count
from wms.counting.tables import count, count_line
from wms.counting.wire import CountChanged, CountedGoods, CountState, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.hold_locations import free_locations
from wms.tasks.claim_task import find_live_task
from wms.tasks.complete_task import complete_task

Line = dict[str, Any]


class CountedBody(BaseModel):
    """Everything that lies at the place, or `empty`. `counted_at` for what was counted away from the net."""

    lines: Annotated[list[CountedGoods], Field(max_length=10_000)] = []
    empty: bool = False
    counted_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> "CountedBody":
        if self.empty == bool(self.lines):
            raise ValueError("either lines or empty")
        return self


class SubmitCount(CountedBody):
    count_id: UUID


class ConfirmEmpty(BaseModel):
    """A picker who took the last piece says that the bin is empty."""

    site: SiteCode
    location: Text60


async def confirm_empty(tx: Tx, command: ConfirmEmpty) -> CountChanged:
    """Begin and end a count in one scan. Refuses as `start_count` does."""
    sheet = await start_count(tx, StartCount(site=command.site, location=command.location))
    return await submit_count(tx, SubmitCount(count_id=sheet.id, empty=True))


async def submit_count(tx: Tx, command: SubmitCount) -> CountChanged:
    """Close the count when books and goods agree; else ask another person to count again, or for approval.

    Refuses `count_not_begun`, `count_begun`, `in_the_future`, and what `find_goods` refuses.
    """
    row = await lock_count(tx, command.count_id, "count.do")
    if row.state != "counting":
        raise Refusal("count_not_begun", location=row.location)
    if row.counters[-1] != str(tx.actor.id):
        raise Refusal("count_begun", location=row.location)
    at = command.counted_at or tx.now
    _check_instants(row.started_at, [at, *(line.counted_at for line in command.lines if line.counted_at)], tx.now)
    snapshots = await _snapshots(tx, row.id, row.round)
    known, _ = await read_known(tx, row.location_id, list(snapshots))
    found = await find_goods(tx, row, known, command.lines, at)
    lines = _lines(row, known, snapshots, found, at)
    expected = await expected_at(tx, row.location_id, {line["stock_id"]: line["counted_at"] for line in lines})
    for line in lines:
        line["expected"] = expected[line["stock_id"]]
    await _save(tx, row, lines)
    state = await _next_state(tx, row, lines)
    await tx.conn.execute(
        count.update()
        .where(count.c.id == row.id)
        .values(state=state, counted_at=at, closed_at=tx.now if state == "closed" else None)
    )
    await end_task(tx, row, lines, again=state == "recount")
    if state == "closed":
        await end_count(tx, row, "agreed")
    return CountChanged(id=row.id, state=state)


def _check_instants(started_at: datetime, instants: list[datetime], now: datetime) -> None:
    if max(instants) > now:
        raise Refusal("in_the_future", field="counted_at")
    if min(instants) < started_at:
        raise Refusal("invalid_request", field="counted_at")


async def _snapshots(tx: Tx, id: UUID, round_no: int) -> dict[UUID, Decimal]:
    rows = await tx.conn.execute(
        sa.select(count_line.c.stock_id, count_line.c.snapshot).where(
            count_line.c.count_id == id, count_line.c.round == round_no
        )
    )
    return {row.stock_id: row.snapshot for row in rows}


def _lines(
    row: sa.Row[Any], known: list[Known], snapshots: dict[UUID, Decimal], found: dict[UUID, Counted], at: datetime
) -> list[Line]:
    """A line for each row of the books and for what was found beyond them."""
    lines: dict[UUID, Line] = {}
    for one in known:
        values = line_values(row.id, row.round, one)
        lines[one.key.id] = values | {"counted": Decimal(0), "counted_at": at}
    for id, counted in found.items():
        if id not in lines:
            beyond = Known(counted.key, "", {}, "", None, None, None, Decimal(0))
            lines[id] = line_values(row.id, row.round, beyond)
        lines[id] |= {"counted": counted.quantity, "counted_at": counted.at, "weight_g": counted.weight_g}
    for id, line in lines.items():
        line["snapshot"] = snapshots.get(id, Decimal(0))
    return list(lines.values())


async def _save(tx: Tx, row: sa.Row[Any], lines: list[Line]) -> None:
    mine = sa.and_(count_line.c.count_id == row.id, count_line.c.round == row.round)
    await tx.conn.execute(count_line.delete().where(mine))
    if lines:
        await tx.conn.execute(count_line.insert(), lines)


async def _next_state(tx: Tx, row: sa.Row[Any], lines: list[Line]) -> CountState:
    differing = [line for line in lines if line["counted"] != line["expected"]]
    if not differing:
        return "closed"
    policy = await policy_of(tx, row.site)
    large = any(needs_recount(line["expected"], line["counted"], policy) for line in differing)
    return "recount" if large and row.round == 1 else "to_approve"


async def end_task(tx: Tx, row: sa.Row[Any], lines: list[Line], *, again: bool) -> None:
    """Tick off the task of the round, and make the one of the next."""
    waiting = await find_live_task(tx, row.site, task_key(row.location_id))
    if waiting is not None:
        await complete_task(tx, waiting, {"count_id": str(row.id), "round": row.round, "lines": len(lines)})
    if again:
        await want_counting(tx, row.site, {row.location_id: row.id}, "request", not_by=row.counters[-1])


async def end_count(tx: Tx, row: sa.Row[Any], result: str) -> None:
    """Tell it, and let a frozen place be worked at again."""
    await tell(tx, "count.closed", row.id, site=row.site, location=row.location, reason=row.reason, result=result)
    if row.stocktake_id is not None:
        await free_locations(tx, [row.location_id], note=freeze_note(row.stocktake_id))


def freeze_note(stocktake_id: UUID) -> str:
    return f"stocktake {stocktake_id}"
