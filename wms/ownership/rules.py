"""What a pull takes, what a pledge is worth, how old goods are. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Literal
from uuid import UUID

Alert = Literal["none", "warning", "call"]
AGE_BUCKETS = (30, 90, 180, 365)
_CENT = Decimal("0.01")
_RATIO_STEP = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Offer:
    """What may be taken of a stock row; offers come in the order in which they should be taken."""

    stock_id: UUID
    item_id: UUID
    available: Decimal


def choose(wants: Mapping[UUID, Decimal], offers: Iterable[Offer]) -> tuple[list[tuple[UUID, Decimal]], UUID | None]:
    """Quantities of stock rows that fill the wants by article, and the first article that is short, if one is."""
    open_wants = dict(wants)
    taken: list[tuple[UUID, Decimal]] = []
    for offer in offers:
        part = min(open_wants.get(offer.item_id, Decimal(0)), offer.available)
        if part > 0:
            taken.append((offer.stock_id, part))
            open_wants[offer.item_id] -= part
    short = next((item_id for item_id, rest in open_wants.items() if rest > 0), None)
    return taken, short


def amount_of(quantity: Decimal, price: Decimal) -> Decimal:
    """In cents, halves up: what an invoice says."""
    return (quantity * price).quantize(_CENT, ROUND_HALF_UP)


def share_of_weight(weight_g: int, quantity: Decimal, part: Decimal) -> int:
    """The grams of a part of a catch-weight row; the whole takes all of them."""
    return weight_g if part == quantity else int(weight_g * part / quantity)


def value_of(lines: Iterable[tuple[UUID, Decimal]], prices: Mapping[UUID, Decimal]) -> Decimal:
    """What quantities of articles are worth. What nobody priced is worth nothing, so that it never covers a loan."""
    total = sum((quantity * prices.get(item_id, Decimal(0)) for item_id, quantity in lines), Decimal(0))
    return total.quantize(_CENT, ROUND_DOWN)


def ratio_of(value: Decimal, loan: Decimal) -> Decimal | None:
    """Value over loan, rounded down so that no alert is missed; None when nothing is owed."""
    return (value / loan).quantize(_RATIO_STEP, ROUND_DOWN) if loan > 0 else None


def alert_of(value: Decimal, loan: Decimal, warning_ratio: Decimal, call_ratio: Decimal) -> Alert:
    """Below a ratio, not at it: a pledge made exactly at the warning ratio is no alert."""
    if value < loan * call_ratio:
        return "call"
    return "warning" if value < loan * warning_ratio else "none"


@dataclass(frozen=True, slots=True)
class DayFlow:
    """What came to an owner and what left on one day, of one article and lot."""

    on: date
    came: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Fifo:
    """`layers` are what is still there by the day it came; `stays` what left: day in, day out, quantity."""

    layers: list[tuple[date, Decimal]]
    stays: list[tuple[date, date, Decimal]]


def match_first_in_first_out(flows: Sequence[DayFlow]) -> Fifo:
    """Match what left with what came, the oldest first. Flows in day order.

    What was told late may leave before it came: it then waits for the next arrival and stayed no day.
    """
    layers: deque[tuple[date, Decimal]] = deque()
    owed: deque[tuple[date, Decimal]] = deque()
    stays: list[tuple[date, date, Decimal]] = []
    for flow in flows:
        rest = flow.came
        while rest > 0 and owed:
            out_on, missing = owed.popleft()
            part = min(rest, missing)
            stays.append((out_on, out_on, part))
            rest -= part
            if missing > part:
                owed.appendleft((out_on, missing - part))
        if rest > 0:
            layers.append((flow.on, rest))
        leaving = flow.left
        while leaving > 0 and layers:
            in_on, there = layers.popleft()
            part = min(leaving, there)
            stays.append((in_on, flow.on, part))
            leaving -= part
            if there > part:
                layers.appendleft((in_on, there - part))
        if leaving > 0:
            owed.append((flow.on, leaving))
    return Fifo(list(layers), stays)


def by_age(layers: Iterable[tuple[date, Decimal]], today: date) -> list[Decimal]:
    """Quantities up to 30, 90, 180, 365 days old, and older."""
    buckets = [Decimal(0)] * (len(AGE_BUCKETS) + 1)
    for came_on, quantity in layers:
        days = (today - came_on).days
        buckets[sum(days > limit for limit in AGE_BUCKETS)] += quantity
    return buckets


def mean_days(stays: Iterable[tuple[date, date, Decimal]], since: date, until: date) -> Decimal | None:
    """Average dwell of what left from `since` to `until`, both included; None when nothing did."""
    left = [(quantity, (out_on - in_on).days) for in_on, out_on, quantity in stays if since <= out_on <= until]
    total = sum((quantity for quantity, _ in left), Decimal(0))
    if not total:
        return None
    return (sum((quantity * days for quantity, days in left), Decimal(0)) / total).quantize(Decimal("0.1"))
