"""Commodities routed one after the other at marginal cost: paths, and a first design to measure the bound against.

State: `flow[k, a]` units, `path[k, :]` the arcs that commodity k uses and `used[k]` how many, `load[a]`.
"""

import numpy as np

from routing.compiled import Floats, Ints, compiled

MOST_ARCS_OF_ONE = 96
UNREACHED = 1e300


@compiled
def cheapest_path(
    out_first: Ints,
    out_arcs: Ints,
    head: Ints,
    weight: Floats,
    start: int,
    end: int,
    came: Ints,
    dist: Floats,
    done: Ints,
) -> bool:
    """Dijkstra over a few dozen nodes; `came[n]` is the arc by which node n is reached."""
    nodes = len(dist)
    for n in range(nodes):
        dist[n] = UNREACHED
        done[n] = 0
    dist[start] = 0.0
    while True:
        at, best = -1, UNREACHED
        for n in range(nodes):
            if not done[n] and dist[n] < best:
                at, best = n, dist[n]
        if at < 0:
            return False
        if at == end:
            return True
        done[at] = 1
        for i in range(out_first[at], out_first[at + 1]):
            a = out_arcs[i]
            if best + weight[a] < dist[head[a]]:
                dist[head[a]] = best + weight[a]
                came[head[a]] = a


@compiled
def _lay(
    k: int,
    units: int,
    start: int,
    node: int,
    came: Ints,
    tail: Ints,
    flow: Ints,
    path: Ints,
    used: Ints,
    load: Ints,
    cost: Ints,
    fixed: Ints,
) -> int:
    """Send units along the path found; returns the cost, or -1 when the commodity would use too many arcs."""
    paid = 0
    while node != start:
        a = came[node]
        if flow[k, a] == 0:
            if used[k] >= path.shape[1]:
                return -1
            path[k, used[k]] = a
            used[k] += 1
        if load[a] == 0:
            paid += fixed[a]
        load[a] += units
        flow[k, a] += units
        paid += units * cost[a]
        node = tail[a]
    return paid


@compiled
def put_in(
    k: int,
    want: int,
    start: int,
    end: int,
    charge: Floats,
    flow: Ints,
    path: Ints,
    used: Ints,
    load: Ints,
    tail: Ints,
    head: Ints,
    cost: Ints,
    capacity: Ints,
    fixed: Ints,
    out_first: Ints,
    out_arcs: Ints,
    weight: Floats,
    came: Ints,
    dist: Floats,
    done: Ints,
) -> int:
    """Route a commodity at marginal cost, where opening arc a counts `charge[a]`; splits it when no path holds it
    whole.

    Returns the true cost, or -1 when it cannot be routed (it may then be laid in part: take it out).
    """
    paid, piece, rest = 0, want, want
    while rest > 0:
        piece = min(piece, rest)
        for a in range(len(tail)):
            if capacity[a] - load[a] < piece:
                weight[a] = UNREACHED
            else:
                weight[a] = cost[a] * piece + (charge[a] if load[a] == 0 else 0.0)
        if cheapest_path(out_first, out_arcs, head, weight, start, end, came, dist, done):
            more = _lay(k, piece, start, end, came, tail, flow, path, used, load, cost, fixed)
            if more < 0:
                return -1
            paid += more
            rest -= piece
        else:
            piece //= 2
            if piece == 0:
                return -1
    return paid


@compiled
def route_all(
    charge: Floats,
    order: Ints,
    flow: Ints,
    path: Ints,
    used: Ints,
    load: Ints,
    tail: Ints,
    head: Ints,
    cost: Ints,
    capacity: Ints,
    fixed: Ints,
    origin: Ints,
    destination: Ints,
    demand: Ints,
    out_first: Ints,
    out_arcs: Ints,
) -> int:
    """Route every commodity in order into an empty network; returns the cost or -1 when one finds no way."""
    nodes = len(out_first) - 1
    came, done, dist = np.empty(nodes, np.int64), np.empty(nodes, np.int64), np.empty(nodes)
    weight = np.empty(len(tail))
    total = 0
    for k in order:
        paid = put_in(
            k,
            demand[k],
            origin[k],
            destination[k],
            charge,
            flow,
            path,
            used,
            load,
            tail,
            head,
            cost,
            capacity,
            fixed,
            out_first,
            out_arcs,
            weight,
            came,
            dist,
            done,
        )
        if paid < 0:
            return -1
        total += paid
    return total
