"""Reads network design instances in the .dow text: hostile input, refused with the line at fault.

a name
nodes arcs commodities
from to variable_cost capacity fixed_cost x y     (one line an arc; x and y are not used)
origin destination demand                         (one line a commodity)
"""

from pathlib import Path

import numpy as np

from routing.mcnd.model import Network, NetworkError

LARGEST_FILE = 20_000_000
MOST_NODES, MOST_ARCS, MOST_COMMODITIES, MOST_CELLS = 2_000, 50_000, 20_000, 20_000_000
LARGEST_NUMBER = 10**9


def _row(lines: list[str], at: int, what: str, count: int) -> list[int]:
    if at >= len(lines):
        raise NetworkError(f"the file ends at line {len(lines)} where {what} should stand; is it cut off?")
    words = lines[at].split()
    if len(words) < count:
        raise NetworkError(f"line {at + 1}: {what} needs {count} numbers, {len(words)} stand there")
    numbers = []
    for word in words[:count]:
        if not (word.isascii() and word.isdigit() and len(word) <= 10 and int(word) <= LARGEST_NUMBER):
            raise NetworkError(f"line {at + 1}: {what}: {word[:20]!r} is not a whole number from 0 to {LARGEST_NUMBER}")
        numbers.append(int(word))
    return numbers


def _ends(numbers: list[int], nodes: int, line: int, what: str) -> None:
    for node in numbers[:2]:
        if not 1 <= node <= nodes:
            raise NetworkError(f"line {line}: {what}: there is no node {node}; nodes are 1 to {nodes}")
    if numbers[0] == numbers[1]:
        raise NetworkError(f"line {line}: {what} leads from node {numbers[0]} to itself")


def parse_dow(text: str, name: str) -> Network:
    lines = text.splitlines()
    nodes, arcs, commodities = _row(lines, 1, "nodes, arcs and commodities", 3)
    for number, most, what in (
        (nodes, MOST_NODES, "nodes"),
        (arcs, MOST_ARCS, "arcs"),
        (commodities, MOST_COMMODITIES, "commodities"),
    ):
        if not 1 <= number <= most:
            raise NetworkError(f"line 2: {number} {what}; from 1 to {most} can be planned")
    if arcs * commodities > MOST_CELLS:
        raise NetworkError(f"line 2: {arcs} arcs by {commodities} commodities are more than {MOST_CELLS} flows")
    arc_rows, commodity_rows = [], []
    for i in range(arcs):
        row = _row(lines, 2 + i, "an arc (from, to, cost, capacity, fixed cost)", 5)
        _ends(row, nodes, 3 + i, "the arc")
        arc_rows.append(row)
    for i in range(commodities):
        row = _row(lines, 2 + arcs + i, "a commodity (origin, destination, demand)", 3)
        _ends(row, nodes, 3 + arcs + i, "the commodity")
        if not row[2]:
            raise NetworkError(f"line {3 + arcs + i}: the commodity has no demand; leave it out")
        commodity_rows.append(row)
    a, k = np.array(arc_rows, np.int64).T, np.array(commodity_rows, np.int64).T
    return Network(
        name,
        nodes,
        *(np.ascontiguousarray(v) for v in (a[0] - 1, a[1] - 1, a[2], a[3], a[4], k[0] - 1, k[1] - 1, k[2])),
    )


def read_dow(path: Path) -> Network:
    """One instance; NetworkError names the line when the text is not of this format."""
    if path.stat().st_size > LARGEST_FILE:
        raise NetworkError(f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB")
    return parse_dow(path.read_text("utf-8", "replace"), path.stem)
