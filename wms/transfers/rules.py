"""Which stock is sent, which of what is on the way a count means, and what weighs how much. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stock row that may be sent. `good_until`: expiry, or else best before, of its lot."""

    stock_id: UUID
    item_id: UUID
    customs_status: str
    lot_id: UUID | None
    good_until: date | None
    first_at: datetime
    path_order: int | None
    available: Decimal


@dataclass(frozen=True, slots=True)
class Demand:
    line_id: UUID
    item_id: UUID
    customs_status: str
    lot_id: UUID | None
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Choice:
    line_id: UUID
    stock_id: UUID
    quantity: Decimal


def choose(demands: Iterable[Demand], candidates: Iterable[Candidate], today: date) -> list[Choice]:
    """Stock for demands in their order, what expires first before the rest; what is past its date is not sent."""
    by_goods: dict[tuple[UUID, str], list[Candidate]] = defaultdict(list)
    for one in candidates:
        if one.good_until is None or one.good_until >= today:
            by_goods[one.item_id, one.customs_status].append(one)
    for rows in by_goods.values():
        rows.sort(key=_first_expiry)
    left = {one.stock_id: one.available for rows in by_goods.values() for one in rows}
    choices = []
    for demand in demands:
        missing = demand.quantity
        for one in by_goods.get((demand.item_id, demand.customs_status), ()):
            if missing <= 0:
                break
            if left[one.stock_id] > 0 and demand.lot_id in (None, one.lot_id):
                taken = min(missing, left[one.stock_id])
                left[one.stock_id] -= taken
                missing -= taken
                choices.append(Choice(demand.line_id, one.stock_id, taken))
    return choices


def _first_expiry(one: Candidate) -> tuple[date, datetime, int, int]:
    return (one.good_until or date.max, one.first_at, one.path_order or 0, one.stock_id.int)


@dataclass(slots=True)
class Coming:
    """A part of a line that is on the way. `left` goes down as it is counted."""

    id: UUID
    line_no: int
    lot_no: str | None
    serial_no: str | None
    in_unit: bool
    left: Decimal


@dataclass(frozen=True, slots=True)
class Taken:
    coming_id: UUID
    quantity: Decimal
    damaged: bool


def take_count(
    coming: Sequence[Coming], quantity: Decimal, *, lot_no: str | None, serial_no: str | None, damaged: bool
) -> tuple[list[Taken], Decimal]:
    """What of one line a count takes, loose goods before those in units, and how much came that nobody sent.

    A count that names a lot or serial takes only that one.
    """
    taken = []
    for one in sorted(coming, key=lambda one: one.in_unit):
        if quantity <= 0:
            break
        if one.left <= 0 or lot_no not in (None, one.lot_no) or serial_no not in (None, one.serial_no):
            continue
        part = min(quantity, one.left)
        one.left -= part
        quantity -= part
        taken.append(Taken(one.id, part, damaged))
    return taken, quantity


FITTING_OUTCOMES: Mapping[str, frozenset[str]] = {
    "short": frozenset({"found", "lost", "carrier_pays"}),
    "over": frozenset({"accepted", "returned"}),
    "damaged": frozenset({"accepted", "carrier_pays"}),
}
