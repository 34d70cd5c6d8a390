"""Undoing the last receipt of a notice: its posting is reversed, and everything that followed from it is taken back."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import ARRAY

from wms.inbound.find_discrepancies import Found, withdraw_discrepancies
from wms.inbound.post_receipt import lock_notice
from wms.inbound.tables import notice_line, notice_unit, quality_check, receipt
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.putaway.want_putaway import drop_putaway
from wms.stock.correct import reverse_entries
from wms.stock.move import Move, move_units
from wms.stock.post import Entry, post
from wms.stock.read_entries import of_posting
from wms.stock.stock_key import StockKey
from wms.stock.tables import stock, stock_entry, unit
from wms.stock.virtual import virtual_location
from wms.tasks.complete_task import cancel_tasks


class UndoReceipt(BaseModel):
    notice_id: UUID
    reason: str = Field(min_length=1, max_length=200)


class ReceiptUndone(BaseModel):
    receipt_id: UUID
    posting_id: UUID
    entries: int


async def undo_receipt(tx: Tx, command: UndoReceipt) -> ReceiptUndone:
    """Undo the last receipt. Refuses `nothing_to_undo`, `not_yours_to_undo` unless it is one's own or one leads the shift,
    and `insufficient_stock`, `unit_elsewhere` or `check_decided` when the goods have gone on since."""
    wanted = await lock_notice(tx, command.notice_id, "receipt.post")
    last = await _last(tx, wanted.id)
    if last.received_by != tx.actor.id and not tx.actor.may("receipt.undo", wanted.site):
        raise Refusal("not_yours_to_undo")
    ids = list(await tx.conn.scalars(sa.select(stock_entry.c.id).where(*of_posting(last.id))))
    entries = await reverse_entries(tx, ids)
    await _lower_checks(tx, wanted, entries)
    posting_id = await post(tx, entries, cause="reversal", site=wanted.site)
    await _take_back_lines(tx, entries)
    await _send_units_back(tx, wanted, last)
    await _drop_work(tx, entries, [UUID(one) for one in last.unit_ids])
    await tx.conn.execute(
        receipt.update().where(receipt.c.id == last.id).values(undone_at=tx.now, undone_by=tx.actor.id)
    )
    told = {"receipt_id": str(last.id), "reason": command.reason}
    await tell(tx, "receipt.undone", wanted.id, site=wanted.site, owner_id=wanted.owner_id, **told)
    return ReceiptUndone(receipt_id=last.id, posting_id=posting_id, entries=len(entries))


async def _last(tx: Tx, notice_id: UUID) -> sa.Row[Any]:
    query = sa.select(receipt).where(receipt.c.notice_id == notice_id, receipt.c.undone_at.is_(None))
    newest = query.order_by(receipt.c.received_at.desc(), receipt.c.id.desc()).limit(1)
    row = (await tx.conn.execute(newest)).one_or_none()
    if row is None:
        raise Refusal("nothing_to_undo")
    return row


def _goods(entries: list[Entry]) -> list[tuple[StockKey, Entry]]:
    return [(one.source, one) for one in entries if isinstance(one.source, StockKey)]


async def _take_back_lines(tx: Tx, entries: list[Entry]) -> None:
    received: dict[UUID, Decimal] = defaultdict(Decimal)
    damaged: dict[UUID, Decimal] = defaultdict(Decimal)
    for key, entry in _goods(entries):
        assert entry.document_id is not None
        received[entry.document_id] += entry.quantity
        if key.condition == "damaged":
            damaged[entry.document_id] += entry.quantity
    statement = notice_line.update().where(notice_line.c.id == sa.bindparam("line"))
    lower = statement.values(
        received=notice_line.c.received - sa.bindparam("less"), damaged=notice_line.c.damaged - sa.bindparam("broken")
    )
    rows = [{"line": id, "less": less, "broken": damaged[id]} for id, less in received.items()]
    await tx.conn.execute(lower, rows)
    blind = await tx.conn.scalars(
        sa.select(notice_line.c.id).where(
            notice_line.c.id == sa.any_(sa.cast(list(received), ARRAY(sa.Uuid))), notice_line.c.expected == 0
        )
    )
    found = [Found("damaged", quantity, id) for id, quantity in damaged.items() if quantity > 0]
    found += [Found("blind_receipt", received[id], id) for id in blind]
    await withdraw_discrepancies(tx, found)


async def _send_units_back(tx: Tx, wanted: sa.Row[Any], last: sa.Row[Any]) -> None:
    """Announced units leave with their receipt; a unit that the receiver built stays, empty, at the dock."""
    ids = [UUID(one) for one in last.unit_ids]
    if not ids:
        return
    query = (
        sa.select(unit.c.id, notice_unit.c.id.label("row_id"))
        .join(notice_unit, notice_unit.c.sscc == unit.c.sscc)
        .where(unit.c.id.in_(ids), notice_unit.c.notice_id == wanted.id, notice_unit.c.received_at == last.received_at)
    )
    mine = (await tx.conn.execute(query)).all()
    if not mine:
        return
    outside = await virtual_location(tx, wanted.site, "outside")
    cause_id = tx.new_id()
    moves = [Move(row.id, outside, tx.now, "reversal", cause_id, expected_from=last.location_id) for row in mine]
    await move_units(tx, moves)
    same = sa.and_(notice_unit.c.notice_id == wanted.id, notice_unit.c.received_at == last.received_at)
    await tx.conn.execute(notice_unit.update().where(same).values(received_at=None))


async def _drop_work(tx: Tx, entries: list[Entry], unit_ids: list[UUID]) -> None:
    ids = [key.id for key, _ in _goods(entries)]
    empty = await tx.conn.scalars(
        sa.select(stock.c.id).where(stock.c.id == sa.any_(sa.cast(ids, ARRAY(sa.Uuid))), stock.c.quantity == 0)
    )
    await drop_putaway(tx, [*empty, *unit_ids])


async def _lower_checks(tx: Tx, wanted: sa.Row[Any], entries: list[Entry]) -> None:
    """Take the goods out of their open checks. Refuses `check_decided` when the sample has begun or is decided."""
    sums: dict[tuple[UUID, UUID | None], Decimal] = defaultdict(Decimal)
    for key, entry in _goods(entries):
        if key.condition == "quality_check":
            sums[key.item_id, key.lot_id] += entry.quantity
    if not sums:
        return
    mine = (quality_check.c.site == wanted.site, quality_check.c.owner_id == wanted.owner_id)
    items = quality_check.c.item_id == sa.any_(sa.cast(sorted({item_id for item_id, _ in sums}), ARRAY(sa.Uuid)))
    query = sa.select(quality_check).where(*mine, items, quality_check.c.state == "open").order_by(quality_check.c.id)
    checks = {(row.item_id, row.lot_id): row for row in await tx.conn.execute(query.with_for_update())}
    if any(lot not in checks or checks[lot].checked > 0 for lot in sums):
        raise Refusal("check_decided")
    lower = [{"check": checks[lot].id, "less": quantity} for lot, quantity in sums.items()]
    by_id = quality_check.update().where(quality_check.c.id == sa.bindparam("check"))
    await tx.conn.execute(by_id.values(quantity=quality_check.c.quantity - sa.bindparam("less")), lower)
    gone = [checks[lot].id for lot, quantity in sums.items() if checks[lot].quantity == quantity]
    await cancel_tasks(tx, subject_ids=gone)
    await tx.conn.execute(quality_check.delete().where(quality_check.c.id == sa.any_(sa.cast(gone, ARRAY(sa.Uuid)))))
