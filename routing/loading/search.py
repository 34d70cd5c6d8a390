"""Beam search over block loadings: every branch is judged by how full a greedy completion of it becomes.

The next block always goes to the free floor nearest to a corner of the container, and there to the side of that
corner. Which block is a matter of its fitness. The beam keeps the branches whose completion is fullest; when it ends
and time is left, it runs again twice as wide (the double-effort scheme of Araya & Riff 2014; blocks as in Zhu & Lim
2012).
"""

import numpy as np

from routing.compiled import Floats, Ints, SmallInts, compiled
from routing.loading.blocks import COUNT, HEIGHT, LENGTH, PRESS, TOP_X, TOP_Y, VOLUME, WEIGHT, WIDTH
from routing.loading.floors import FILLED, FLOORS, GRAMS, LOAD, MOVES, OPEN, X0, X1, Y0, Y1, Z, put


@compiled
def reach(shapes: Ints, left: Ints, size: int, column: int, out: Ints) -> None:
    """Fill out[n] with the greatest length up to n that sides of boxes still left add up to along one axis."""
    sides = np.zeros(size + 1, np.bool_)
    for s in range(len(shapes)):
        if left[shapes[s, 0]] > 0 and shapes[s, column] <= size:
            sides[shapes[s, column]] = True
    can = np.zeros(size + 1, np.bool_)
    can[0] = True
    for n in range(size + 1):
        if can[n]:
            for side in range(1, size + 1 - n):
                if sides[side]:
                    can[n + side] = True
    best = 0
    for n in range(size + 1):
        best = n if can[n] else best
        out[n] = best


@compiled
def pick_floor(floors: Ints, n: int, length: int, width: int, deep_first: bool) -> tuple[int, int, int]:
    """The open floor nearest to a bottom corner of the container, and which end and wall; -1 when none is open."""
    best, best_far, best_right, best_key = -1, 0, 0, 1 << 62
    for i in range(n):
        if not floors[i, OPEN]:
            continue
        f = floors[i]
        dx, dy, dz = f[X0], f[Y0], f[Z]
        far = right = 0
        if not deep_first and length - f[X1] < dx:
            dx, far = length - f[X1], 1
        if width - f[Y1] < dy:
            dy, right = width - f[Y1], 1
        key = (dx << 42 | dz << 21 | dy) if deep_first else dx + dy + dz
        if key < best_key:
            best, best_far, best_right, best_key = i, far, right, key
    return best, best_far, best_right


@compiled
def fitness(row: Ints, long: int, wide: int, high: int, reaches: Ints, few: float) -> float:
    """How much a block is wanted on a floor: its volume, less for what it spoils, less the more boxes it is made of.

    Spoilt is what no sum of sides can fill beside, behind or above it, and the column above the part of its top that
    carries nothing. `few` is the power by which the number of boxes counts: large boxes first leaves the small ones
    for the gaps.
    """
    used_x = row[LENGTH] + reaches[0, long - row[LENGTH]]
    used_y = row[WIDTH] + reaches[1, wide - row[WIDTH]]
    used_z = row[HEIGHT] + reaches[2, high - row[HEIGHT]]
    share = (used_x / long) * (used_y / wide) * (used_z / high)
    base = row[LENGTH] * row[WIDTH]
    capped = (base - row[TOP_X] * row[TOP_Y]) * (high - row[HEIGHT]) / (base * high)
    return float(row[VOLUME] * (share * (1.0 - capped)) ** 2 * row[COUNT] ** -few)


@compiled
def still_possible(parts: Ints, table: Ints, left: Ints, grams_left: int, live: Ints, n_live: int) -> int:
    """Keep in `live` the blocks whose boxes are all still there; returns how many."""
    kept = 0
    for i in range(n_live):
        block = live[i]
        row = parts[block]
        fits = table[block, WEIGHT] <= grams_left
        for j in range(1, 2 * row[0], 2):
            if row[j + 1] > left[row[j]]:
                fits = False
                break
        if fits:
            live[kept] = block
            kept += 1
    return kept


