"""Relocations: somebody asks for goods to lie elsewhere, somebody else carries them. A unit goes whole."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from wms.inside.find_unit import need_place, need_unit
from wms.inside.goods import Goods, entries_to, read_goods
from wms.inside.move_unit import tell_of_unit
from wms.inside.wire import Note, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.move import Move, move_units
from wms.stock.post import post
from wms.stock.site_of_place import site_of_place
from wms.stock.tables import location, stock
from wms.stock.wire import PositiveQuantity, quantity_text
from wms.tasks.add_tasks import NewTask, add_tasks
from wms.tasks.complete_task import complete_task, lock_task


class AskRelocation(BaseModel):
    """A unit, or a quantity of a stock row."""

    site: SiteCode
    unit: Text60 | None = None
    stock_id: UUID | None = None
    quantity: PositiveQuantity | None = None
    to: Text60
    reason: Note
    priority: int = Field(default=0, ge=-1_000, le=1_000)
    due_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "AskRelocation":
        if (self.unit is None) == (self.stock_id is None) or (self.stock_id is None) != (self.quantity is None):
            raise ValueError("either unit, or stock_id with quantity")
        return self


class RelocationAsked(BaseModel):
    task_id: UUID


class ConfirmRelocation(BaseModel):
    """`to` is what was scanned where the goods were set down."""

    task_id: UUID
    to: Text60


class Relocated(BaseModel):
    task_id: UUID
    to: str
    at: datetime


async def ask_relocation(tx: Tx, command: AskRelocation) -> RelocationAsked:
    """Refuses `relocation_waiting` when the same goods are to be carried already."""
    tx.actor.need("unit.work", command.site)
    to_id = await need_place(tx, command.site, command.to, field="to")
    if command.unit is not None:
        found = await need_unit(tx, command.site, command.unit)
        subject_id, from_id, label = found.id, found.location_id, found.code
        owner_id = None
    else:
        row = await _goods(tx, command.stock_id, command.site)
        subject_id, label, owner_id = row.key.id, row.sku, row.key.owner_id
        from_id = await tx.conn.scalar(sa.select(sa.func.root_location(row.key.place_id))) or row.key.place_id
        if command.quantity is not None and command.quantity > row.quantity:
            raise Refusal(
                "insufficient_stock",
                sku=row.sku,
                place=await tx.conn.scalar(sa.select(location.c.name).where(location.c.id == from_id)),
                wanted=quantity_text(command.quantity),
                available=quantity_text(row.available),
                reserved=quantity_text(row.quantity - row.available),
                held="0",
            )
    task = NewTask(
        kind="move",
        site=command.site,
        priority=command.priority,
        due_at=command.due_at,
        location_id=from_id,
        owner_id=owner_id,
        subject_id=subject_id,
        dedupe_key=f"move:{subject_id}",
        payload={
            "subject": "unit" if command.unit else "stock",
            "label": label,
            "quantity": str(command.quantity) if command.quantity else None,
            "to_id": str(to_id),
            "to": command.to,
            "reason": command.reason,
        },
    )
    made = await add_tasks(tx, [task])
    if not made:
        raise Refusal("relocation_waiting", goods=label)
    return RelocationAsked(task_id=made[0])


async def confirm_relocation(tx: Tx, command: ConfirmRelocation) -> Relocated:
    """Refuses `wrong_location` when the goods were set down elsewhere, and what the task and the ledger refuse."""
    task = await lock_task(tx, command.task_id, kind="move")
    tx.actor.need("unit.work", task.site)
    if tx.actor.owners is not None:
        raise Refusal("not_found")
    said = task.payload
    if command.to != said["to"]:
        raise Refusal("wrong_location", wanted=said["to"], scanned=command.to, field="to")
    to_id = await need_place(tx, task.site, command.to, field="to")
    if said["subject"] == "unit":
        await move_units(tx, [Move(task.subject_id, to_id, tx.now, "relocate", command.task_id)])
        await tell_of_unit(tx, "unit.moved", task.subject_id, task.site, code=said["label"], to=command.to)
    else:
        await _carry(tx, task, to_id)
    await complete_task(tx, command.task_id, {"to": command.to})
    return Relocated(task_id=command.task_id, to=command.to, at=tx.now)


async def _carry(tx: Tx, task: sa.Row[Any], to_id: UUID) -> None:
    row = await _goods(tx, task.subject_id, task.site)
    if row.key.place_id == to_id:
        raise Refusal("already_there", place=task.payload["to"])
    entries = entries_to([(row, Decimal(task.payload["quantity"]))], to_id, task.id)
    posting_id = await post(tx, entries, cause="relocate", site=task.site)
    await tell(tx, "stock.relocated", posting_id, site=task.site, owner_id=row.key.owner_id, to=task.payload["to"])


async def _goods(tx: Tx, stock_id: UUID | None, site: str) -> Goods:
    """Refuses `not_found`, also for goods of another site or owner."""
    rows = await read_goods(tx.conn, stock.c.id == stock_id)
    if not rows or await site_of_place(tx, rows[0].key.place_id) != site:
        raise Refusal("not_found", field="stock_id")
    tx.actor.need_owner(rows[0].key.owner_id)
    return rows[0]
