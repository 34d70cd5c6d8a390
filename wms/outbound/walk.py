"""The picker's walk: which orders share a cart, and in which order its stops are visited. Pure.

Distances are rectilinear, as aisles are: |dx| + |dy|.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

_ENOUGH_STOPS = 150  # beyond it the improvement costs seconds and the plain path is nearly as good
_MAX_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Stop:
    """A location to stop at. x and y are in millimetres, None where the location was never measured."""

    location_id: UUID
    path_order: int | None = None
    aisle: str | None = None
    bay: str | None = None
    x_mm: int | None = None
    y_mm: int | None = None


def plain_path(stops: Iterable[Stop]) -> list[Stop]:
    """By `path_order` where it is set; the rest serpentine, up one aisle and down the next."""
    stops = list(stops)
    ordered = sorted((s for s in stops if s.path_order is not None), key=lambda s: (s.path_order or 0, s.location_id))
    aisles: dict[str, list[Stop]] = defaultdict(list)
    for stop in stops:
        if stop.path_order is None:
            aisles[stop.aisle or ""].append(stop)
    for number, aisle in enumerate(sorted(aisles, key=_natural)):
        along = sorted(aisles[aisle], key=lambda s: (_natural(s.bay or ""), s.location_id.int), reverse=number % 2 == 1)
        ordered += along
    return ordered


def _natural(text: str) -> tuple[int, int, str]:
    """Bay 9 comes before bay 10."""
    return (0, int(text), "") if text.isascii() and text.isdigit() else (1, 0, text)


def path_length(stops: Sequence[Stop]) -> int | None:
    """Millimetres from the first stop to the last; None when a stop was never measured."""
    points = _points(stops)
    return None if points is None else sum(_gap(points[i], points[i + 1]) for i in range(len(points) - 1))


def best_path(stops: Iterable[Stop]) -> list[Stop]:
    """The plain path, improved by 2-opt where every stop is measured: never longer than the plain one.

    It begins where the plain path begins, since that is where carts stand.
    """
    path = plain_path(stops)
    points = _points(path)
    if points is None or not 3 < len(path) <= _ENOUGH_STOPS:
        return path
    order = list(range(len(path)))
    for _ in range(_MAX_ROUNDS):
        if not _improve(order, points):
            break
    return [path[i] for i in order]


def _improve(order: list[int], points: Sequence[tuple[int, int]]) -> bool:
    """Reverse every stretch whose reversal shortens the path; whether any did."""
    improved, last = False, len(order) - 1
    for i in range(1, last):
        for j in range(i + 1, last + 1):
            before, first, end = points[order[i - 1]], points[order[i]], points[order[j]]
            gain = _gap(before, first) - _gap(before, end)
            if j < last:
                after = points[order[j + 1]]
                gain += _gap(end, after) - _gap(first, after)
            if gain > 0:
                order[i : j + 1] = reversed(order[i : j + 1])
                improved = True
    return improved


def _points(stops: Sequence[Stop]) -> list[tuple[int, int]] | None:
    points = [(s.x_mm, s.y_mm) for s in stops if s.x_mm is not None and s.y_mm is not None]
    return points if len(points) == len(stops) else None


def _gap(a: tuple[int, int], b: tuple[int, int]) -> int:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def share_carts(places: Mapping[UUID, frozenset[UUID]], slots: int) -> list[list[UUID]]:
    """Group orders into carts of `slots`. `places` gives the locations of each order, the most urgent order first.

    The most urgent order left opens a cart and is joined by those that add the fewest new stops, the earlier of equals. An
    urgent order thus never waits for a later cart because others fit together better.
    """
    waiting = list(places)
    carts = []
    while waiting:
        cart = [waiting.pop(0)]
        stops = set(places[cart[0]])
        while waiting and len(cart) < slots:
            best = min(waiting, key=lambda order_id: len(places[order_id] - stops))
            waiting.remove(best)
            cart.append(best)
            stops |= places[best]
        carts.append(cart)
    return carts