@compiled
def rank(
    table: Ints,
    sides: SmallInts,
    live: Ints,
    n_live: int,
    floor: Ints,
    height: int,
    reaches: Ints,
    top: Ints,
    marks: Floats,
    few: float,
) -> int:
    """The fittest blocks for a floor, best first, into `top`; returns how many."""
    long, wide, high = floor[X1] - floor[X0], floor[Y1] - floor[Y0], height - floor[Z]
    found = 0
    for i in range(n_live):
        block = live[i]
        if sides[block, 0] > long or sides[block, 1] > wide or sides[block, 2] > high:
            continue
        row = table[block]
        if row[PRESS] > floor[LOAD]:
            continue
        if found == len(top) and row[VOLUME] <= marks[found - 1]:
            continue
        mark = fitness(row, long, wide, high, reaches, few)
        at = found
        while at > 0 and marks[at - 1] < mark:
            at -= 1
        if at >= len(top):
            continue
        found = min(found + 1, len(top))
        for j in range(found - 1, at, -1):
            top[j], marks[j] = top[j - 1], marks[j - 1]
        top[at], marks[at] = block, mark
    return found


@compiled
def next_floor(
    floors: Ints,
    sums: Ints,
    size: Ints,
    deep_first: bool,
    table: Ints,
    sides: SmallInts,
    live: Ints,
    n_live: int,
    reaches: Ints,
    top: Ints,
    marks: Floats,
    few: float,
) -> tuple[int, int, int, int]:
    """The floor to fill next with the blocks for it in `top`; floors that nothing fits are closed. (-1, …) when all
    are."""
    while True:
        at, far, right = pick_floor(floors, sums[FLOORS], size[0], size[1], deep_first)
        if at < 0:
            return -1, 0, 0, 0
        found = rank(table, sides, live, n_live, floors[at], size[2], reaches, top, marks, few)
        if found:
            return at, far, right, found
        floors[at, OPEN] = 0


@compiled
def complete(
    floors: Ints,
    left: Ints,
    moves: Ints,
    sums: Ints,
    size: Ints,
    deep_first: bool,
    most_grams: int,
    table: Ints,
    sides: SmallInts,
    parts: Ints,
    live: Ints,
    n_live: int,
    reaches: Ints,
    few: float,
) -> int:
    """Load greedily until nothing fits; returns the volume loaded."""
    top = np.zeros(1, np.int64)
    marks = np.zeros(1, np.float64)
    while sums[MOVES] < len(moves):
        n_live = still_possible(parts, table, left, most_grams - sums[GRAMS], live, n_live)
        at, far, right, found = next_floor(
            floors, sums, size, deep_first, table, sides, live, n_live, reaches, top, marks, few
        )
        if not found:
            break
        put(floors, left, moves, sums, size[2], at, far, right, top[0], table, parts)
    return int(sums[FILLED])


@compiled
def expand(
    floors: Ints,
    left: Ints,
    moves: Ints,
    sums: Ints,
    size: Ints,
    deep_first: bool,
    most_grams: int,
    table: Ints,
    sides: SmallInts,
    parts: Ints,
    shapes: Ints,
    few: float,
    width: int,
    kids: Ints,
    best_moves: Ints,
    best_sums: Ints,
) -> int:
    """Judge the `width` fittest next blocks of a state.

    Rows of `kids` become (completed volume, block, floor, far, right). The fullest completion ever seen is kept in
    `best_moves` and `best_sums`. Returns the number of kids: 0 when the state is complete.
    """
    reaches = np.zeros((3, max(size[0], size[1], size[2]) + 1), np.int64)
    for axis in range(3):
        reach(shapes, left, size[axis], 2 + axis, reaches[axis])
    live = np.arange(len(table))
    n_live = still_possible(parts, table, left, most_grams - sums[GRAMS], live, len(table))
    top, marks = np.zeros(width, np.int64), np.zeros(width, np.float64)
    at, far, right, found = next_floor(
        floors, sums, size, deep_first, table, sides, live, n_live, reaches, top, marks, few
    )
    if sums[MOVES] >= len(moves):
        return 0
    for i in range(found):
        try_floors, try_left, try_moves, try_sums = floors.copy(), left.copy(), moves.copy(), sums.copy()
        put(try_floors, try_left, try_moves, try_sums, size[2], at, far, right, top[i], table, parts)
        volume = complete(
            try_floors,
            try_left,
            try_moves,
            try_sums,
            size,
            deep_first,
            most_grams,
            table,
            sides,
            parts,
            live.copy(),
            n_live,
            reaches,
            few,
        )
        kids[i, 0], kids[i, 1], kids[i, 2], kids[i, 3], kids[i, 4] = volume, top[i], at, far, right
        if volume > best_sums[FILLED]:
            best_moves[:] = try_moves
            best_sums[:] = try_sums
    return found
