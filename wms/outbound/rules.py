"""Which order comes first, which stock serves it, and what state it is in. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

_NEVER = datetime.max.replace(tzinfo=UTC)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Urgency:
    order_id: UUID
    cut_off_at: datetime | None
    priority: int
    created_at: datetime


def stream_key(order: Urgency, now: datetime) -> tuple[Any, ...]:
    """The order in which orders are released and served.

    The nearest cut-off that can still be met comes first, however late the order came in; then the larger priority; then age.
    A departure that is already missed waits behind those that are not.
    """
    cut_off = order.cut_off_at or _NEVER
    return (cut_off <= now, cut_off, -order.priority, order.created_at, order.order_id)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stock row that may be picked: good, in a rack, not on hold. `available` is neither reserved nor held."""

    stock_id: UUID
    item_id: UUID
    owner_id: UUID
    customs_status: str
    lot_id: UUID | None
    good_until: date | None  # expiry, or else best before, of its lot
    first_at: datetime
    location_id: UUID
    is_pick_face: bool
    path_order: int | None
    available: Decimal


@dataclass(frozen=True, slots=True)
class Demand:
    """What is still missing of an order line. `tried` are rows that were found empty for it."""

    line_id: UUID
    order_id: UUID
    item_id: UUID
    owner_id: UUID
    customs_status: str
    lot_id: UUID | None
    min_remaining_days: int
    strategy: str
    quantity: Decimal
    tried: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    line_id: UUID
    order_id: UUID
    stock_id: UUID
    location_id: UUID
    quantity: Decimal


def serves(candidate: Candidate, demand: Demand, today: date) -> bool:
    """Whether stock may serve a demand at all.

    Unpaid goods never serve a demand for paid ones, nor the reverse. What is past its date serves nobody; its last day is good.
    """
    if (candidate.item_id, candidate.owner_id) != (demand.item_id, demand.owner_id):
        return False
    if candidate.customs_status != demand.customs_status or candidate.stock_id in demand.tried:
        return False
    if demand.lot_id is not None and candidate.lot_id != demand.lot_id:
        return False
    until = candidate.good_until
    return until is None or (until - today).days >= max(demand.min_remaining_days, 0)


def strategy_key(candidate: Candidate, strategy: str) -> tuple[Any, ...]:
    """By which stock is taken; equals are taken from the pick face first, then along the walk."""
    walk = (not candidate.is_pick_face, candidate.path_order is None, candidate.path_order or 0, candidate.stock_id.int)
    since = candidate.first_at
    if strategy == "fefo":
        return (candidate.good_until or date.max, since, *walk)
    if strategy == "fifo":
        return (since, *walk)
    if strategy == "lifo":
        return (_NEVER - since, *walk)
    return (candidate.path_order is None, candidate.path_order or 0, since, *walk)


def allocate(demands: Sequence[Demand], candidates: Iterable[Candidate], today: date) -> list[Choice]:
    """Choose stock for demands in their order: who comes first is served first; what is not there is left open."""
    by_goods: dict[tuple[UUID, UUID, str], list[Candidate]] = defaultdict(list)
    for one in candidates:
        by_goods[one.item_id, one.owner_id, one.customs_status].append(one)
    left = {one.stock_id: one.available for many in by_goods.values() for one in many}
    sorted_by: dict[tuple[Any, ...], list[Candidate]] = {}
    choices: list[Choice] = []
    for demand in demands:
        goods = (demand.item_id, demand.owner_id, demand.customs_status)
        key = (*goods, demand.strategy)
        if key not in sorted_by:
            sorted_by[key] = sorted(by_goods.get(goods, ()), key=lambda one: strategy_key(one, demand.strategy))
        choices += _serve(demand, sorted_by[key], left, today)
    return choices


def _serve(demand: Demand, candidates: Iterable[Candidate], left: dict[UUID, Decimal], today: date) -> Iterable[Choice]:
    missing = demand.quantity
    for one in candidates:
        if missing <= 0:
            return
        if left[one.stock_id] <= 0 or not serves(one, demand, today):
            continue
        taken = min(missing, left[one.stock_id])
        left[one.stock_id] -= taken
        missing -= taken
        yield Choice(demand.line_id, demand.order_id, one.stock_id, one.location_id, taken)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of all lines of an order; `wanted` is without what was cancelled."""

    wanted: Decimal
    reserved: Decimal
    picked: Decimal
    packed: Decimal
    shipped: Decimal


def order_state(sums: Sums, *, all_loaded: bool = False) -> str:
    """The state of a released order, from its quantities alone: it cannot say more than they do."""
    if sums.shipped == sums.wanted:
        return "shipped" if sums.shipped > 0 else "cancelled"
    in_hand = sums.picked - sums.shipped
    if in_hand > 0:
        if sums.reserved > 0 or sums.packed < sums.picked:
            return "picking"
        return "loaded" if all_loaded else "packed"
    if sums.reserved == 0:
        return "partly_allocated" if sums.shipped > 0 else "released"
    return "allocated" if sums.reserved == sums.wanted - sums.shipped else "partly_allocated"


def last_good_day(today: date, min_remaining_days: int) -> date:
    """The earliest date that goods must be good until."""
    return today + timedelta(days=min_remaining_days)
