"""Posting what came: one posting, however many lines, and everything that follows from it.

Lock order: the notice (all receipts of a notice queue here, so that its tolerance is of the total), checks, demand, then what
the ledger locks.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import JSONB

from wms.inbound.count import Count
from wms.inbound.find_discrepancies import Found, note_discrepancies
from wms.inbound.open_checks import apply_plans
from wms.inbound.tables import notice, receipt
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.putaway.cross_dock_rules import Kind
from wms.putaway.want_putaway import Arrival, want_putaway
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.tables import location
from wms.stock.virtual import virtual_location
from wms.stock.wire import Quantity

RECEIVING_KINDS = ("dock", "quality", "staging")


class ReceiptPosted(BaseModel):
    """`id` is the posting's too. `discrepancies`: how many exceptions this receipt made."""

    id: UUID
    lines: int
    quantity: Quantity
    quality_checks: int
    discrepancies: int
    units: list[str]


async def lock_notice(tx: Tx, id: UUID, right: str) -> sa.Row[Any]:
    """A notice that may still be received against, locked. Refuses `not_found` and `notice_closed`."""
    row = (await tx.conn.execute(sa.select(notice).where(notice.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need(right, row.site)
    tx.actor.need_owner(row.owner_id)
    if row.state in ("closed", "cancelled"):
        raise Refusal("notice_closed", notice=row.notice_no, state=row.state)
    return row


async def find_dock(tx: Tx, site: str, name: str) -> sa.Row[Any]:
    """Refuses `unknown_location`, `location_disabled`, and `wrong_location_kind` for a place where goods are not received."""
    query = sa.select(location).where(location.c.site == site, location.c.name == name, ~location.c.virtual)
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("unknown_location", location=name, field="location")
    if not row.enabled:
        raise Refusal("location_disabled", location=name, field="location")
    if row.kind not in RECEIVING_KINDS:
        raise Refusal("wrong_location_kind", location=name, kind=row.kind, field="location")
    return row


async def post_receipt(
    tx: Tx, wanted: sa.Row[Any], dock: sa.Row[Any], counts: Sequence[Count], units: Sequence[tuple[UUID, str]] = ()
) -> ReceiptPosted:
    """Post counts of a locked notice. `units`: id and label of the outermost units that came, already moved to the dock."""
    id = tx.new_id()
    checked, checks = await apply_plans(tx, wanted, dock, counts)
    keys = [_key(wanted, count, condition) for count, condition in zip(counts, checked, strict=True)]
    outside = await virtual_location(tx, wanted.site, "outside")
    entries = [
        Entry(outside, key, count.quantity, document_id=count.line_id, weight_g=count.weight_g)
        for count, key in zip(counts, keys, strict=True)
    ]
    await post(tx, entries, cause="receive", site=wanted.site, posting_id=id)
    await add_to_lines(tx, counts)
    found = await note_discrepancies(tx, wanted, _exceptions(counts))
    await want_putaway(tx, wanted.site, _arrivals(id, wanted, dock, counts, keys, units))
    await _save(tx, id, wanted, dock, len({count.line_id for count in counts}), [unit_id for unit_id, _ in units])
    total = sum((count.quantity for count in counts), Decimal(0))
    told = {"receipt_id": str(id), "notice_no": wanted.notice_no, "lines": len(counts), "quantity": str(total)}
    await tell(tx, "receipt.posted", wanted.id, site=wanted.site, owner_id=wanted.owner_id, **told)
    return ReceiptPosted(
        id=id,
        lines=len({count.line_id for count in counts}),
        quantity=total,
        quality_checks=checks,
        discrepancies=found,
        units=[label for _, label in units],
    )


def _key(wanted: sa.Row[Any], count: Count, condition: str) -> StockKey:
    return StockKey(
        place_id=count.place_id,
        item_id=count.item.id,
        owner_id=wanted.owner_id,
        customs_status=wanted.customs_status,
        condition=condition,
        lot_id=count.lot_id,
        serial_id=count.serial_id,
        account_line_id=count.account_line_id,
    )


_ADD = sa.text(
    """
    UPDATE notice_line SET received = received + w.more, damaged = notice_line.damaged + w.broken FROM (
        SELECT id, sum(more) AS more, sum(broken) AS broken
        FROM jsonb_to_recordset(:counts) AS c(id uuid, more numeric, broken numeric) GROUP BY id
    ) w WHERE notice_line.id = w.id
    """
).bindparams(sa.bindparam("counts", type_=JSONB))


async def add_to_lines(tx: Tx, counts: Sequence[Count], sign: int = 1) -> None:
    """Count towards the lines, or, with sign -1, take back."""
    rows = [
        {
            "id": str(count.line_id),
            "more": str(sign * count.quantity),
            "broken": str(sign * count.quantity if count.condition == "damaged" else 0),
        }
        for count in counts
    ]
    await tx.conn.execute(_ADD, {"counts": rows})


def _exceptions(counts: Sequence[Count]) -> list[Found]:
    sums: dict[tuple[str, UUID, UUID], Decimal] = defaultdict(Decimal)
    for count in counts:
        if count.condition == "damaged":
            sums["damaged", count.line_id, count.item.id] += count.quantity
        if count.blind:
            sums["blind_receipt", count.line_id, count.item.id] += count.quantity
    return [Found(kind, quantity, line_id, item_id) for (kind, line_id, item_id), quantity in sums.items()]


def _arrivals(
    id: UUID,
    wanted: sa.Row[Any],
    dock: sa.Row[Any],
    counts: Sequence[Count],
    keys: Sequence[StockKey],
    units: Sequence[tuple[UUID, str]],
) -> list[Arrival]:
    """What is to be put away: units as wholes, loose goods by stock row. What waits for its check waits with it."""
    labels = dict(units)
    waiting: set[UUID] = set()
    contents: dict[UUID, dict[Kind, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for count, key in zip(counts, keys, strict=True):
        subject_id = count.root_id or key.id
        labels.setdefault(subject_id, count.item.sku)
        if key.condition == "quality_check":
            waiting.add(subject_id)
        # Damaged goods serve nobody: without contents an arrival matches no demand.
        if key.condition == "good":
            contents[subject_id][Kind(key.item_id, key.owner_id, key.customs_status)] += count.quantity
        else:
            contents[subject_id]
    boxed = {count.root_id for count in counts if count.root_id is not None}
    return [
        Arrival(
            subject_id=subject_id,
            is_unit=subject_id in boxed,
            location_id=dock.id,
            owner_id=wanted.owner_id,
            contents=dict(kinds),
            label=labels[subject_id],
            document_id=id,
        )
        for subject_id, kinds in contents.items()
        if subject_id not in waiting
    ]


async def _save(tx: Tx, id: UUID, wanted: sa.Row[Any], dock: sa.Row[Any], lines: int, unit_ids: list[UUID]) -> None:
    await tx.conn.execute(
        receipt.insert().values(
            id=id,
            notice_id=wanted.id,
            location_id=dock.id,
            lines=lines,
            unit_ids=[str(one) for one in unit_ids],
            received_at=tx.now,
            received_by=tx.actor.id,
        )
    )
    if wanted.state != "receiving":
        await tx.conn.execute(notice.update().where(notice.c.id == wanted.id).values(state="receiving"))
