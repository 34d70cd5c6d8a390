"""In which order boxes of a finished loading can be brought in through the door."""

import heapq
from collections.abc import Sequence

from routing.loading.model import Placement


def _first(a: Placement, b: Placement) -> bool:
    """Whether `a` must be in before `b`: it lies under it, or behind it on the way from the door."""
    across = a.y < b.y + b.width_mm and b.y < a.y + a.width_mm
    under = across and a.x < b.x + b.length_mm and b.x < a.x + a.length_mm and a.z + a.height_mm <= b.z
    behind = across and a.z < b.z + b.height_mm and b.z < a.z + a.height_mm and a.x + a.length_mm <= b.x
    return under or behind


def loading_order(placed: Sequence[Placement]) -> list[Placement]:
    """Deepest and lowest first, nothing before what it stands on or what it would shut in.

    Where stacks shut each other in (a circle), the deepest box goes first: it has to be lifted over.
    """
    boxes = sorted(placed)
    later: list[list[int]] = [[] for _ in boxes]
    waits = [0] * len(boxes)
    for i, a in enumerate(boxes):
        for j, b in enumerate(boxes):
            if i != j and _first(a, b):
                later[i].append(j)
                waits[j] += 1
    ready = [i for i, n in enumerate(waits) if not n]
    heapq.heapify(ready)
    done, order = set[int](), list[Placement]()
    while len(order) < len(boxes):
        i = heapq.heappop(ready) if ready else next(i for i in range(len(boxes)) if i not in done)
        if i in done:
            continue
        done.add(i)
        order.append(boxes[i])
        for j in later[i]:
            waits[j] -= 1
            if not waits[j]:
                heapq.heappush(ready, j)
    return order
