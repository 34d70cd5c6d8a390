"""Free floors: where the next block may stand.

Goods stand on their whole base, so what is free is a set of overlapping rectangles, each at one height and open up to
the ceiling. A row of `floors` is X0, Y0, X1, Y1, Z, BEARS (pressure that may still be put on it) and OPEN (0 when
nothing that is left fits: it is kept because it may yet join a neighbour of the same height). The state of a loading
is `floors`, `left` (boxes left of each kind), `moves` (block, x, y, z, mirrored in x, mirrored in y) and `sums`
(COUNT of floors, MOVES, VOLUME, WEIGHT).
"""

import numpy as np

from routing.compiled import Ints, compiled
from routing.loading.blocks import BEARS, HEIGHT, LENGTH, PRESS, TOP_X, TOP_Y, VOLUME, WEIGHT, WIDTH

X0, Y0, X1, Y1, Z, LOAD, OPEN = range(7)
FLOORS, MOVES, FILLED, GRAMS = range(4)
MOST_FLOORS = 400


@compiled
def add_floor(floors: Ints, n: int, x0: int, y0: int, x1: int, y1: int, z: int, load: int) -> int:
    """Add a rectangle unless another covers it; drop those that it covers. Returns the new count."""
    if x1 <= x0 or y1 <= y0:
        return n
    for i in range(n):
        if floors[i, Z] != z:
            continue
        if (
            floors[i, X0] <= x0
            and floors[i, Y0] <= y0
            and floors[i, X1] >= x1
            and floors[i, Y1] >= y1
            and floors[i, LOAD] >= load
        ):
            return n
    kept = 0
    for i in range(n):
        if (
            floors[i, Z] == z
            and floors[i, X0] >= x0
            and floors[i, Y0] >= y0
            and floors[i, X1] <= x1
            and floors[i, Y1] <= y1
            and floors[i, LOAD] <= load
        ):
            continue
        if kept != i:
            for column in range(7):
                floors[kept, column] = floors[i, column]
        kept += 1
    if kept >= len(floors):
        return kept
    f = floors[kept]
    f[X0], f[Y0], f[X1], f[Y1], f[Z], f[LOAD], f[OPEN] = x0, y0, x1, y1, z, load, 1
    return kept + 1


@compiled
def _cut(floors: Ints, n: int, x0: int, y0: int, x1: int, y1: int, z: int) -> int:
    """Take a rectangle out of every floor at its height; what remains on the four sides stays free."""
    hit = np.empty((n, floors.shape[1]), np.int64)
    hits, kept = 0, 0
    for i in range(n):
        f = floors[i]
        if f[Z] != z or f[X0] >= x1 or f[X1] <= x0 or f[Y0] >= y1 or f[Y1] <= y0:
            floors[kept] = f
            kept += 1
        else:
            hit[hits] = f
            hits += 1
    for i in range(hits):
        f = hit[i]
        kept = add_floor(floors, kept, f[X0], f[Y0], min(x0, f[X1]), f[Y1], z, f[LOAD])
        kept = add_floor(floors, kept, max(x1, f[X0]), f[Y0], f[X1], f[Y1], z, f[LOAD])
        kept = add_floor(floors, kept, f[X0], f[Y0], f[X1], min(y0, f[Y1]), z, f[LOAD])
        kept = add_floor(floors, kept, f[X0], max(y1, f[Y0]), f[X1], f[Y1], z, f[LOAD])
    return kept


@compiled
def _bridge(floors: Ints, n: int, z: int) -> int:
    """Join floors of one height that touch: a box may stand across two equally high stacks."""
    for _ in range(3):
        before, i = n, 0
        while i < n:
            for j in range(i):
                if i >= n or n >= len(floors) - 2:
                    break
                if floors[i, Z] != z or floors[j, Z] != z:
                    continue
                a, b = floors[i], floors[j]
                load = min(a[LOAD], b[LOAD])
                low_x, high_x = max(a[X0], b[X0]), min(a[X1], b[X1])
                low_y, high_y = max(a[Y0], b[Y0]), min(a[Y1], b[Y1])
                if low_x <= high_x and low_y < high_y:
                    n = add_floor(floors, n, min(a[X0], b[X0]), low_y, max(a[X1], b[X1]), high_y, z, load)
                elif low_y <= high_y and low_x < high_x:
                    n = add_floor(floors, n, low_x, min(a[Y0], b[Y0]), high_x, max(a[Y1], b[Y1]), z, load)
            i += 1
        if n == before:
            break
    return n


@compiled
def put(
    floors: Ints,
    left: Ints,
    moves: Ints,
    sums: Ints,
    height: int,
    at: int,
    to_far: int,
    to_right: int,
    block: int,
    table: Ints,
    parts: Ints,
) -> None:
    """Stand a block into a corner of floor `at` (near or far end, left or right wall) and update the state."""
    row, f = table[block], floors[at]
    z, load = f[Z], f[LOAD]
    x = f[X1] - row[LENGTH] if to_far else f[X0]
    y = f[Y1] - row[WIDTH] if to_right else f[Y0]
    n = _cut(floors, sums[FLOORS], x, y, x + row[LENGTH], y + row[WIDTH], z)
    top_x = x + row[LENGTH] - row[TOP_X] if to_far else x
    top_y = y + row[WIDTH] - row[TOP_Y] if to_right else y
    top = z + row[HEIGHT]
    bears = min(row[BEARS], load - row[PRESS])
    if top < height and bears > 0:
        n = add_floor(floors, n, top_x, top_y, top_x + row[TOP_X], top_y + row[TOP_Y], top, bears)
        n = _bridge(floors, n, top)
    for j in range(1, 2 * parts[block, 0], 2):
        left[parts[block, j]] -= parts[block, j + 1]
    move = moves[sums[MOVES]]
    move[0], move[1], move[2], move[3], move[4], move[5] = block, x, y, z, to_far, to_right
    sums[FLOORS], sums[MOVES] = n, sums[MOVES] + 1
    sums[FILLED] += row[VOLUME]
    sums[GRAMS] += row[WEIGHT]
