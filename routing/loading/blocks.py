"""Blocks: boxes put together before they are loaded, so that one decision places many.

A row of the block table holds LENGTH, WIDTH, HEIGHT of the bounding cuboid (mm or any one unit), VOLUME of the boxes
in it, TOP_X and TOP_Y (the rectangle at the block's near corner that is solid at full height, so that goods may stand
on it), WEIGHT in grams, PRESS (the largest pressure that it puts on its floor) and BEARS (the pressure that its top
still carries), both in milligrams per square unit. A joined block names its halves in FIRST and SECOND and how they
meet in AXIS (0 one behind the other, 1 beside, 2 on top). A leaf has AXIS -1: FIRST is the kind, SECOND its
orientation, NX NY NZ how many boxes.

Every box of a block stands with its whole base on the floor or on other boxes of the block.
"""

import numpy as np

from routing.compiled import Ints, compiled

LENGTH, WIDTH, HEIGHT, VOLUME, TOP_X, TOP_Y, WEIGHT, PRESS, BEARS, FIRST, SECOND, AXIS, NX, NY, NZ, COUNT = range(16)
COLUMNS = 16
LEAF = -1
UNLIMITED = 1 << 50
"""Pressure that nothing here reaches: the top of a kind without a stacking limit."""


@compiled
def bricks(shapes: Ints, counts: Ints, limits: Ints, cap: int, table: Ints) -> int:
    """Write every nx × ny × nz brick of one kind in one orientation that the goods and the container allow; returns
    the rows.

    `shapes` rows: kind, orientation, length, width, height, weight_g, pressure, bears. Kinds share `cap` fairly.
    """
    n = 0
    share = max(1, cap // max(1, len(shapes)))
    for s in range(len(shapes)):
        kind, turn, length, width, height, weight, press, bears = shapes[s]
        count, mine = counts[kind], 0
        for total in range(1, count + 1):
            for nz in range(1, total + 1):
                if total % nz or nz * height > limits[2] or (nz - 1) * press > bears:
                    continue
                for ny in range(1, total // nz + 1):
                    nx = total // nz // ny
                    if nx * ny * nz != total or ny * width > limits[1] or nx * length > limits[0]:
                        continue
                    if n >= cap or mine >= share:
                        break
                    row = table[n]
                    row[LENGTH], row[WIDTH], row[HEIGHT] = nx * length, ny * width, nz * height
                    row[VOLUME] = row[LENGTH] * row[WIDTH] * row[HEIGHT]
                    row[TOP_X], row[TOP_Y] = row[LENGTH], row[WIDTH]
                    row[WEIGHT], row[PRESS] = total * weight, nz * press
                    row[BEARS] = bears - (nz - 1) * press
                    row[FIRST], row[SECOND], row[AXIS] = kind, turn, LEAF
                    row[NX], row[NY], row[NZ], row[COUNT] = nx, ny, nz, total
                    n += 1
                    mine += 1
    return n


@compiled
def join(a: Ints, b: Ints, axis: int, limits: Ints, fill_percent: int, out: Ints) -> bool:
    """Put block `b` behind (axis 0), beside (1) or onto (2) `a` into `out`; False when it would be loose or too large.

    Neighbours must be equally high: a step in the top would leave only a part of it to stand on.
    """
    if axis == 2:
        if b[LENGTH] > a[TOP_X] or b[WIDTH] > a[TOP_Y] or b[PRESS] > a[BEARS]:
            return False
        out[LENGTH], out[WIDTH], out[HEIGHT] = a[LENGTH], a[WIDTH], a[HEIGHT] + b[HEIGHT]
        out[TOP_X], out[TOP_Y] = b[TOP_X], b[TOP_Y]
        out[PRESS] = a[PRESS] + b[PRESS]
        out[BEARS] = min(b[BEARS], a[BEARS] - b[PRESS])
    else:
        if a[HEIGHT] != b[HEIGHT]:
            return False
        across = 1 - axis
        out[axis] = a[axis] + b[axis]
        out[across] = max(a[across], b[across])
        out[HEIGHT] = a[HEIGHT]
        out[TOP_X + axis], out[TOP_X + across] = a[TOP_X + axis], a[TOP_X + across]
        if a[TOP_X + axis] == a[axis]:
            long = a[axis] + b[TOP_X + axis]
            wide = min(a[TOP_X + across], b[TOP_X + across])
            if long * wide > a[TOP_X] * a[TOP_Y]:
                out[TOP_X + axis], out[TOP_X + across] = long, wide
        out[PRESS] = max(a[PRESS], b[PRESS])
        out[BEARS] = min(a[BEARS], b[BEARS])
    if out[LENGTH] > limits[0] or out[WIDTH] > limits[1] or out[HEIGHT] > limits[2]:
        return False
    out[VOLUME] = a[VOLUME] + b[VOLUME]
    out[WEIGHT], out[COUNT] = a[WEIGHT] + b[WEIGHT], a[COUNT] + b[COUNT]
    return bool(100 * out[VOLUME] >= fill_percent * out[LENGTH] * out[WIDTH] * out[HEIGHT])


@compiled
def _may_join(table: Ints, a: int, b: int, axis: int, limits: Ints, fill_percent: int) -> bool:
    """Rule most pairs out by outline alone, without touching whole rows: it decides how long growing takes."""
    if axis == 2:
        length, width = table[a, LENGTH], table[a, WIDTH]
        height = table[a, HEIGHT] + table[b, HEIGHT]
        if height > limits[2] or table[b, LENGTH] > table[a, TOP_X] or table[b, WIDTH] > table[a, TOP_Y]:
            return False
    else:
        height = table[a, HEIGHT]
        if height != table[b, HEIGHT]:
            return False
        if axis == 0:
            length, width = table[a, LENGTH] + table[b, LENGTH], max(table[a, WIDTH], table[b, WIDTH])
        else:
            length, width = max(table[a, LENGTH], table[b, LENGTH]), table[a, WIDTH] + table[b, WIDTH]
        if length > limits[0] or width > limits[1]:
            return False
    return bool(100 * (table[a, VOLUME] + table[b, VOLUME]) >= fill_percent * length * width * height)


@compiled
def _known(seen: Ints, row: Ints, key: int) -> bool:
    """Whether a block of the same boxes and outline was made before; remembers it when not."""
    for column in (LENGTH, WIDTH, HEIGHT):
        key = key * 1000003 + row[column]
    slot = key & (len(seen) - 1)
    while seen[slot] != 0:
        if seen[slot] == key:
            return True
        slot = (slot + 1) & (len(seen) - 1)
    seen[slot] = key
    return False


@compiled
def _enough(needs: Ints, first: int, second: int, counts: Ints) -> bool:
    for kind in range(len(counts)):  # noqa: SIM110 - numba compiles the loop to better code than a generator
        if needs[first, kind] + needs[second, kind] > counts[kind]:
            return False
    return True


@compiled
def grow(
    table: Ints, needs: Ints, hashes: Ints, n: int, limits: Ints, counts: Ints, fill_percent: int, cap: int, tries: int
) -> int:
    """Join blocks pairwise, generation after generation, until nothing new fits, `cap` rows stand or `tries` are spent.

    Returns the rows.
    """
    seen = np.zeros(1 << 17, np.int64)
    row = np.zeros(COLUMNS, np.int64)
    for i in range(n):
        _known(seen, table[i], hashes[i])
    start, end = 0, n
    while start < end:
        for i in range(start, end):
            for j in range(i + 1):
                for turn in range(6 if i != j else 3):
                    a, b = (i, j) if turn < 3 else (j, i)
                    tries -= 1
                    if not _may_join(table, a, b, turn % 3, limits, fill_percent):
                        continue
                    if not join(table[a], table[b], turn % 3, limits, fill_percent, row):
                        continue
                    if not _enough(needs, a, b, counts) or _known(seen, row, hashes[a] + hashes[b]):
                        continue
                    table[n] = row
                    table[n, FIRST], table[n, SECOND], table[n, AXIS] = a, b, turn % 3
                    needs[n] = needs[a] + needs[b]
                    hashes[n] = hashes[a] + hashes[b]
                    n += 1
                    if n >= cap:
                        return n
                if tries <= 0:
                    return n
        start, end = end, n
    return n


MOST_PARTS = 8
TOO_MANY = 1 << 40


def as_parts(needs: Ints) -> Ints:
    """The kinds in each block: a row is how many kinds, then kind and count of each.

    A block of more than MOST_PARTS kinds is given a need that nothing meets: it serves as a half of others only.
    """
    parts = np.zeros((len(needs), 1 + 2 * MOST_PARTS), np.int64)
    for i, row in enumerate(needs):
        kinds = np.flatnonzero(row)
        if len(kinds) > MOST_PARTS:
            parts[i, :3] = (1, kinds[0], TOO_MANY)
            continue
        parts[i, 0] = len(kinds)
        parts[i, 1 : 1 + 2 * len(kinds) : 2] = kinds
        parts[i, 2 : 2 + 2 * len(kinds) : 2] = row[kinds]
    return parts
