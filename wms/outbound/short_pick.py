"""Short picks: the goods are not where the ledger says. Count the bin, look elsewhere, and say honestly what is missing."""

from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.outbound.allocate import allocate_orders
from wms.outbound.pick_work import finish_lists, lock_pick, tell_when_picked
from wms.outbound.sql import REMAINDER, LineChanges
from wms.outbound.tables import order_line, pick
from wms.outbound.wire import OrderState
from wms.stock.reserve import release
from wms.stock.wire import Quantity
from wms.tasks.add_tasks import NewTask, add_tasks


class ShortPick(BaseModel):
    id: UUID


class PickShort(BaseModel):
    """`picks` are the new ones of the line; `remainder` what nobody has. `count_task_id` is null when a count was waiting."""

    id: UUID
    missing: Quantity
    picks: list[UUID]
    remainder: Quantity
    count_task_id: UUID | None
    order_state: OrderState


async def short_pick(tx: Tx, command: ShortPick) -> PickShort:
    """Declare what is left of a pick missing.

    The location gets one count task however many pickers stand before it, and until it is counted nothing of that stock is
    promised again. New picks join the walk at its end.
    """
    found, owned = await lock_pick(tx, command.id)
    missing: Decimal = found.quantity - found.picked
    count = NewTask(
        kind="count",
        site=owned.site,
        priority=5,
        location_id=found.location_id,
        subject_id=found.location_id,
        dedupe_key=f"count:{found.location_id}",
        payload={"reason": "short_pick", "sku": found.sku, "pick_id": str(found.id)},
    )
    counts = await add_tasks(tx, [count])
    await tx.conn.execute(
        pick.update().where(pick.c.id == found.id).values(state="short", location_id=found.location_id)
    )
    changes = LineChanges()
    changes.add(found.line_id, reserved=-missing)
    await changes.save(tx)
    await release(tx, [found.reservation_id])
    before = set(await _open_of_line(tx, found.line_id))
    answer = (await allocate_orders(tx, {owned.id: owned}))[owned.id]
    made = [id for id in await _open_of_line(tx, found.line_id) if id not in before]
    if found.list_id is not None:
        await _join_list(tx, found.list_id, owned.id)
    await finish_lists(tx, [found.list_id])
    await tell(
        tx, "order.short", owned.id, site=owned.site, owner_id=owned.owner_id, sku=found.sku, missing=str(missing)
    )
    await tell_when_picked(tx, owned)
    remainder = await tx.conn.scalar(sa.select(REMAINDER).where(order_line.c.id == found.line_id)) or Decimal(0)
    return PickShort(
        id=found.id,
        missing=missing,
        picks=made,
        remainder=remainder,
        count_task_id=counts[0] if counts else None,
        order_state=answer.state,
    )


async def _open_of_line(tx: Tx, line_id: UUID) -> list[UUID]:
    return list(
        await tx.conn.scalars(
            sa.select(pick.c.id).where(pick.c.line_id == line_id, pick.c.state == "open").order_by(pick.c.id)
        )
    )


async def _join_list(tx: Tx, list_id: UUID, order_id: UUID) -> None:
    """Put the order's picks that are on no list onto this one: at the stop of their location, or after the last."""
    await tx.conn.execute(
        sa.text(
            """
            WITH last AS (SELECT coalesce(max(stop_no), 0) AS n FROM pick WHERE list_id = :list_id),
            stops AS (SELECT DISTINCT location_id, stop_no FROM pick WHERE list_id = :list_id),
            fresh AS (
                SELECT p.location_id, row_number() OVER (ORDER BY p.location_id) AS n
                FROM pick p WHERE p.order_id = :order_id AND p.state = 'open' AND p.list_id IS NULL
                AND p.location_id NOT IN (SELECT location_id FROM stops) GROUP BY p.location_id
            )
            UPDATE pick SET list_id = :list_id, stop_no = coalesce(
                (SELECT min(stop_no) FROM stops WHERE stops.location_id = pick.location_id),
                (SELECT last.n + fresh.n FROM last, fresh WHERE fresh.location_id = pick.location_id))
            WHERE pick.order_id = :order_id AND pick.state = 'open' AND pick.list_id IS NULL
            """
        ),
        {"list_id": list_id, "order_id": order_id},
    )
    await tx.conn.execute(
        sa.text(
            "UPDATE pick_list SET stop_count = (SELECT count(DISTINCT stop_no) FROM pick WHERE list_id = :id) WHERE id = :id"
        ),
        {"id": list_id},
    )
