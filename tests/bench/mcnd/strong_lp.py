"""The strong LP of network design instances, exactly: `python -m tests.bench.mcnd.strong_lp DIR` rewrites
strong_lp.csv beside it.

The yardstick for the Lagrangian bound, and no part of the solver. Paths are columns, links x_ak ≤ d_k y_a are rows;
both are added only where they are missed, until neither is.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np

from routing.mcnd.flow import Wires, price_paths
from routing.mcnd.model import Network
from routing.mcnd.program import INFINITE, Program
from routing.mcnd.read_dow import read_dow
from routing.mcnd.route import UNREACHED

VALUES = Path(__file__).with_name("strong_lp.csv")
Wire = tuple[int, ...]


class Master:
    """Rows: commodities, capacities, then links as found. Columns: y of every arc, then paths as priced."""

    def __init__(self, network: Network) -> None:
        self.network, self.program = network, Program()
        self.links: dict[tuple[int, int], int] = {}
        self.paths: list[tuple[int, Wire]] = []
        self.known: set[tuple[int, Wire]] = set()
        n = network
        for _ in range(n.commodities):
            self.program.add_row(1.0, 1.0)
        for _ in range(n.arcs):
            self.program.add_row(-INFINITE, 0.0)
        for a in range(n.arcs):
            self.program.add_column(float(n.fixed[a]), [(n.commodities + a, -float(n.capacity[a]))], 1.0)
        for k in range(n.commodities):
            self.program.add_column(1e3 * float(n.demand[k] * n.cost.max() + n.fixed.max()), [(k, 1.0)])
        self.first_path = self.program.columns

    def add_path(self, k: int, path: Wire) -> bool:
        if (k, path) in self.known:
            return False
        n = self.network
        self.known.add((k, path))
        self.paths.append((k, path))
        units = float(n.demand[k])
        entries = [(k, 1.0), *((n.commodities + a, units) for a in path)]
        entries += [(self.links[k, a], 1.0) for a in path if (k, a) in self.links]
        self.program.add_column(units * float(n.cost[list(path)].sum()), entries)
        return True

    def add_links(self, values: np.ndarray) -> int:
        """Add rows Σ shares of k over a - y_a ≤ 0 that are violated."""
        n = self.network
        share = np.zeros((n.commodities, n.arcs))
        users: dict[tuple[int, int], list[int]] = {}
        for i, (k, path) in enumerate(self.paths):
            for a in path:
                share[k, a] += values[self.first_path + i]
                users.setdefault((k, a), []).append(self.first_path + i)
        missed = [(int(k), int(a)) for k, a in np.argwhere(share > values[: n.arcs] + 1e-7) if (k, a) not in self.links]
        for k, a in missed:
            entries = [(a, -1.0), *((column, 1.0) for column in users[k, a])]
            self.links[k, a] = self.program.add_row(-INFINITE, 0.0, entries)
        return len(missed)


def _price(master: Master, wires: Wires, dual: np.ndarray) -> int:
    """Add the cheapest path of each commodity where it beats its dual; every commodity sees its own links."""
    n = master.network
    base = n.cost - np.minimum(dual[n.commodities : n.commodities + n.arcs], 0.0)
    extra: dict[int, list[tuple[int, float]]] = {}
    for (k, a), row in master.links.items():
        extra.setdefault(k, []).append((a, -min(float(dual[row]), 0.0)))
    length, arcs_of, added = np.empty(1), np.empty((1, n.nodes + 1), np.int64), 0
    for k in range(n.commodities):
        weight = base.astype(float)
        for a, more in extra.get(k, ()):
            weight[a] += more / float(n.demand[k])
        price_paths(
            weight,
            n.origin[k : k + 1],
            n.destination[k : k + 1],
            n.tail,
            n.head,
            wires.out_first,
            wires.out_arcs,
            length,
            arcs_of,
        )
        if length[0] < UNREACHED and length[0] * n.demand[k] < dual[k] - 1e-7 * max(1.0, abs(float(dual[k]))):
            row = arcs_of[0]
            added += master.add_path(k, tuple(int(a) for a in row[: int(np.argmax(row < 0))][::-1]))
    return added


def strong_lp(network: Network, say: bool = False) -> float:
    """The value of the LP with every strong link; exact to the simplex tolerance. Minutes for the largest instances."""
    wires, master = Wires.of(network), Master(network)
    while True:
        values, dual = master.program.solve()
        priced = _price(master, wires, dual)
        linked = 0 if priced > network.commodities // 4 else master.add_links(np.append(values, np.zeros(priced)))
        if say:
            print(f"  {network.name}: {master.program.cost:.1f}, {priced} paths, {linked} links more")
        if not priced and not linked:
            return master.program.cost


def main() -> None:
    rows = []
    for path in sorted(Path(sys.argv[1]).glob("*.dow")):
        began = time.monotonic()
        rows.append((path.stem, f"{strong_lp(read_dow(path)):.2f}"))
        print(f"{path.stem} {rows[-1][1]} in {time.monotonic() - began:.0f} s", flush=True)
        with VALUES.open("w", encoding="utf-8", newline="") as sheet:
            csv.writer(sheet).writerows([("instance", "strong_lp"), *rows])


if __name__ == "__main__":
    main()
