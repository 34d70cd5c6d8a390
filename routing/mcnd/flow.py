"""The cheapest flow over arcs that are open: column generation over paths.

Master rows: one a commodity (its shares of paths sum to 1), one an open arc (capacity). Paths are priced by Dijkstra
at arc cost plus the capacity's dual; the pool of paths outlives a call, so that the next design starts warm.
"""

from dataclasses import dataclass, field

import numpy as np

from routing.compiled import Floats, Ints, compiled
from routing.mcnd.model import Network
from routing.mcnd.program import INFINITE, Program
from routing.mcnd.route import UNREACHED, cheapest_path

Path = tuple[int, ...]
TOLERANCE = 1e-7
LEAST_SHARE = 1e-8


@compiled
def price_paths(
    weight: Floats,
    origin: Ints,
    destination: Ints,
    tail: Ints,
    head: Ints,
    out_first: Ints,
    out_arcs: Ints,
    length: Floats,
    arcs_of: Ints,
) -> None:
    """Cheapest path of every commodity: length[k] and its arcs, last one first, ended by -1."""
    nodes = len(out_first) - 1
    came, done, dist = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(nodes)
    for k in range(len(origin)):
        length[k], n = UNREACHED, 0
        if cheapest_path(out_first, out_arcs, head, weight, origin[k], destination[k], came, dist, done):
            length[k] = dist[destination[k]]
            node = destination[k]
            while node != origin[k]:
                arcs_of[k, n] = came[node]
                node = tail[came[node]]
                n += 1
        arcs_of[k, n] = -1


@dataclass(slots=True)
class Wires:
    """The outgoing arcs of every node, as Dijkstra wants them."""

    out_first: Ints
    out_arcs: Ints

    @staticmethod
    def of(network: Network) -> "Wires":
        order = np.argsort(network.tail, kind="stable")
        first = np.searchsorted(network.tail[order], np.arange(network.nodes + 1))
        return Wires(first.astype(np.int64), order.astype(np.int64))


@dataclass(slots=True)
class Pool:
    """Paths seen so far, by commodity; insertion order is kept so that runs repeat."""

    paths: list[dict[Path, None]] = field(default_factory=list)

    def add(self, k: int, path: Path) -> bool:
        new = path not in self.paths[k]
        self.paths[k][path] = None
        return new


@dataclass(slots=True)
class Routed:
    """Shares of paths and what they cost with fixed charges of the arcs they use; `capacity_price` are the duals."""

    shares: list[tuple[int, Path, float]]
    cost: float
    capacity_price: Floats


def _add_path(program: Program, network: Network, k: int, path: Path, row_of: Ints) -> None:
    units = float(network.demand[k])
    program.add_column(
        units * float(network.cost[list(path)].sum()), [(k, 1.0), *((int(row_of[a]), units) for a in path)]
    )


def cheapest_flow(network: Network, wires: Wires, open_arcs: Ints, pool: Pool) -> Routed | None:
    """The cheapest split flow over the open arcs; None when they cannot carry everything."""
    program, row_of = Program(), np.full(network.arcs, -1, np.int64)
    is_open = np.zeros(network.arcs, np.bool_)
    is_open[open_arcs] = True
    for _ in range(network.commodities):
        program.add_row(1.0, 1.0)
    for a in open_arcs:
        row_of[a] = program.add_row(-INFINITE, float(network.capacity[a]))
    columns: list[tuple[int, Path]] = []
    penalty = 1.0 + float(network.demand.max()) * float(network.cost.sum() + network.fixed.sum())
    for k in range(network.commodities):
        program.add_column(penalty, [(k, 1.0)])
        columns.append((k, ()))
        for path in pool.paths[k]:
            if all(is_open[a] for a in path):
                _add_path(program, network, k, path, row_of)
                columns.append((k, path))
    present = set(columns)
    length, arcs_of = np.empty(network.commodities), np.empty((network.commodities, network.nodes + 1), np.int64)
    while True:
        values, dual = program.solve()
        price = np.zeros(network.arcs)
        price[open_arcs] = -np.minimum(dual[network.commodities :], 0.0)
        weight = np.where(is_open, network.cost + price, UNREACHED)
        price_paths(
            weight,
            network.origin,
            network.destination,
            network.tail,
            network.head,
            wires.out_first,
            wires.out_arcs,
            length,
            arcs_of,
        )
        if (length >= UNREACHED).any():
            return None
        fresh = 0
        share_price = dual[: network.commodities]
        for late in np.flatnonzero(length * network.demand < share_price - 1e-6 * np.abs(share_price) - TOLERANCE):
            row = arcs_of[late]
            column = (int(late), tuple(int(a) for a in row[: int(np.argmax(row < 0))][::-1]))
            pool.add(*column)
            if column in present:
                continue
            present.add(column)
            _add_path(program, network, *column, row_of)
            columns.append(column)
            fresh += 1
        if not fresh:
            break
    return _routed(network, columns, values, price)


def _routed(network: Network, columns: list[tuple[int, Path]], values: Floats, price: Floats) -> Routed | None:
    kept = [(k, path, float(v)) for (k, path), v in zip(columns, values, strict=True) if v > LEAST_SHARE]
    if any(not path for _, path, _ in kept):
        return None
    whole = np.zeros(network.commodities)
    for k, _, share in kept:
        whole[k] += share
    shares = [(k, path, share / float(whole[k])) for k, path, share in kept]
    load = np.zeros(network.arcs)
    for k, path, share in shares:
        load[list(path)] += share * float(network.demand[k])
    cost = float((load * network.cost).sum() + network.fixed[load > 0].sum())
    return Routed(shares, cost, price)
