"""Loads boxes into one container: blocks, beam search, then the rules that concern the whole load."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from routing.compiled import Ints
from routing.loading.balance import balanced
from routing.loading.beam import Budget, State, Yard, beam_search, empty_state
from routing.loading.blocks import (
    AXIS,
    COLUMNS,
    FIRST,
    HEIGHT,
    LENGTH,
    NX,
    NY,
    NZ,
    SECOND,
    UNLIMITED,
    WIDTH,
    as_parts,
    bricks,
    grow,
)
from routing.loading.floors import FILLED, FLOORS, MOST_FLOORS, MOVES, X1, Y1, add_floor
from routing.loading.model import MOST_BOXES, MOST_KINDS, Boxes, Container, Loading, LoadingError, Placement, Rules
from routing.loading.sequence import loading_order

MOST_BLOCKS = 8000
MOST_BRICKS = 2000
MOST_TRIES = 3_000_000
BLOCK_FILL_PERCENT = 98
FEW = (0.4, 0.0)
"""Tastes of the threads: see `search.fitness`."""
PRESSURE = 1_000_000
"""Pressures are whole micrograms per square unit: grams times this, divided by the area."""


def load(
    container: Container,
    boxes: Sequence[Boxes],
    rules: Rules = Rules(),  # noqa: B008 - frozen
    *,
    time_limit_s: float = 5.0,
    rounds: int | None = None,
    seed: int = 0,
    threads: int = 1,
    clock: Callable[[], float] = time.monotonic,
) -> Loading:
    """Place as much volume as possible; every result passes `check_loading`.

    Each of `threads` (at most as many as cores) searches by another taste. With `rounds` (branches judged a stop and
    thread) and a time limit that does not bind, equal input gives an equal loading.
    """
    _validate(boxes)
    began = clock()
    size = np.array([container.length_mm, container.width_mm, container.height_mm], np.int64)
    stops = sorted({kind.stop for kind in boxes}, reverse=True) if rules.unload_in_order else [None]
    placed: list[Placement] = []
    judged, grams = 0, 0
    most = container.payload_g if container.payload_g is not None else 1 << 60
    for n, stop in enumerate(stops):
        share = began + time_limit_s * (n + 1) / len(stops)
        yard = _yard(
            size,
            boxes,
            rules,
            stop,
            most,
            random.Random(seed),
            deep_first=len(stops) > 1,
        )
        if not len(yard.table):
            continue
        left = np.array([kind.count if stop in (None, kind.stop) else 0 for kind in boxes], np.int64)
        start = empty_state(size, left, int(min(left.sum(), MOST_BOXES)) + 1, MOST_FLOORS, UNLIMITED)
        _furnish(start, boxes, placed, rules)
        start.sums[3] = grams
        goal = int(
            sum(c * kind.length_mm * kind.width_mm * kind.height_mm for c, kind in zip(left, boxes, strict=True))
        )
        budget = Budget(clock, share, rounds if rounds is not None else 1 << 60)
        best, done = _race(yard, start, goal, budget, threads)
        judged += done
        grams = int(best.sums[3])
        placed.extend(_unfold(yard, best, boxes))
    placed = balanced(container, boxes, placed, keep_order=rules.unload_in_order)
    return _as_loading(container, boxes, placed, judged)


def _race(yard: Yard, start: State, goal: int, budget: Budget, threads: int) -> tuple[State, int]:
    """Search with as many tastes as threads, side by side; the fullest loading wins, the first among equals."""
    if threads == 1:
        return beam_search(yard, start, goal, budget)
    with ThreadPoolExecutor(threads) as pool:
        tastes = [replace(yard, few=FEW[i % len(FEW)]) for i in range(threads)]
        found = list(pool.map(lambda taste: beam_search(taste, start, goal, budget), tastes))
    best, _ = max(found, key=lambda result: int(result[0].sums[FILLED]))
    return best, sum(rounds for _, rounds in found)


def _validate(boxes: Sequence[Boxes]) -> None:
    if len(boxes) > MOST_KINDS:
        raise LoadingError(f"{len(boxes)} kinds of boxes; {MOST_KINDS} are the most, group equal ones")
    total = sum(kind.count for kind in boxes)
    if total > MOST_BOXES:
        raise LoadingError(f"{total} boxes; {MOST_BOXES} are the most for one container")


def _shapes(boxes: Sequence[Boxes], rules: Rules, stop: int | None) -> Ints:
    rows = []
    for k, kind in enumerate(boxes):
        if stop not in (None, kind.stop) or not kind.count:
            continue
        for turn, (length, width, height) in enumerate(kind.orientations()):
            area = length * width
            press = -(-kind.weight_g * PRESSURE // area) if rules.respect_bearing else 0
            limited = rules.respect_bearing and kind.bears_g is not None
            bears = (kind.bears_g or 0) * PRESSURE // area if limited else UNLIMITED
            rows.append((k, turn, length, width, height, kind.weight_g, press, bears))
    return np.array(rows, np.int64).reshape(len(rows), 8)


def _yard(
    size: Ints,
    boxes: Sequence[Boxes],
    rules: Rules,
    stop: int | None,
    most: int,
    rng: random.Random,
    *,
    deep_first: bool,
) -> Yard:
    """The block table for the boxes of one stop (all boxes when `stop` is None)."""
    shapes = _shapes(boxes, rules, stop)
    counts = np.array([kind.count for kind in boxes], np.int64)
    table = np.zeros((MOST_BLOCKS, COLUMNS), np.int64)
    n = bricks(shapes, counts, size, MOST_BRICKS, table)
    order = list(range(n))
    rng.shuffle(order)
    table[:n] = table[order]
    needs = np.zeros((MOST_BLOCKS, len(boxes)), np.int64)
    for i in range(n):
        needs[i, table[i, FIRST]] = table[i, NX] * table[i, NY] * table[i, NZ]
    hashes = needs @ np.array([rng.getrandbits(50) | 1 for _ in boxes], np.int64)
    n = grow(table, needs, hashes, n, size, counts, BLOCK_FILL_PERCENT, MOST_BLOCKS, MOST_TRIES)
    sides = table[:n, :3].astype(np.int32)
    return Yard(size, most, deep_first, FEW[0], shapes, table[:n].copy(), sides, as_parts(needs[:n]))


def _furnish(state: State, boxes: Sequence[Boxes], placed: Sequence[Placement], rules: Rules) -> None:
    """Make the free floors of a container that already holds boxes of later stops: before them and upon them.

    A floor ends where goods of a later stop would stand between it and the door.
    """
    if not placed:
        return
    length, width = int(state.floors[0, X1]), int(state.floors[0, Y1])
    levels = sorted({0, *(p.z + p.height_mm for p in placed)})
    n = 0
    for z in levels:
        walls = sorted({0, width, *(v for p in placed for v in (p.y, p.y + p.width_mm))})
        for i, y0 in enumerate(walls):
            for y1 in walls[i + 1 :]:
                behind = max(
                    (p.x + p.length_mm for p in placed if p.y < y1 and p.y + p.width_mm > y0 and p.z + p.height_mm > z),
                    default=0,
                )
                n = _floor_from(state, placed, boxes, rules, n, behind, y0, y1, z, length)
    state.sums[FLOORS] = n


def _floor_from(
    state: State,
    placed: Sequence[Placement],
    boxes: Sequence[Boxes],
    rules: Rules,
    n: int,
    x0: int,
    y0: int,
    y1: int,
    z: int,
    length: int,
) -> int:
    if z == 0:
        return int(add_floor(state.floors, n, x0, y0, length, y1, 0, UNLIMITED))
    for p in placed:
        free_top = not rules.respect_bearing or boxes[p.kind].bears_g is None
        if free_top and p.z + p.height_mm == z and p.y <= y0 and p.y + p.width_mm >= y1 and p.x + p.length_mm > x0:
            n = add_floor(state.floors, n, max(x0, p.x), y0, p.x + p.length_mm, y1, z, UNLIMITED)
    return int(n)


def _unfold(yard: Yard, state: State, boxes: Sequence[Boxes]) -> list[Placement]:
    """The boxes of every block of a loading, each at its place."""
    found: list[Placement] = []
    stack = [tuple(int(v) for v in state.moves[i]) for i in range(state.sums[MOVES])]
    while stack:
        block, x, y, z, far, right = stack.pop()
        row = yard.table[block]
        if row[AXIS] >= 0:
            first, second, axis = yard.table[row[FIRST]], yard.table[row[SECOND]], int(row[AXIS])
            for part, index, shift in ((first, row[FIRST], 0), (second, row[SECOND], int(first[axis]))):
                at = [shift if axis == d else 0 for d in range(3)]
                if far:
                    at[0] = int(row[LENGTH] - at[0] - part[LENGTH])
                if right:
                    at[1] = int(row[WIDTH] - at[1] - part[WIDTH])
                stack.append((int(index), x + at[0], y + at[1], z + at[2], far, right))
            continue
        kind = int(row[FIRST])
        length, width, height = (int(row[d] // row[c]) for d, c in ((LENGTH, NX), (WIDTH, NY), (HEIGHT, NZ)))
        found.extend(
            Placement(x + a * length, y + b * width, z + c * height, length, width, height, kind)
            for a in range(int(row[NX]))
            for b in range(int(row[NY]))
            for c in range(int(row[NZ]))
        )
    return found


def _as_loading(container: Container, boxes: Sequence[Boxes], placed: Sequence[Placement], judged: int) -> Loading:
    left = [kind.count for kind in boxes]
    for p in placed:
        left[p.kind] -= 1
    volume = sum(p.length_mm * p.width_mm * p.height_mm for p in placed)
    return Loading(tuple(loading_order(placed)), tuple(left), volume / container.volume, judged)
