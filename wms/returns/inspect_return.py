"""Inspecting what came back: good goods are stock again and are put away, the others are kept apart as what they are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.putaway.cross_dock_rules import Kind
from wms.putaway.want_putaway import Arrival, want_putaway
from wms.returns.shipped import among
from wms.returns.sql import LineChanges, load_lines, lock_return
from wms.returns.tables import goods_return, returned_goods
from wms.returns.wire import MAX_LINES, Grade, LineNo, ReturnState
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.tables import stock, unit
from wms.stock.wire import PositiveQuantity, quantity_text


class GradedLine(BaseModel):
    line_no: LineNo
    quantity: PositiveQuantity
    grade: Grade


class InspectBody(BaseModel):
    lines: Annotated[list[GradedLine], Field(min_length=1, max_length=MAX_LINES)]


class InspectReturn(InspectBody):
    id: UUID


class ReturnInspected(BaseModel):
    """`inspected` when nothing of what came waits any more."""

    id: UUID
    state: ReturnState


@dataclass(frozen=True, slots=True)
class Graded:
    goods_id: UUID
    line_id: UUID
    key: StockKey
    sku: str
    quantity: Decimal
    grade: Grade
    weight_g: int


async def inspect_return(tx: Tx, command: InspectReturn) -> ReturnInspected:
    """Refuses `return_state`, `unknown_line_no`, and `over_return` for more than waits for inspection."""
    found = await lock_return(tx, command.id, "return.inspect", "receiving")
    graded = await _grade(tx, command, found)
    entries = [
        Entry(
            one.key,
            one.key.become(condition=one.grade),
            one.quantity,
            guard=one.grade == "good",
            document_id=one.line_id,
            weight_g=one.weight_g,
        )
        for one in graded
    ]
    await post(tx, entries, cause="return_grade", site=found.site)
    changes = LineChanges()
    used: dict[UUID, Decimal] = defaultdict(Decimal)
    for one in graded:
        changes.add(one.line_id, **{one.grade: one.quantity})
        used[one.goods_id] += one.quantity
    await changes.save(tx)
    await _use(tx, used)
    await _put_away(tx, found, graded)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in graded:
        sums[one.grade] += one.quantity
    told = {grade: str(quantity) for grade, quantity in sums.items()}
    await tell(tx, "return.inspected", found.id, site=found.site, owner_id=found.owner_id, **told)
    return ReturnInspected(id=found.id, state=await _save_state(tx, found))


async def _waiting(tx: Tx, line_ids: set[UUID]) -> dict[UUID, list[Any]]:
    found = await tx.conn.execute(
        sa.select(
            *(returned_goods.c.id, returned_goods.c.line_id, returned_goods.c.quantity, trade_item.c.sku),
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, stock.c.weight_g),
            stock.c.quantity.label("on_hand"),
        )
        .join(stock, stock.c.id == returned_goods.c.stock_id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .where(among(returned_goods.c.line_id, line_ids), returned_goods.c.quantity > 0)
        .order_by(returned_goods.c.id)
    )
    by_line: dict[UUID, list[Any]] = defaultdict(list)
    for row in found:
        by_line[row.line_id].append(row)
    return by_line


async def _grade(tx: Tx, command: InspectReturn, found: sa.Row[Any]) -> list[Graded]:
    """Which of what waits gets which grade, in the order in which it came."""
    lines = {line.line_no: line for line in await load_lines(tx, found.id)}
    waiting = await _waiting(tx, {line.id for line in lines.values()})
    left = {row.id: row.quantity for rows in waiting.values() for row in rows}
    graded = []
    for place, one in enumerate(command.lines):
        if one.line_no not in lines:
            raise Refusal("unknown_line_no", field=f"lines.{place}.line_no", line=one.line_no, sku="")
        missing = one.quantity
        for row in waiting[lines[one.line_no].id]:
            taken = min(missing, left[row.id])
            if taken > 0:
                left[row.id] -= taken
                missing -= taken
                grams = int(row.weight_g * taken / row.on_hand) if row.weight_g else 0
                graded.append(Graded(row.id, row.line_id, _key(row), row.sku, taken, one.grade, grams))
        if missing:
            told = {"wanted": quantity_text(one.quantity), "returnable": quantity_text(one.quantity - missing)}
            raise Refusal("over_return", field=f"lines.{place}.quantity", sku=f"#{one.line_no}", **told)
    return graded


def _key(row: Any) -> StockKey:
    return StockKey(
        place_id=row.place_id,
        item_id=row.item_id,
        owner_id=row.owner_id,
        customs_status=row.customs_status,
        condition=row.condition,
        lot_id=row.lot_id,
        serial_id=row.serial_id,
        account_line_id=row.account_line_id,
    )


_USE = sa.text(
    "UPDATE returned_goods g SET quantity = g.quantity - n.used FROM unnest(:ids, :used) AS n(id, used) WHERE g.id = n.id"
).bindparams(sa.bindparam("ids", type_=sa.ARRAY(sa.Uuid)), sa.bindparam("used", type_=sa.ARRAY(sa.Numeric(18, 6))))


async def _use(tx: Tx, used: dict[UUID, Decimal]) -> None:
    ids = sorted(used)
    await tx.conn.execute(_USE, {"ids": ids, "used": [used[id] for id in ids]})


async def _put_away(tx: Tx, found: sa.Row[Any], graded: Sequence[Graded]) -> None:
    good: dict[StockKey, Decimal] = defaultdict(Decimal)
    skus = {}
    for one in graded:
        if one.grade == "good":
            key = one.key.become(condition="good")
            good[key] += one.quantity
            skus[key] = one.sku
    places = {key.place_id for key in good}
    in_units = set(await tx.conn.scalars(sa.select(unit.c.id).where(among(unit.c.id, places))))
    arrivals = [
        Arrival(
            subject_id=key.id,
            is_unit=False,
            location_id=key.place_id,
            owner_id=key.owner_id,
            contents={Kind(key.item_id, key.owner_id, key.customs_status): quantity},
            label=skus[key],
            document_id=found.id,
        )
        for key, quantity in good.items()
        if key.place_id not in in_units
    ]
    await want_putaway(tx, found.site, arrivals)


async def _save_state(tx: Tx, found: sa.Row[Any]) -> ReturnState:
    """Closed when all that was announced came and was graded."""
    lines = await load_lines(tx, found.id)
    graded = sum(line.good + line.damaged + line.quarantine for line in lines)
    state: ReturnState = "receiving"
    if graded == sum(line.quantity for line in lines):
        state = "closed"
    elif graded == sum(line.received for line in lines):
        state = "inspected"
    values = {"state": state, "closed_at": tx.now if state == "closed" else None}
    await tx.conn.execute(goods_return.update().where(goods_return.c.id == found.id).values(values))
    if state == "closed":
        await tell(tx, "return.closed", found.id, site=found.site, owner_id=found.owner_id)
    return state
