"""Axle loads: mirror or shift the load, and only then leave boxes out."""

from collections.abc import Sequence
from dataclasses import replace

from routing.loading.model import Axles, Boxes, Container, Placement


def _excess(axles: Axles, boxes: Sequence[Boxes], placed: Sequence[Placement]) -> tuple[int, int]:
    """By how much the front and the rear are overloaded, in grams times twice the wheelbase; at most 0 is sound."""
    span = 2 * (axles.rear_at_mm - axles.front_at_mm)
    total = sum(boxes[p.kind].weight_g for p in placed)
    rear = sum(boxes[p.kind].weight_g * (2 * p.x + p.length_mm - 2 * axles.front_at_mm) for p in placed)
    return total * span - rear - axles.front_most_g * span, rear - axles.rear_most_g * span


def _moved(placed: Sequence[Placement], by: int) -> list[Placement]:
    return [replace(p, x=p.x + by) for p in placed]


def _shifted(container: Container, boxes: Sequence[Boxes], placed: list[Placement]) -> list[Placement]:
    """The whole load as near as it goes to where neither support is overloaded."""
    axles = container.axles
    assert axles is not None
    gap = container.length_mm - max(p.x + p.length_mm for p in placed)
    back = min(p.x for p in placed)
    shifts = sorted({-back, gap, 0, *range(-back, gap + 1, max(1, (gap + back) // 64))})
    return min((_moved(placed, by) for by in shifts), key=lambda load: max(_excess(axles, boxes, load)))


def _lighter(axles: Axles, boxes: Sequence[Boxes], placed: list[Placement]) -> list[Placement]:
    """Take the box off that relieves the overloaded support most and has nothing on it."""
    front, rear = _excess(axles, boxes, placed)

    def relief(p: Placement) -> int:
        arm = 2 * p.x + p.length_mm - 2 * axles.front_at_mm
        span = 2 * (axles.rear_at_mm - axles.front_at_mm)
        return boxes[p.kind].weight_g * (arm if rear >= front else span - arm)

    def bare(p: Placement) -> bool:
        top = p.z + p.height_mm
        return not any(
            q.z == top
            and q.x < p.x + p.length_mm
            and p.x < q.x + q.length_mm
            and q.y < p.y + p.width_mm
            and p.y < q.y + q.width_mm
            for q in placed
        )

    off = max((p for p in placed if bare(p)), key=relief)
    return [p for p in placed if p is not off]


def balanced(
    container: Container, boxes: Sequence[Boxes], placed: list[Placement], *, keep_order: bool
) -> list[Placement]:
    """The load within the axle limits; turned end to end only where no unloading order forbids it."""
    axles = container.axles
    if axles is None:
        return placed
    while placed and max(_excess(axles, boxes, placed)) > 0:
        turned = [replace(p, x=container.length_mm - p.x - p.length_mm) for p in placed]
        choices = [_shifted(container, boxes, placed)]
        if not keep_order:
            choices.append(_shifted(container, boxes, turned))
        placed = min(choices, key=lambda load: max(_excess(axles, boxes, load)))
        if max(_excess(axles, boxes, placed)) > 0:
            placed = _lighter(axles, boxes, placed)
    return placed
