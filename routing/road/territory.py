"""Cuts a road problem into territories: neighbouring directions from the depot together, a pickup with its delivery."""

import math

import numpy as np

from routing.road.model import RoadProblem


def territories(problem: RoadProblem, most: int) -> list[list[int]]:
    """Stops of each territory (at most `most`, pairs unbroken), swept round the depot by the angle of their middle."""
    partner = {a: b for pair in problem.pairs for a, b in (pair, pair[::-1])}
    groups = [
        [i, partner[i]] if i in partner else [i]
        for i in range(1, len(problem.stops))
        if i not in partner or i < partner[i]
    ]
    depot = problem.stops[0]

    def angle(group: list[int]) -> float:
        x = sum(problem.stops[i].x for i in group) / len(group) - depot.x
        y = sum(problem.stops[i].y for i in group) / len(group) - depot.y
        return math.atan2(y, x)

    count = max(1, -(-(len(problem.stops) - 1) // most))
    share = -(-(len(problem.stops) - 1) // count)
    found: list[list[int]] = [[]]
    for group in sorted(groups, key=angle):
        if found[-1] and len(found[-1]) + len(group) > min(most, share + 1):
            found.append([])
        found[-1] += group
    return [stops for stops in found if stops]


def part_of(problem: RoadProblem, stops: list[int], vehicles: int) -> RoadProblem | None:
    """The problem of these stops alone (stop i of it is stops[i - 1]); None without a vehicle left."""
    if vehicles < 1:
        return None
    keep = [0, *stops]
    at = {stop: i for i, stop in enumerate(keep)}
    index = np.ix_(keep, keep)
    pairs = tuple((at[a], at[b]) for a, b in problem.pairs if a in at)
    return RoadProblem(
        tuple(problem.stops[i] for i in keep), problem.distance[index], problem.duration[index],
        min(vehicles, len(stops)), problem.capacity, pairs, problem.scale,
    )  # fmt: skip
