"""Receiving a return: the goods are what they were, in condition `returned` until somebody has looked at them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.returns.announce_return import load_shipped
from wms.returns.shipped import key_of
from wms.returns.sql import LineChanges, find_place, load_lines, lock_return
from wms.returns.tables import goods_return, returned_goods
from wms.returns.windows import too_late, zone_of
from wms.returns.wire import MAX_LINES, LineNo, ReturnState, Text60
from wms.stock.post import Entry, post
from wms.stock.virtual import virtual_location
from wms.stock.wire import PositiveQuantity, Quantity, quantity_text


class ReturnedLine(BaseModel):
    line_no: LineNo
    quantity: PositiveQuantity


class ReceiveBody(BaseModel):
    """`arrived_at`: when it came, where it is counted later; left out: now."""

    location: Text60
    arrived_at: AwareDatetime | None = None
    lines: Annotated[list[ReturnedLine], Field(min_length=1, max_length=MAX_LINES)]


class ReceiveReturn(ReceiveBody):
    id: UUID


class ReturnReceived(BaseModel):
    """`tax_free`: whether it came in time for relief from import taxes; null where there is none to have."""

    id: UUID
    state: ReturnState
    received: Quantity
    tax_free: bool | None


async def receive_return(tx: Tx, command: ReceiveReturn) -> ReturnReceived:
    """Refuses `return_state`, `return_too_late`, `in_the_future`, `unknown_line_no`, `over_return`, and what places refuse."""
    found = await lock_return(tx, command.id, "return.receive", "announced", "receiving", "inspected")
    arrived_on = await _check_time(tx, command, found)
    place = await find_place(tx, found.site, command.location)
    counts = _counts(command, await load_lines(tx, found.id))
    shipped = await load_shipped(tx, [line.entry_id for line, _ in counts])
    outside = await virtual_location(tx, found.site, "outside")
    entries = _entries(command, counts, shipped, outside, place.id)
    await post(tx, entries, cause="return", site=found.site)
    changes = LineChanges()
    waiting = []
    for (line, quantity), entry in zip(counts, entries, strict=True):
        changes.add(line.id, received=quantity)
        assert not isinstance(entry.target, UUID)
        row = {"id": tx.new_id(), "line_id": line.id, "stock_id": entry.target.id, "quantity": quantity}
        waiting.append(row)
    await tx.conn.execute(returned_goods.insert(), waiting)
    await changes.save(tx)
    tax_free = _tax_free(found, arrived_on)
    values = {"state": "receiving", "received_at": found.received_at or tx.now, "tax_free": tax_free}
    await tx.conn.execute(goods_return.update().where(goods_return.c.id == found.id).values(values))
    total = sum((quantity for _, quantity in counts), Decimal(0))
    told = {"return_kind": found.kind, "quantity": str(total), "tax_free": tax_free}
    await tell(tx, "return.received", found.id, site=found.site, owner_id=found.owner_id, **told)
    return ReturnReceived(id=found.id, state="receiving", received=total, tax_free=tax_free)


async def _check_time(tx: Tx, command: ReceiveReturn, found: sa.Row[Any]) -> date:
    """The day it came, on the site's calendar. Goods cannot come before they were announced to."""
    at = command.arrived_at or tx.now
    if at > tx.now:
        raise Refusal("in_the_future", field="arrived_at")
    if found.clock_starts_at is not None and at < found.clock_starts_at:
        raise Refusal("invalid_request", field="arrived_at")
    day = at.astimezone(await zone_of(tx, found.site)).date()
    if found.arrive_by_on is not None and day > found.arrive_by_on:
        raise too_late(found.kind, "arrive", found.arrive_by_on)
    return day


def _tax_free(found: sa.Row[Any], arrived_on: date) -> bool | None:
    """Relief is for what came in time; once lost for a part, it is lost for the return."""
    if found.tax_free_by_on is None:
        return False if found.kind == "export" else None
    in_time: bool = arrived_on <= found.tax_free_by_on
    return in_time and found.tax_free is not False


def _counts(command: ReceiveReturn, lines: Sequence[sa.Row[Any]]) -> list[tuple[sa.Row[Any], Decimal]]:
    by_no = {line.line_no: line for line in lines}
    sums: dict[int, Decimal] = {}
    for place, one in enumerate(command.lines):
        if one.line_no not in by_no:
            raise Refusal("unknown_line_no", field=f"lines.{place}.line_no", line=one.line_no, sku="")
        sums[one.line_no] = sums.get(one.line_no, Decimal(0)) + one.quantity
        line = by_no[one.line_no]
        left = line.quantity - line.received
        if sums[one.line_no] > left:
            told = {"wanted": quantity_text(sums[one.line_no]), "returnable": quantity_text(left)}
            raise Refusal("over_return", field=f"lines.{place}.quantity", sku=f"#{one.line_no}", **told)
    return [(by_no[number], quantity) for number, quantity in sums.items()]


def _entries(
    command: ReceiveReturn,
    counts: Sequence[tuple[sa.Row[Any], Decimal]],
    shipped: Mapping[int, sa.Row[Any]],
    outside: UUID,
    place_id: UUID,
) -> list[Entry]:
    """From outside to the place, each with the dimensions its goods had; catch weight in proportion to what left."""
    entries = []
    for line, quantity in counts:
        row = shipped.get(line.entry_id)
        if row is None:
            raise Refusal("not_found", field=f"lines.{line.line_no}")  # its shipment was undone meanwhile
        so_far, after = line.received, line.received + quantity
        entries.append(
            Entry(
                source=outside,
                target=key_of(row, place_id, "returned"),
                quantity=quantity,
                document_id=line.id,
                weight_g=int(row.weight_g * after / row.shipped) - int(row.weight_g * so_far / row.shipped),
                happened_at=command.arrived_at,
            )
        )
    return entries
