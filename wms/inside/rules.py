"""How much a face lacks and where it comes from, what a kit needs, and which goods had better lie elsewhere. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Generic, TypeVar
from uuid import UUID


def face_lacks(available: Decimal, least: Decimal, most: Decimal, demand: Decimal) -> Decimal:
    """What brings a face up to its maximum, once it has less than its minimum or than open orders want of it."""
    if available >= least and available >= demand:
        return Decimal(0)
    return max(most - available, Decimal(0))


@dataclass(frozen=True, slots=True)
class Source:
    """A stock row in a rack from which a face may be filled."""

    stock_id: UUID
    available: Decimal
    good_until: date | None
    first_at: datetime


def first_source(sources: Iterable[Source], today: date) -> Source | None:
    """First expired, first out, then first in; what has expired fills no face."""
    fit = [one for one in sources if one.available > 0 and (one.good_until is None or one.good_until > today)]
    return min(fit, key=lambda one: (one.good_until or date.max, one.first_at, one.stock_id), default=None)


Lot = TypeVar("Lot")


@dataclass(frozen=True, slots=True)
class Pile(Generic[Lot]):
    """What there is of a component in one row."""

    row: Lot
    available: Decimal
    good_until: date | None
    first_at: datetime


def draw(piles: Sequence[Pile[Lot]], wanted: Decimal) -> tuple[list[tuple[Lot, Decimal]], Decimal]:
    """Take `wanted`, first expired first; the takes, and what is missing."""
    takes = []
    for pile in sorted(piles, key=lambda one: (one.good_until or date.max, one.first_at)):
        part = min(pile.available, wanted)
        if part > 0:
            takes.append((pile.row, part))
            wanted -= part
    return takes, wanted


Goods = TypeVar("Goods")
Place = TypeVar("Place")


def classify(picks: Mapping[Goods, int]) -> dict[Goods, str]:
    """A: the goods that make the first 80 % of picks; B: up to 95 %; C: the rest. Equal goods keep their order."""
    total = sum(picks.values())
    classes, seen = {}, 0
    for one, count in sorted(picks.items(), key=lambda pair: -pair[1]):
        classes[one] = "C" if total == 0 or seen >= 0.95 * total else "B" if seen >= 0.8 * total else "A"
        seen += count
    return classes


@dataclass(frozen=True, slots=True)
class Slot(Generic[Goods, Place]):
    """A place, how far it is, and what lies there with how many picks; None for an empty one."""

    place: Place
    distance_mm: int
    goods: Goods | None
    picks: int = 0


@dataclass(frozen=True, slots=True)
class Reslot(Generic[Goods, Place]):
    """`saved_mm` on the replayed picks, there and back; below 0 for goods that make room."""

    goods: Goods
    source: Place
    target: Place
    picks: int
    saved_mm: int


def reslot(slots: Sequence[Slot[Goods, Place]]) -> list[Reslot[Goods, Place]]:
    """The most picked goods to the nearest places; goods stay where a change saves nothing. Together the changes save the most
    that any exchange of these places can (the rearrangement inequality)."""
    near = sorted(slots, key=lambda one: one.distance_mm)
    busy = sorted((one for one in slots if one.goods is not None), key=lambda one: (-one.picks, one.distance_mm))
    moves = []
    begin = 0
    for _, group in groupby(near, key=lambda one: one.distance_mm):
        places = [one.place for one in group]
        coming = busy[begin : begin + len(places)]
        begin += len(places)
        staying = {one.place for one in coming if one.place in places}
        free = [one for one in places if one not in staying]
        for slot in coming:
            if slot.goods is not None and slot.place not in staying:
                target = free.pop(0)
                saved = 2 * slot.picks * (slot.distance_mm - near[begin - 1].distance_mm)
                moves.append(Reslot(slot.goods, slot.place, target, slot.picks, saved))
    return moves if sum(one.saved_mm for one in moves) > 0 else []
