"""The referee of loadings: recounts every rule from the placements alone and shares nothing with the search."""

from collections import defaultdict
from collections.abc import Sequence

from routing.loading.model import Boxes, Container, Loading, Placement, Rules


def _overlap(a0: int, a1: int, b0: int, b1: int) -> int:
    return max(0, min(a1, b1) - max(a0, b0))


def _base_shared(upper: Placement, lower: Placement) -> int:
    """Area of the upper box's base that lies over the lower box."""
    return _overlap(upper.x, upper.x + upper.length_mm, lower.x, lower.x + lower.length_mm) * _overlap(
        upper.y, upper.y + upper.width_mm, lower.y, lower.y + lower.width_mm
    )


def _name(loading: Loading, boxes: Sequence[Boxes], i: int) -> str:
    return f"placement {i} (box {boxes[loading.placements[i].kind].name})"


def check_loading(container: Container, boxes: Sequence[Boxes], loading: Loading, rules: Rules = Rules()) -> list[str]:  # noqa: B008 - frozen
    """Every violation as a sentence; an empty list means that the loading is sound."""
    for i, placed in enumerate(loading.placements):
        if not 0 <= placed.kind < len(boxes):
            return [f"placement {i}: there is no kind {placed.kind}"]
    return [
        *_counts(boxes, loading),
        *_shapes(container, boxes, loading),
        *_overlaps(boxes, loading),
        *_support(boxes, loading, rules),
        *_weights(container, boxes, loading),
        *(_bearing(boxes, loading) if rules.respect_bearing else []),
        *(_unloading(boxes, loading) if rules.unload_in_order else []),
        *_volume(container, loading),
    ]


def _counts(boxes: Sequence[Boxes], loading: Loading) -> list[str]:
    used = [0] * len(boxes)
    for placed in loading.placements:
        used[placed.kind] += 1
    found = [
        f"box {kind.name}: {n} placed of {kind.count}" for kind, n in zip(boxes, used, strict=True) if n > kind.count
    ]
    if len(loading.left_out) != len(boxes) or any(
        out != kind.count - n for out, kind, n in zip(loading.left_out, boxes, used, strict=False)
    ):
        found.append("boxes left out do not match boxes placed")
    return found


def _shapes(container: Container, boxes: Sequence[Boxes], loading: Loading) -> list[str]:
    found = []
    for i, p in enumerate(loading.placements):
        if (p.length_mm, p.width_mm, p.height_mm) not in boxes[p.kind].orientations():
            found.append(f"{_name(loading, boxes, i)}: it may not stand as {p.length_mm}x{p.width_mm}x{p.height_mm}")
        inside = min(p.x, p.y, p.z) >= 0 and (
            p.x + p.length_mm <= container.length_mm
            and p.y + p.width_mm <= container.width_mm
            and p.z + p.height_mm <= container.height_mm
        )
        if not inside:
            found.append(f"{_name(loading, boxes, i)}: it reaches out of the container")
    return found


def _overlaps(boxes: Sequence[Boxes], loading: Loading) -> list[str]:
    order = sorted(range(len(loading.placements)), key=lambda i: loading.placements[i].x)
    found, active = [], list[int]()
    for i in order:
        p = loading.placements[i]
        active = [j for j in active if loading.placements[j].x + loading.placements[j].length_mm > p.x]
        for j in active:
            q = loading.placements[j]
            if _overlap(p.y, p.y + p.width_mm, q.y, q.y + q.width_mm) and _overlap(
                p.z, p.z + p.height_mm, q.z, q.z + q.height_mm
            ):
                found.append(f"{_name(loading, boxes, i)} overlaps {_name(loading, boxes, j)}")
        active.append(i)
    return found


def _tops(loading: Loading) -> dict[int, list[int]]:
    by_top = defaultdict(list)
    for i, p in enumerate(loading.placements):
        by_top[p.z + p.height_mm].append(i)
    return by_top


def _support(boxes: Sequence[Boxes], loading: Loading, rules: Rules) -> list[str]:
    by_top, found = _tops(loading), []
    for i, p in enumerate(loading.placements):
        if p.z == 0:
            continue
        held = sum(_base_shared(p, loading.placements[j]) for j in by_top.get(p.z, ()))
        if held * 100 < rules.support_percent * p.length_mm * p.width_mm:
            percent = 100 * held // (p.length_mm * p.width_mm)
            found.append(f"{_name(loading, boxes, i)}: {percent} % of its base is supported")
    return found


def _weights(container: Container, boxes: Sequence[Boxes], loading: Loading) -> list[str]:
    found = []
    total = sum(boxes[p.kind].weight_g for p in loading.placements)
    if container.payload_g is not None and total > container.payload_g:
        found.append(f"the load weighs {total} g; the container carries {container.payload_g} g")
    if container.axles and total:
        a = container.axles
        # Twice the moment about the front support keeps half positions whole.
        moment = sum(boxes[p.kind].weight_g * (2 * p.x + p.length_mm - 2 * a.front_at_mm) for p in loading.placements)
        span = 2 * (a.rear_at_mm - a.front_at_mm)
        if moment > a.rear_most_g * span:
            found.append(f"the rear support carries {moment // span} g; it may carry {a.rear_most_g} g")
        if total * span - moment > a.front_most_g * span:
            found.append(f"the front support carries {total - moment // span} g; it may carry {a.front_most_g} g")
    return found


def _bearing(boxes: Sequence[Boxes], loading: Loading) -> list[str]:
    """Weight passes downward in proportion to the area of contact; on each box no more than it bears may rest."""
    by_top, found = _tops(loading), []
    rests = [0.0] * len(loading.placements)
    for i in sorted(range(len(loading.placements)), key=lambda i: -loading.placements[i].z):
        p = loading.placements[i]
        limit = boxes[p.kind].bears_g
        if limit is not None and rests[i] > limit * (1 + 1e-9) + 1e-6:
            found.append(f"{_name(loading, boxes, i)}: {round(rests[i])} g rest on it; it bears {limit} g")
        shares = [(j, _base_shared(p, loading.placements[j])) for j in by_top.get(p.z, ())] if p.z else []
        held = sum(area for _, area in shares)
        for j, area in shares:
            if held:
                rests[j] += (boxes[p.kind].weight_g + rests[i]) * area / held
    return found


def _unloading(boxes: Sequence[Boxes], loading: Loading) -> list[str]:
    found = []
    for i, early in enumerate(loading.placements):
        for j, late in enumerate(loading.placements):
            if boxes[early.kind].stop >= boxes[late.kind].stop:
                continue
            beside = _overlap(early.y, early.y + early.width_mm, late.y, late.y + late.width_mm)
            level = _overlap(early.z, early.z + early.height_mm, late.z, late.z + late.height_mm)
            before = late.x >= early.x + early.length_mm and beside and level
            above = late.z >= early.z + early.height_mm and _base_shared(late, early)
            if before or above:
                found.append(f"{_name(loading, boxes, j)} bars the way of {_name(loading, boxes, i)}, unloaded earlier")
    return found


def _volume(container: Container, loading: Loading) -> list[str]:
    volume = sum(p.length_mm * p.width_mm * p.height_mm for p in loading.placements)
    if abs(loading.fill - volume / container.volume) > 1e-9:
        return [f"fill is given as {loading.fill:.6f}; the boxes fill {volume / container.volume:.6f}"]
    return []
