"""Pick lists: who walks where for which orders.

A list is one walk with one cart; each order on it has a slot with a tote of its own, and a location is one stop however many
orders want from it. Zone picking makes a list a zone, so an order may be picked by several people at once.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field, model_validator

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.rules import Urgency, stream_key
from wms.outbound.sql import among, lock_orders, need_house
from wms.outbound.tables import order, pick, pick_list, pick_slot
from wms.outbound.walk import Stop, best_path, path_length, share_carts
from wms.outbound.wire import OrderIds, SiteCode
from wms.stock.tables import location
from wms.tasks.add_tasks import NewTask, add_tasks

_MOST_PICKS = 20_000  # at once: a wave of the largest size


class PlanPicks(BaseModel):
    """Lists for the open picks of a wave, or of named orders. `slots` 1: a list an order."""

    site: SiteCode
    wave_id: UUID | None = None
    order_ids: OrderIds | None = None
    slots: Annotated[int, Field(ge=1, le=50)] = 10
    by_zone: bool = False

    @model_validator(mode="after")
    def _names_orders(self) -> "PlanPicks":
        if (self.wave_id is None) == (self.order_ids is None):
            raise ValueError("either wave_id or order_ids")
        return self


class PickListMade(BaseModel):
    id: UUID
    task_id: UUID
    zone: str | None
    stops: int
    picks: int
    orders: list[UUID]
    path_mm: int | None


class PicksPlanned(BaseModel):
    """`order_stops` is how many stops the same picks would be one order after another."""

    lists: list[PickListMade]
    stops: int
    order_stops: int


@dataclass(frozen=True, slots=True)
class _Open:
    """A pick that is on no list yet."""

    id: UUID
    order_id: UUID
    location_id: UUID
    zone: str | None


@dataclass(frozen=True, slots=True)
class _Plan:
    zone: str | None
    order_ids: list[UUID]
    picks: list[_Open]
    path: list[Stop]


async def plan_picks(tx: Tx, command: PlanPicks) -> PicksPlanned:
    """Put open picks that are on no list yet onto lists, one task a list. Refuses `nothing_to_pick`, `too_many_picks`."""
    tx.actor.need("wave.write", command.site)
    need_house(tx)
    ids = command.order_ids or list(
        await tx.conn.scalars(sa.select(order.c.id).where(order.c.wave_id == command.wave_id))
    )
    orders = await lock_orders(tx, ids, "wave.write")
    if any(one.site != command.site for one in orders.values()):
        raise Refusal("not_found")
    urgent = sorted(
        orders.values(), key=lambda o: stream_key(Urgency(o.id, o.cut_off_at, o.priority, o.created_at), tx.now)
    )
    picks, stops = await _open_picks(tx, orders)
    if not picks:
        raise Refusal("nothing_to_pick")
    if len(picks) > _MOST_PICKS:
        raise Refusal("too_many_picks", limit=_MOST_PICKS, picks=len(picks))
    plans = _plan(command, [one.id for one in urgent], picks, stops)
    lists = [await _make(tx, command, plan, orders) for plan in plans]
    order_stops = len({(one.order_id, one.location_id) for one in picks})
    return PicksPlanned(lists=lists, stops=sum(one.stops for one in lists), order_stops=order_stops)


async def _open_picks(tx: Tx, order_ids: Any) -> tuple[list[_Open], dict[UUID, Stop]]:
    columns = (location.c.path_order, location.c.aisle, location.c.bay, location.c.x_mm, location.c.y_mm)
    found = await tx.conn.execute(
        sa.select(pick.c.id, pick.c.order_id, pick.c.location_id, location.c.zone, *columns)
        .join(location, location.c.id == pick.c.location_id)
        .where(among(pick.c.order_id, order_ids), pick.c.state == "open", pick.c.list_id.is_(None))
        .order_by(pick.c.id)
    )
    picks, stops = [], {}
    for row in found:
        picks.append(_Open(row.id, row.order_id, row.location_id, row.zone))
        stops[row.location_id] = Stop(row.location_id, row.path_order, row.aisle, row.bay, row.x_mm, row.y_mm)
    return picks, stops


def _plan(command: PlanPicks, urgent: Sequence[UUID], picks: Sequence[_Open], stops: dict[UUID, Stop]) -> list[_Plan]:
    zones: dict[str | None, list[_Open]] = defaultdict(list)
    for one in picks:
        zones[one.zone if command.by_zone else None].append(one)
    plans = []
    for zone in sorted(zones, key=lambda z: z or ""):
        places: dict[UUID, set[UUID]] = defaultdict(set)
        for one in zones[zone]:
            places[one.order_id].add(one.location_id)
        ordered = {id: frozenset(places[id]) for id in urgent if id in places}
        for cart in share_carts(ordered, command.slots):
            aboard = set(cart)
            mine = [one for one in zones[zone] if one.order_id in aboard]
            path = best_path(stops[id] for id in {one.location_id for one in mine})
            plans.append(_Plan(zone, cart, mine, path))
    return plans


async def _make(tx: Tx, command: PlanPicks, plan: _Plan, orders: dict[UUID, sa.Row[Any]]) -> PickListMade:
    id, task_id = tx.new_id(), tx.new_id()
    length = path_length(plan.path)
    await tx.conn.execute(
        pick_list.insert().values(
            id=id,
            site=command.site,
            zone=plan.zone,
            wave_id=command.wave_id,
            state="open",
            stop_count=len(plan.path),
            path_mm=length,
            task_id=task_id,
            created_at=tx.now,
        )
    )
    slots = [{"list_id": id, "slot_no": n, "order_id": one} for n, one in enumerate(plan.order_ids, 1)]
    await tx.conn.execute(pick_slot.insert(), slots)
    await _number_stops(tx, id, plan)
    mine = [orders[one] for one in plan.order_ids]
    cut_offs: list[datetime] = [one.cut_off_at for one in mine if one.cut_off_at is not None]
    work = NewTask(
        kind="pick",
        site=command.site,
        priority=max(one.priority for one in mine),
        due_at=min(cut_offs, default=None),
        location_id=plan.path[0].location_id,
        zone=plan.zone,
        document_id=id,
        subject_id=id,
        id=task_id,
    )
    await add_tasks(tx, [work])
    return PickListMade(
        id=id,
        task_id=task_id,
        zone=plan.zone,
        stops=len(plan.path),
        picks=len(plan.picks),
        orders=plan.order_ids,
        path_mm=length,
    )


async def _number_stops(tx: Tx, list_id: UUID, plan: _Plan) -> None:
    ids = sa.func.unnest(sa.cast([one.location_id for one in plan.path], sa.ARRAY(sa.Uuid)))
    stops = sa.select(ids.label("location_id"), sa.func.row_number().over().label("stop_no")).subquery()
    await tx.conn.execute(
        pick.update()
        .where(among(pick.c.id, (one.id for one in plan.picks)), pick.c.location_id == stops.c.location_id)
        .values(list_id=list_id, stop_no=stops.c.stop_no)
    )
