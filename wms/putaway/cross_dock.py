"""Outbound demand that waits for goods still to come.

The slices that have such demand (orders, transfers) lie above; they ask here and withdraw here, and learn from the fact
`cross_dock.staged` that the goods lie in their lane, reserved for `demand_id`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.putaway.cross_dock_rules import Kind, OpenDemand, Promise
from wms.putaway.tables import cross_dock_demand


@dataclass(frozen=True, slots=True)
class AskCrossDock:
    """`demand_id`: the order or transfer line; once it has asked, asking again is a conflict."""

    site: str
    item_id: UUID
    owner_id: UUID
    customs_status: str
    demand_id: UUID
    lane_id: UUID
    quantity: Decimal
    due_at: datetime | None = None


async def ask_cross_dock(tx: Tx, asked: Sequence[AskCrossDock]) -> list[UUID]:
    """Let demand wait for arrivals. Stock that is already in the house is the business of allocation."""
    rows: list[dict[str, Any]] = [
        {
            "id": tx.new_id(),
            "site": one.site,
            "item_id": one.item_id,
            "owner_id": one.owner_id,
            "customs_status": one.customs_status,
            "demand_id": one.demand_id,
            "lane_id": one.lane_id,
            "due_at": one.due_at,
            "wanted": one.quantity,
            "promised": Decimal(0),
            "asked_at": tx.now,
        }
        for one in asked
    ]
    if rows:
        await tx.conn.execute(cross_dock_demand.insert(), rows)
    return [row["id"] for row in rows]


async def withdraw_cross_dock(tx: Tx, demand_ids: Sequence[UUID]) -> None:
    """Wait no longer. What is already on its way to the lane still comes there."""
    mine = cross_dock_demand.c.demand_id == sa.any_(sa.cast(list(demand_ids), ARRAY(sa.Uuid)))
    await tx.conn.execute(cross_dock_demand.delete().where(mine, cross_dock_demand.c.promised == 0))
    await tx.conn.execute(cross_dock_demand.update().where(mine).values(wanted=cross_dock_demand.c.promised))


async def lock_open_demand(tx: Tx, site: str, item_ids: set[UUID]) -> list[OpenDemand]:
    """What waits for these articles, locked in id order; nothing is locked when nobody waits."""
    query = (
        sa.select(cross_dock_demand)
        .where(
            cross_dock_demand.c.site == site,
            cross_dock_demand.c.item_id == sa.any_(sa.cast(list(item_ids), ARRAY(sa.Uuid))),
            cross_dock_demand.c.promised < cross_dock_demand.c.wanted,
        )
        .order_by(cross_dock_demand.c.id)
        .with_for_update()
    )
    return [
        OpenDemand(
            id=row.id,
            demand_id=row.demand_id,
            kind=Kind(row.item_id, row.owner_id, row.customs_status),
            lane_id=row.lane_id,
            open=row.wanted - row.promised,
            due_at=row.due_at,
        )
        for row in await tx.conn.execute(query)
    ]


async def promise(tx: Tx, promises: Sequence[Promise]) -> None:
    """Count goods at the dock towards the demand they go to. The rows are locked by `lock_open_demand`."""
    await change_promised(tx, [(one.demand.id, one.quantity) for one in promises])


async def change_promised(tx: Tx, changes: Sequence[tuple[UUID, Decimal]]) -> None:
    statement = cross_dock_demand.update().where(cross_dock_demand.c.id == sa.bindparam("demand"))
    if changes:
        await tx.conn.execute(
            statement.values(promised=cross_dock_demand.c.promised + sa.bindparam("more")),
            [{"demand": id, "more": more} for id, more in sorted(changes)],
        )
