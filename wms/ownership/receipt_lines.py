"""A receipt under its lock, and its lines as the verbs change them: set-based, however many there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.ownership.tables import receipt_counter, warehouse_receipt, warehouse_receipt_line
from wms.ownership.wire import LineQuantity

_OPEN = ("open", "pledged")


@dataclass(frozen=True, slots=True)
class HeldLine:
    line_no: int
    stock_id: UUID
    item_id: UUID
    quantity: Decimal


async def lock_receipt(tx: Tx, id: UUID, right: str, *, states: Sequence[str] = _OPEN) -> sa.Row[Any]:
    """Refuses `not_found`; and, by the state it is in, `receipt_pledged`, `receipt_not_pledged` or `receipt_closed`."""
    tx.actor.need(right)
    query = sa.select(warehouse_receipt).where(warehouse_receipt.c.id == id).with_for_update()
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need(right, row.site)
    tx.actor.need_owner(row.owner_id)
    if row.state not in states:
        code = {"pledged": "receipt_pledged", "open": "receipt_not_pledged"}.get(row.state, "receipt_closed")
        raise Refusal(code, number=row.number)
    return row


async def load_lines(tx: Tx, receipt_id: UUID) -> dict[int, HeldLine]:
    """Lines that still hold something, by number."""
    line = warehouse_receipt_line
    query = sa.select(line.c.line_no, line.c.stock_id, line.c.item_id, line.c.quantity)
    rows = await tx.conn.execute(
        query.where(line.c.receipt_id == receipt_id, line.c.quantity > 0).order_by(line.c.line_no)
    )
    return {row.line_no: HeldLine(*row) for row in rows}


def wanted_of(lines: Mapping[int, HeldLine], wanted: Iterable[LineQuantity] | None) -> dict[int, Decimal]:
    """Quantities by line; without any, all there is. Refuses `unknown_line_no`, `repeated_line`, `over_receipt_line`."""
    if wanted is None:
        return {number: line.quantity for number, line in lines.items()}
    found: dict[int, Decimal] = {}
    for one in wanted:
        if one.line_no in found:
            raise Refusal("repeated_line", field="lines")
        if one.line_no not in lines:
            raise Refusal("unknown_line_no", field="lines", line_no=one.line_no)
        if one.quantity > lines[one.line_no].quantity:
            raise Refusal("over_receipt_line", line_no=one.line_no, held=str(lines[one.line_no].quantity))
        found[one.line_no] = one.quantity
    return found


_LOWER = sa.text(
    """
    UPDATE warehouse_receipt_line l SET quantity = l.quantity - n.quantity
    FROM unnest(:numbers, :quantities) AS n(line_no, quantity) WHERE l.receipt_id = :id AND l.line_no = n.line_no
    """
).bindparams(
    sa.bindparam("numbers", type_=ARRAY(sa.Integer)),
    sa.bindparam("quantities", type_=ARRAY(sa.Numeric(18, 6))),
    sa.bindparam("id", type_=sa.Uuid),
)
_REPOINT = sa.text(
    """
    UPDATE warehouse_receipt_line l SET stock_id = n.stock_id
    FROM unnest(:numbers, :stocks) AS n(line_no, stock_id) WHERE l.receipt_id = :id AND l.line_no = n.line_no
    """
).bindparams(
    sa.bindparam("numbers", type_=ARRAY(sa.Integer)),
    sa.bindparam("stocks", type_=ARRAY(sa.Uuid)),
    sa.bindparam("id", type_=sa.Uuid),
)


async def lower_lines(tx: Tx, receipt_id: UUID, quantities: Mapping[int, Decimal]) -> None:
    """Take quantities off lines. What they held is let go of, or held by another receipt, in the same transaction."""
    await tx.conn.execute(
        _LOWER, {"id": receipt_id, "numbers": list(quantities), "quantities": list(quantities.values())}
    )


async def repoint_lines(tx: Tx, receipt_id: UUID, stocks: Mapping[int, UUID]) -> None:
    """Lines whose goods moved point to the rows where they are now. Call after the rows are there."""
    await tx.conn.execute(_REPOINT, {"id": receipt_id, "numbers": list(stocks), "stocks": list(stocks.values())})


async def write_receipt(
    tx: Tx, site: str, owner_id: UUID, lines: Sequence[tuple[UUID, UUID, Decimal]], *, parent_id: UUID | None = None
) -> tuple[UUID, str]:
    """A new open receipt over (stock row, article, quantity); its id and its number, which is never given twice."""
    id, number = tx.new_id(), await _next_number(tx, site)
    made = {"id": id, "number": number, "site": site, "owner_id": owner_id, "state": "open", "parent_id": parent_id}
    await tx.conn.execute(warehouse_receipt.insert().values(made | {"issued_at": tx.now, "issued_by": tx.actor.name}))
    rows = [
        {"receipt_id": id, "line_no": line_no, "stock_id": stock_id, "item_id": item_id, "issued": q, "quantity": q}
        for line_no, (stock_id, item_id, q) in enumerate(lines, start=1)
    ]
    await tx.conn.execute(warehouse_receipt_line.insert(), rows)
    return id, number


async def _next_number(tx: Tx, site: str) -> str:
    first = insert(receipt_counter).values(site=site, next_number=2)
    given = await tx.conn.scalar(
        first.on_conflict_do_update(
            index_elements=["site"], set_={"next_number": receipt_counter.c.next_number + 1}
        ).returning(receipt_counter.c.next_number - 1)
    )
    return f"WR-{site}-{given:08d}"
