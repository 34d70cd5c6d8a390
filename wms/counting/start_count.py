"""Beginning a count: the ledger's position is noted, the counter gets a sheet without quantities, and work goes on."""

from typing import Any, get_args
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert

from wms.counting.ask_counts import task_key
from wms.counting.rules import needs_another
from wms.counting.sql import Known, live_count, lock_count, need_house, need_location, read_known
from wms.counting.tables import count, count_line
from wms.counting.wire import CountReason, CountSheet, SheetLine, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.tasks.claim_task import claim_task, find_live_task
from wms.tasks.tables import task

_LIVE = sa.text("state IN ('open','counting','recount','to_approve')")


class StartCount(BaseModel):
    """Who stands before a place scans it; a count that nobody asked for is asked for by that."""

    site: SiteCode
    location: Text60


async def start_count(tx: Tx, command: StartCount) -> CountSheet:
    """Begin the next round, or give the sheet again to who is counting.

    Refuses `count_begun` while another counts, `four_eyes` to whoever counted an earlier round, `task_taken_over`, and
    `count_closed` when the count waits for its approval.
    """
    need_house(tx)
    tx.actor.need("count.do", command.site)
    location_id = await need_location(tx, command.site, command.location)
    row = await lock_count(tx, await _open(tx, command.site, location_id), "count.do")
    if row.state == "to_approve":
        raise Refusal("count_closed", state=row.state)
    if row.state == "counting":
        if row.counters[-1] != str(tx.actor.id):
            raise Refusal("count_begun", location=row.location)
        known, _ = await read_known(tx, location_id, [])
        return _sheet(row.id, row.location, row.round, row.started_at, known)
    if needs_another(tx.actor.id, row.counters):
        raise Refusal("four_eyes")
    await claim_task(tx, command.site, task_key(location_id), row.id)
    known, last_entry = await read_known(tx, location_id, [])
    await tx.conn.execute(
        count.update()
        .where(count.c.id == row.id)
        .values(
            state="counting",
            round=row.round + 1,
            counters=[*row.counters, str(tx.actor.id)],
            started_at=tx.now,
            snapshot_entry_id=last_entry,
        )
    )
    if known:
        await tx.conn.execute(count_line.insert(), [line_values(row.id, row.round + 1, one) for one in known])
    return _sheet(row.id, row.location, row.round + 1, tx.now, known)


async def _open(tx: Tx, site: str, location_id: UUID) -> UUID:
    """The live count of the location, made when nobody asked for one but a task or the person at the place."""
    id = await live_count(tx, location_id)
    if id is not None:
        return id
    waiting = await find_live_task(tx, site, task_key(location_id))
    payload: Any = await tx.conn.scalar(sa.select(task.c.payload).where(task.c.id == waiting)) if waiting else None
    reason = (payload or {}).get("reason")
    values: dict[str, Any] = {
        "id": tx.new_id(),
        "site": site,
        "location_id": location_id,
        "reason": reason if reason in get_args(CountReason) else "request",
        "state": "open",
        "round": 0,
        "counters": [],
        "asked_at": tx.now,
        "asked_by": tx.actor.id,
    }
    statement = insert(count).values(values).on_conflict_do_nothing(index_elements=["location_id"], index_where=_LIVE)
    await tx.conn.execute(statement)
    id = await live_count(tx, location_id)
    if id is None:  # somebody closed the other one in this very moment
        raise Refusal("busy")
    return id


def line_values(count_id: UUID, round_no: int, known: Known) -> dict[str, Any]:
    """A line with its snapshot, before it is counted."""
    key = known.key
    return {
        "count_id": count_id,
        "round": round_no,
        "stock_id": key.id,
        "place_id": key.place_id,
        "item_id": key.item_id,
        "owner_id": key.owner_id,
        "customs_status": key.customs_status,
        "condition": key.condition,
        "lot_id": key.lot_id,
        "serial_id": key.serial_id,
        "account_line_id": key.account_line_id,
        "snapshot": known.quantity,
        "expected": None,
        "counted": None,
        "weight_g": 0,
        "counted_at": None,
    }


def _sheet(id: UUID, location: str, round_no: int, started_at: Any, known: list[Known]) -> CountSheet:
    lines = {(one.sku, one.lot, one.serial, one.unit): one for one in known}
    return CountSheet(
        id=id,
        location=location,
        round=round_no,
        started_at=started_at,
        lines=[
            SheetLine(sku=one.sku, names=one.names, lot=one.lot, serial=one.serial, unit=one.unit)
            for _, one in sorted(lines.items(), key=lambda pair: tuple(part or "" for part in pair[0]))
        ],
    )
