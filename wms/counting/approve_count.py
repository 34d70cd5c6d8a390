"""Approving a variance, by a person who counted none of it. The books are asked again: late postings explain themselves.

Goods of a bonded account are not adjusted: they become proposals, which customs' document lets be posted.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.access.audit import audit
from wms.counting.ask_counts import want_counting
from wms.counting.rules import needs_another, needs_customs
from wms.counting.sql import UUIDS, expected_at, lock_count
from wms.counting.submit_count import end_count
from wms.counting.tables import count, count_line, count_proposal
from wms.counting.wire import CountChanged, Note
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.tables import stock
from wms.stock.virtual import virtual_location
from wms.tasks.complete_task import cancel_tasks


class DecideCount(BaseModel):
    count_id: UUID
    note: Note


class CountApproved(BaseModel):
    """`adjusted` lines were posted; `proposed` ones wait for customs."""

    id: UUID
    posting_id: UUID | None
    adjusted: int
    proposed: list[UUID]


async def approve_count(tx: Tx, command: DecideCount) -> CountApproved:
    """Refuses `four_eyes` to who counted, `count_not_ready`, and `insufficient_stock` where orders reserved what is missing."""
    row = await lock_count(tx, command.count_id, "count.approve")
    if row.state != "to_approve":
        raise Refusal("count_not_ready", state=row.state)
    if needs_another(tx.actor.id, row.counters):
        raise Refusal("four_eyes")
    differing = await _variances(tx, row)
    bonded = [one for one in differing if needs_customs(one.customs_status, one.account_line_id)]
    plain = [one for one in differing if not needs_customs(one.customs_status, one.account_line_id)]
    proposed = await _propose(tx, row, bonded)
    posting_id = await adjust(tx, row.site, row.id, [(key_of(one), one.variance, one) for one in plain])
    await tx.conn.execute(
        count.update()
        .where(count.c.id == row.id)
        .values(state="closed", closed_at=tx.now, approved_by=tx.actor.id, posting_id=posting_id)
    )
    await end_count(tx, row, "adjusted" if differing else "agreed")
    lines = [{"stock_id": str(one.stock_id), "variance": f"{one.variance:f}"} for one in differing[:100]]
    await audit(tx, "count.approve", str(row.id), note=command.note, location=row.location, lines=lines)
    return CountApproved(id=row.id, posting_id=posting_id, adjusted=len(plain), proposed=proposed)


async def ask_recount(tx: Tx, command: DecideCount) -> CountChanged:
    """Not believed: somebody who has not counted it yet counts again."""
    row = await lock_count(tx, command.count_id, "count.approve")
    if row.state != "to_approve":
        raise Refusal("count_not_ready", state=row.state)
    await tx.conn.execute(count.update().where(count.c.id == row.id).values(state="recount"))
    await want_counting(tx, row.site, {row.location_id: row.id}, "request", note=command.note)
    return CountChanged(id=row.id, state="recount")


async def cancel_count(tx: Tx, command: DecideCount) -> CountChanged:
    """Nothing is adjusted. A place that a picker found short waits on for its count."""
    row = await lock_count(tx, command.count_id, "count.plan")
    if row.state in ("closed", "cancelled"):
        raise Refusal("count_closed", state=row.state)
    await tx.conn.execute(count.update().where(count.c.id == row.id).values(state="cancelled", closed_at=tx.now))
    if row.reason != "short_pick":
        await cancel_tasks(tx, document_id=row.id)
    await end_count(tx, row, "cancelled")
    await audit(tx, "count.cancel", str(row.id), note=command.note, location=row.location)
    return CountChanged(id=row.id, state="cancelled")


class _Variance(BaseModel):
    """A line of the last round whose goods differ from the books as they are known now."""

    stock_id: UUID
    place_id: UUID
    item_id: UUID
    owner_id: UUID
    customs_status: str
    condition: str
    lot_id: UUID | None
    serial_id: UUID | None
    account_line_id: UUID | None
    weight_g: int
    counted_at: Any
    variance: Decimal


async def _variances(tx: Tx, row: sa.Row[Any]) -> list[_Variance]:
    mine = sa.and_(count_line.c.count_id == row.id, count_line.c.round == row.round)
    lines = (await tx.conn.execute(sa.select(count_line).where(mine).order_by(count_line.c.stock_id))).all()
    expected = await expected_at(tx, row.location_id, {line.stock_id: line.counted_at for line in lines})
    changed = [line.stock_id for line in lines if line.expected != expected[line.stock_id]]
    for id in changed:
        values = {"expected": expected[id]}
        await tx.conn.execute(count_line.update().where(mine, count_line.c.stock_id == id).values(values))
    return [
        _Variance(**dict(line._mapping) | {"variance": line.counted - expected[line.stock_id]})
        for line in lines
        if line.counted != expected[line.stock_id]
    ]


def key_of(row: Any) -> StockKey:
    return StockKey(
        *(row.place_id, row.item_id, row.owner_id, row.customs_status, row.condition),
        *(row.lot_id, row.serial_id, row.account_line_id),
    )


async def adjust(tx: Tx, site: str, document_id: UUID, variances: list[tuple[StockKey, Decimal, Any]]) -> UUID | None:
    """Post variances to and from what was lost, as of when they were counted; holds do not keep the books wrong."""
    if not variances:
        return None
    lost = await virtual_location(tx, site, "lost")
    shares = await _weights(tx, [key.id for key, _, _ in variances])
    entries = []
    for key, variance, line in variances:
        quantity, weight_g = shares.get(key.id, (Decimal(0), 0))
        short = variance < 0
        grams = _share(-variance, quantity, weight_g) if short else line.weight_g
        entries.append(
            Entry(
                source=key if short else lost,
                target=lost if short else key,
                quantity=abs(variance),
                weight_g=grams,
                despite_holds=True,
                document_id=document_id,
                happened_at=line.counted_at,
            )
        )
    posting_id = await post(tx, entries, cause="count_variance", site=site)
    for owner_id in sorted({key.owner_id for key, _, _ in variances}):
        lines = sum(key.owner_id == owner_id for key, _, _ in variances)
        await tell(
            tx, "stock.adjusted", posting_id, site=site, owner_id=owner_id, document=str(document_id), lines=lines
        )
    return posting_id


def _share(quantity: Decimal, of: Decimal, weight_g: int) -> int:
    if weight_g == 0 or quantity >= of:
        return weight_g
    return int(weight_g * quantity / of)


async def _weights(tx: Tx, ids: list[UUID]) -> dict[UUID, tuple[Decimal, int]]:
    rows = await tx.conn.execute(
        sa.select(stock.c.id, stock.c.quantity, stock.c.weight_g).where(stock.c.id == sa.any_(sa.cast(ids, UUIDS)))
    )
    return {row.id: (row.quantity, row.weight_g) for row in rows}


async def _propose(tx: Tx, row: sa.Row[Any], bonded: list[_Variance]) -> list[UUID]:
    rows = [
        {
            "id": tx.new_id(),
            "count_id": row.id,
            "round": row.round,
            "stock_id": one.stock_id,
            "site": row.site,
            "owner_id": one.owner_id,
            "account_line_id": one.account_line_id,
            "quantity": one.variance,
            "state": "proposed",
            "proposed_at": tx.now,
        }
        for one in bonded
    ]
    if rows:
        await tx.conn.execute(count_proposal.insert(), rows)
    for owner_id in sorted({one.owner_id for one in bonded}):
        await tell(tx, "count.variance_proposed", row.id, site=row.site, owner_id=owner_id)
    return [row["id"] for row in rows]
