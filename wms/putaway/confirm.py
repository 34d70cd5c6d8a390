"""Confirming a put-away by scans: what was put where. Another place than proposed is taken when the ledger takes it.

Lock order: the task, demand, then what the ledger locks. Goods that somebody waits for go to their lane and nowhere else.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.putaway.load_bins import BIN_KINDS, Subject, load_subject
from wms.putaway.propose import Work, find_work, need_goods
from wms.putaway.want_putaway import Arrival, want_putaway
from wms.stock.find import Known
from wms.stock.move import Move, move_units
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, reserve
from wms.stock.tables import location
from wms.stock.wire import PositiveQuantity, Quantity
from wms.tasks.complete_task import complete_task, lock_task


class ConfirmPutaway(BaseModel):
    """What is put away is said by a task, by a unit's SSCC or label at a site, or by a stock row. A unit goes as a whole."""

    task_id: UUID | None = None
    site: str | None = Field(default=None, max_length=8)
    unit: str | None = Field(default=None, min_length=1, max_length=60)
    stock_id: UUID | None = None
    quantity: PositiveQuantity | None = Field(default=None, description="of a stock row; left out: all of it")
    location: str = Field(min_length=1, max_length=60)
    reason: str | None = Field(default=None, max_length=200, description="why it is not the proposed place")


class PutAway(BaseModel):
    """`left`: what still waits at the dock."""

    location: str
    quantity: Quantity
    left: Quantity
    task_id: UUID | None


async def confirm_putaway(tx: Tx, command: ConfirmPutaway) -> PutAway:
    """Refuses `cross_dock_only`, `putaway_reason_missing`, `wrong_location_kind`, `location_disabled`, and what the task and
    the ledger refuse."""
    work = await find_work(tx, command.task_id, command.site, command.unit, command.stock_id)
    subject = await load_subject(tx.conn, work.subject_id)
    need_goods(tx, "putaway.do", subject)
    if work.task is not None:
        await lock_task(tx, work.task.id)
    target = await _target(tx, subject.site, command.location)
    lane_id = work.task.payload.get("lane_id") if work.task is not None else None
    if lane_id is not None and str(target.id) != lane_id:
        assert work.task is not None
        raise Refusal("cross_dock_only", lane=work.task.payload["lane"], location=target.name)
    if lane_id is None:
        _check_place(subject, target)
    proposed = _check_reason(work, target, command.reason)
    quantity, left = await _move(tx, subject, target, _wanted(work, subject, command), cross_dock=lane_id is not None)
    if work.task is not None and (left == 0 or lane_id is not None):
        result = {"location": target.name, "proposed": proposed, "reason": command.reason, "quantity": str(quantity)}
        await complete_task(tx, work.task.id, result)
    if lane_id is not None:
        assert work.task is not None
        await _hand_over(tx, subject, target, work.task)
        await _put_rest_away(tx, subject, left, work.task.payload["label"])
    told = {"location": target.name, "unit" if subject.is_unit else "stock": str(subject.id)}
    for owner_id in sorted({row.key.owner_id for row in subject.rows}):
        await tell(tx, "stock.put_away", subject.id, site=subject.site, owner_id=owner_id, **told)
    return PutAway(
        location=target.name, quantity=quantity, left=left, task_id=work.task.id if work.task is not None else None
    )


async def _target(tx: Tx, site: str, name: str) -> sa.Row[Any]:
    query = sa.select(location).where(location.c.site == site, location.c.name == name, ~location.c.virtual)
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("unknown_location", location=name, field="location")
    if not row.enabled:
        raise Refusal("location_disabled", location=name, field="location")
    return row


def _check_place(subject: Subject, target: sa.Row[Any]) -> None:
    kinds = BIN_KINDS[:2] if subject.goods.good else BIN_KINDS[2:]
    if target.kind not in kinds:
        raise Refusal("wrong_location_kind", location=target.name, kind=target.kind, field="location")
    if target.id == subject.location_id:
        raise Refusal("already_there", place=target.name)


def _check_reason(work: Work, target: sa.Row[Any], reason: str | None) -> str | None:
    proposed = work.task.payload.get("proposed") if work.task is not None else None
    if proposed is None:
        return None
    if proposed["location_id"] != str(target.id) and not reason:
        raise Refusal("putaway_reason_missing", proposed=proposed["location"], location=target.name, field="reason")
    return str(proposed["location"])


def _wanted(work: Work, subject: Subject, command: ConfirmPutaway) -> Decimal | None:
    if command.quantity is not None or subject.is_unit or work.task is None:
        return command.quantity
    promises = work.task.payload.get("promises")
    return sum((Decimal(one["quantity"]) for one in promises), Decimal(0)) if promises else None


async def _move(
    tx: Tx, subject: Subject, target: sa.Row[Any], wanted: Decimal | None, *, cross_dock: bool
) -> tuple[Decimal, Decimal]:
    """What moved and what is left where it was."""
    total = sum((row.quantity for row in subject.rows), Decimal(0))
    if subject.is_unit:
        if wanted is not None and wanted != total:
            raise Refusal("invalid_request", field="quantity")
        move = Move(subject.id, target.id, tx.now, "cross_dock" if cross_dock else "putaway", tx.new_id())
        await move_units(tx, [move])
        return total, Decimal(0)
    [row] = subject.rows
    quantity = wanted if wanted is not None else row.quantity
    entry = Entry(row.key, row.key.at(target.id), quantity, weight_g=_grams(row, quantity))
    await post(tx, [entry], cause="cross_dock" if cross_dock else "putaway", site=subject.site)
    return quantity, total - quantity


def _grams(row: Known, quantity: Decimal) -> int:
    """The catch weight that goes along: by share, and all of the rest with the last piece."""
    if row.weight_g == 0 or quantity >= row.quantity:
        return row.weight_g
    return int(row.weight_g * quantity / row.quantity)


async def _hand_over(tx: Tx, subject: Subject, target: sa.Row[Any], work: sa.Row[Any]) -> None:
    """Reserve what came to the lane for those who wait for it, and tell them."""
    rest = {row.key.id if subject.is_unit else row.key.at(target.id).id: row for row in subject.rows}
    free = {id: row.quantity for id, row in rest.items()}
    wants = []
    for one in work.payload["promises"]:
        needed = Decimal(one["quantity"])
        for id, row in rest.items():
            part = min(free[id], needed) if str(row.key.item_id) == one["item_id"] else Decimal(0)
            if part > 0:
                wants.append(Want(id, UUID(one["demand_id"]), part))
                free[id] -= part
                needed -= part
    await reserve(tx, wants)
    for one in work.payload["promises"]:
        told = {"lane": target.name, "quantity": one["quantity"]}
        await tell(tx, "cross_dock.staged", one["demand_id"], site=subject.site, owner_id=subject.owner_id, **told)


async def _put_rest_away(tx: Tx, subject: Subject, left: Decimal, label: str) -> None:
    """More of the goods came than somebody waited for: put-away work for the rest."""
    if left > 0:
        rest = Arrival(subject.id, False, subject.location_id, subject.owner_id, {}, label)
        await want_putaway(tx, subject.site, [rest])
