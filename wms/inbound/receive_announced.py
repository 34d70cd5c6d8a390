"""Receiving as announced: a whole unit by one scan of its SSCC, or everything that is still open by one command."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import ARRAY

from wms.inbound.announce_notice import Sscc
from wms.inbound.arriving_unit import Announced, bring_units
from wms.inbound.count import Count
from wms.inbound.identify import identify
from wms.inbound.item_facts import items_by_id
from wms.inbound.post_receipt import ReceiptPosted, find_dock, lock_notice, post_receipt
from wms.inbound.tables import notice_line, notice_unit
from wms.kit.db import Tx
from wms.kit.refusal import Refusal


class ReceiveUnitBody(BaseModel):
    sscc: Sscc
    location: str = Field(min_length=1, max_length=60)
    condition: Literal["good", "damaged"] = "good"


class ReceiveUnit(ReceiveUnitBody):
    notice_id: UUID


class ReceiveAllBody(BaseModel):
    location: str = Field(min_length=1, max_length=60)


class ReceiveAll(ReceiveAllBody):
    notice_id: UUID


async def receive_unit(tx: Tx, command: ReceiveUnit) -> ReceiptPosted:
    """Receive an announced unit with all that is in it, as the notice says. Refuses `unknown_unit` and `unit_received`."""
    wanted = await lock_notice(tx, command.notice_id, "receipt.post")
    dock = await find_dock(tx, wanted.site, command.location)
    units = await _tree(tx, wanted.id, command.sscc)
    if not units:
        raise Refusal("unknown_unit", unit=command.sscc, field="sscc")
    if units[0].received_at is not None:
        raise Refusal("unit_received", unit=command.sscc)
    if units[0].parent_id is not None:
        units = [_as_root(units[0]), *units[1:]]
    lines = await _open_lines(tx, wanted.id, [row.id for row in units])
    return await _receive(tx, wanted, dock, units, lines, command.condition)


async def receive_all(tx: Tx, command: ReceiveAll) -> ReceiptPosted:
    """Receive every open line and unit as announced, without counting. Refuses `nothing_open`."""
    wanted = await lock_notice(tx, command.notice_id, "receipt.bulk")
    dock = await find_dock(tx, wanted.site, command.location)
    query = sa.select(notice_unit).where(notice_unit.c.notice_id == wanted.id, notice_unit.c.received_at.is_(None))
    units = _outer_first([_announced(row) for row in await tx.conn.execute(query)])
    lines = await _open_lines(tx, wanted.id, None)
    if not units and not lines:
        raise Refusal("nothing_open", notice=wanted.notice_no)
    return await _receive(tx, wanted, dock, units, lines, "good")


@dataclass(frozen=True, slots=True)
class Labels:
    """What the notice says of a line's goods."""

    quantity: Decimal
    lot: str | None
    produced_on: date | None
    best_before_on: date | None
    expires_on: date | None
    serials: list[str]
    weight_g: int


async def _receive(
    tx: Tx,
    wanted: sa.Row[Any],
    dock: sa.Row[Any],
    units: Sequence[Announced],
    lines: Sequence[sa.Row[Any]],
    condition: str,
) -> ReceiptPosted:
    items = await items_by_id(tx, wanted.owner_id, {line.item_id for line in lines})
    read = [(items[line.item_id], _labels(line)) for line in lines]
    seen = await identify(tx, read)
    ids = await bring_units(tx, wanted.site, dock, units)
    roots = _roots(units, ids)
    counts: list[Count] = []
    for line, (item, labels), (lot_id, serial_ids) in zip(lines, read, seen, strict=True):
        each: Sequence[UUID | None] = serial_ids or [None]
        for serial_id in each:
            counts.append(
                Count(
                    line_id=line.id,
                    line_no=line.line_no,
                    item=item,
                    quantity=labels.quantity if serial_id is None else Decimal(1),
                    place_id=ids.get(line.unit_id, dock.id) if line.unit_id else dock.id,
                    condition=condition,
                    lot_id=lot_id,
                    serial_id=serial_id,
                    account_line_id=line.account_line_id,
                    weight_g=labels.weight_g if serial_id is None else 0,
                    root_id=roots.get(line.unit_id) if line.unit_id else None,
                )
            )
    if units:
        mine = notice_unit.c.id == sa.any_(sa.cast([one.id for one in units], ARRAY(sa.Uuid)))
        await tx.conn.execute(notice_unit.update().where(mine).values(received_at=tx.now))
    outer = [(ids[one.id], one.sscc) for one in units if one.parent_id is None or one.parent_id not in ids]
    return await post_receipt(tx, wanted, dock, counts, outer)


def _labels(line: sa.Row[Any]) -> Labels:
    quantity = line.expected - line.received
    weight_g = int(line.weight_g * quantity / line.expected)
    dates = (line.produced_on, line.best_before_on, line.expires_on)
    serials = list(line.serials or []) if line.received == 0 else []
    return Labels(quantity, line.lot_no, *dates, serials, weight_g)


async def _open_lines(tx: Tx, notice_id: UUID, unit_ids: list[UUID] | None) -> list[sa.Row[Any]]:
    query = sa.select(notice_line).where(
        notice_line.c.notice_id == notice_id, notice_line.c.received < notice_line.c.expected
    )
    if unit_ids is not None:
        query = query.where(notice_line.c.unit_id == sa.any_(sa.cast(unit_ids, ARRAY(sa.Uuid))))
    return list((await tx.conn.execute(query.order_by(notice_line.c.line_no))).all())


async def _tree(tx: Tx, notice_id: UUID, sscc: str) -> list[Announced]:
    """The unit of this SSCC and those in it, outer before inner."""
    query = sa.select(notice_unit).where(notice_unit.c.notice_id == notice_id)
    rows = [_announced(row) for row in await tx.conn.execute(query)]
    inside: dict[UUID | None, list[Announced]] = {}
    for row in rows:
        inside.setdefault(row.parent_id, []).append(row)
    found = [row for row in rows if row.sscc == sscc]
    for row in found:  # grows while it is walked
        found += [one for one in inside.get(row.id, ()) if one.received_at is None]
    return found


def _outer_first(rows: list[Announced]) -> list[Announced]:
    by_id = {row.id: row for row in rows}

    def depth(row: Announced) -> int:
        steps, at = 0, row
        while at.parent_id is not None and at.parent_id in by_id:
            steps, at = steps + 1, by_id[at.parent_id]
        return steps

    return sorted((_as_root(row) if row.parent_id not in by_id else row for row in rows), key=depth)


def _as_root(row: Announced) -> Announced:
    """A unit whose outer unit did not come with it: taken out, or received before."""
    return Announced(row.id, row.sscc, row.kind, None, row.weight_g, row.height_mm, row.received_at)


def _announced(row: sa.Row[Any]) -> Announced:
    return Announced(row.id, row.sscc, row.kind, row.parent_id, row.weight_g, row.height_mm, row.received_at)


def _roots(units: Sequence[Announced], ids: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """The outermost unit of each announced one; `units` outer before inner."""
    roots: dict[UUID, UUID] = {}
    for one in units:
        roots[one.id] = roots[one.parent_id] if one.parent_id in roots else ids[one.id]
    return roots
