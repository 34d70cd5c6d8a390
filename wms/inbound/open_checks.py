"""Inspection plans at work: what a receipt brings that is sampled waits as `quality_check` and opens a check of its lot."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.inbound.count import Count
from wms.inbound.receipt_rules import sample_size
from wms.inbound.tables import inspection_plan, quality_check
from wms.kit.db import Tx
from wms.tasks.add_tasks import NewTask, add_tasks

Lot = tuple[UUID, UUID | None]


async def apply_plans(tx: Tx, wanted: sa.Row[Any], dock: sa.Row[Any], counts: Sequence[Count]) -> tuple[list[str], int]:
    """The condition in which each count enters the stock, and how many lots are to be checked.

    Damaged goods need no sample. Goods of a lot that failed here before go into quarantine at once.
    """
    plans = await _plans(tx, wanted)
    if not plans:
        return [count.condition for count in counts], 0
    failed = await _failed(tx, wanted, [count.lot_id for count in counts if count.lot_id is not None])
    conditions = []
    sums: dict[Lot, Decimal] = defaultdict(Decimal)
    by_lot: dict[Lot, sa.Row[Any]] = {}
    for count in counts:
        plan = plan_for(plans, count.item.id, wanted.supplier_id)
        if count.condition != "good" or plan is None:
            conditions.append(count.condition)
        elif count.lot_id in failed:
            conditions.append("quarantine")
        else:
            conditions.append("quality_check")
            sums[count.item.id, count.lot_id] += count.quantity
            by_lot[count.item.id, count.lot_id] = plan
    if sums:
        await _open(tx, wanted, dock, sums, by_lot, {count.item.id: count.item.sku for count in counts})
    return conditions, len(sums)


def plan_for(plans: Sequence[sa.Row[Any]], item_id: UUID, supplier_id: UUID | None) -> sa.Row[Any] | None:
    """The plan that says most about these goods: article and supplier, then article, then supplier, then any."""
    fitting = [
        plan
        for plan in plans
        if plan.item_id in (None, item_id) and (plan.supplier_id is None or plan.supplier_id == supplier_id)
    ]
    return max(fitting, key=lambda one: (one.item_id is not None, one.supplier_id is not None), default=None)


async def _plans(tx: Tx, wanted: sa.Row[Any]) -> list[sa.Row[Any]]:
    query = sa.select(inspection_plan).where(inspection_plan.c.site == wanted.site, inspection_plan.c.active)
    return list((await tx.conn.execute(query)).all())


async def _failed(tx: Tx, wanted: sa.Row[Any], lot_ids: list[UUID]) -> set[UUID | None]:
    rows = await tx.conn.scalars(
        sa.select(quality_check.c.lot_id).where(
            quality_check.c.lot_id == sa.any_(sa.cast(lot_ids, ARRAY(sa.Uuid))),
            quality_check.c.state == "failed",
            quality_check.c.site == wanted.site,
        )
    )
    return set(rows)


async def _open(
    tx: Tx,
    wanted: sa.Row[Any],
    dock: sa.Row[Any],
    sums: dict[Lot, Decimal],
    plans: dict[Lot, sa.Row[Any]],
    skus: dict[UUID, str],
) -> None:
    """Open the checks of lots; more of a lot whose check is open joins it, and its sample grows with it."""
    row = insert(quality_check)
    upsert = row.on_conflict_do_update(
        index_elements=["site", "owner_id", "item_id", "lot_id"],
        index_where=sa.text("state = 'open'"),
        set_={"quantity": quality_check.c.quantity + row.excluded.quantity},
    )
    # In the order of lots: two receipts that bring the same lots wait for each other in turn.
    rows = [_check(tx, wanted, lot, plans[lot], sums[lot]) for lot in sorted(sums, key=str)]
    columns = (quality_check.c.id, quality_check.c.item_id, quality_check.c.lot_id, quality_check.c.quantity)
    kept = (await tx.conn.execute(upsert.returning(*columns), rows)).all()
    samples = [
        {"check": one.id, "size": sample_size(one.quantity, plan.sample_percent, plan.sample_minimum)}
        for one in kept
        for plan in [plans[one.item_id, one.lot_id]]
    ]
    by_id = quality_check.update().where(quality_check.c.id == sa.bindparam("check"))
    await tx.conn.execute(by_id.values(sample=sa.bindparam("size")), samples)
    work = [
        NewTask(
            kind="quality",
            site=wanted.site,
            location_id=dock.id,
            owner_id=wanted.owner_id,
            document_id=wanted.id,
            subject_id=one.id,
            dedupe_key=f"quality/{one.id}",
            payload={"check": str(one.id), "label": skus[one.item_id]},
        )
        for one in kept
    ]
    await add_tasks(tx, work)


def _check(tx: Tx, wanted: sa.Row[Any], lot: Lot, plan: sa.Row[Any], quantity: Decimal) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "site": wanted.site,
        "owner_id": wanted.owner_id,
        "notice_id": wanted.id,
        "plan_id": plan.id,
        "item_id": lot[0],
        "lot_id": lot[1],
        "state": "open",
        "quantity": quantity,
        "sample": 1,
        "accept_number": plan.accept_number,
        "checked": 0,
        "defects": 0,
        "opened_at": tx.now,
    }
