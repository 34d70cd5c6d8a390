"""What the bench compares with and how much memory a run took."""

import resource
from pathlib import Path

import numpy as np

from routing.cost import units_needed
from routing.problem import MAX_LEGS, Problem
from routing.solvers.arrays import compile_goods, compile_network
from routing.solvers.bound import whole_prices
from routing.solvers.scan import desk_for, price_all, prices_of


def direct_cost(problem: Problem) -> int:
    """Minor units when every shipment travels alone: its own whole units on the cheapest of its routes, or outsourced.

    Routes come from pricing at full share of a unit; the units of each are then counted whole.
    """
    net = compile_network(problem)
    goods = compile_goods(problem, net)
    per_g, per_dm3 = 0.4 * net.unit_cost / net.unit_weight, 0.6 * net.unit_cost / net.unit_volume
    routes = np.full((len(goods.ready), MAX_LEGS), -1, np.int32)
    own = np.zeros(len(goods.ready), np.int64)
    price_all(net, goods, prices_of(net, *whole_prices(net, goods, per_g, per_dm3)), desk_for(net), routes, own)
    total = 0
    for shipment, row, cost in zip(problem.shipments, routes.tolist(), own.tolist(), strict=True):
        legs = [problem.departures[s] for s in row if s >= 0]
        alone = cost + sum(units_needed(d, shipment.weight_g, shipment.volume_dm3) * d.unit_cost for d in legs)
        total += min(alone, shipment.outsource_cost) if legs else shipment.outsource_cost
    return total


def start_peak() -> None:
    """Begin a new high-water mark of this process's memory, where Linux allows."""
    marks = Path("/proc/self/clear_refs")
    if marks.exists():
        marks.write_text("5")


def peak_mb() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
