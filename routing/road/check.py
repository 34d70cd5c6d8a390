"""The referee of road plans: recounts times, loads, pairs and distance from the problem alone."""

import itertools

from routing.road.model import RoadPlan, RoadProblem


def _along(problem: RoadProblem, route: tuple[int, ...], name: str) -> list[str]:
    found, at, time, load = [], 0, problem.stops[0].ready, 0
    if not problem.pairs:  # loads are brought from the depot or to it: the sum must fit
        total = sum(abs(problem.stops[i].load) for i in route)
        if total > problem.capacity:
            found.append(f"{name}: it carries {total}; a vehicle carries {problem.capacity}")
    for i in route:
        time = max(time + int(problem.duration[at, i]), problem.stops[i].ready)
        if time > problem.stops[i].due:
            found.append(f"{name}: stop {i} is reached at {time}, after it closes at {problem.stops[i].due}")
        load += problem.stops[i].load
        if problem.pairs and not 0 <= load <= problem.capacity:
            found.append(f"{name}: it carries {load} after stop {i}; a vehicle carries {problem.capacity}")
        at = i
    back = time + int(problem.duration[at, 0])
    if back > problem.stops[0].due:
        found.append(f"{name}: it is back at {back}, after the depot closes at {problem.stops[0].due}")
    return found


def check_road(problem: RoadProblem, plan: RoadPlan) -> list[str]:
    """Every violation as a sentence; empty when the plan is sound."""
    served = [i for route in plan.routes for i in route]
    if any(not 0 < i < len(problem.stops) for i in served):
        return ["a route names a stop that does not exist, or the depot"]
    found = [f"stop {i} is served {served.count(i)} times" for i in sorted(set(served)) if served.count(i) > 1]
    missing = sorted(set(range(1, len(problem.stops))) - set(served) - set(plan.unserved))
    found += [f"stop {i} is neither served nor given as unserved" for i in missing]
    if len(plan.routes) > problem.vehicles:
        found.append(f"{len(plan.routes)} routes; there are {problem.vehicles} vehicles")
    where = {i: (r, p) for r, route in enumerate(plan.routes) for p, i in enumerate(route)}
    for pickup, delivery in problem.pairs:
        if pickup in where and delivery in where:
            (r, p), (s, q) = where[pickup], where[delivery]
            if r != s or p > q:
                found.append(f"stop {delivery} is not served after its pickup {pickup} by the same vehicle")
        elif pickup in where or delivery in where:
            found.append(f"only one of pickup {pickup} and delivery {delivery} is served")
    distance = 0
    for r, route in enumerate(plan.routes):
        found += _along(problem, route, f"route {r}")
        legs = [0, *route, 0]
        distance += sum(int(problem.distance[a, b]) for a, b in itertools.pairwise(legs))
    if distance != plan.distance:
        found.append(f"distance is given as {plan.distance}; it is {distance}")
    return found
