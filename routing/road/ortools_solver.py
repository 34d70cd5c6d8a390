"""Road legs by OR-Tools routing: SAVINGS, then guided local search, at most 150 stops a call."""

from datetime import timedelta

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.road.model import MOST_STOPS_A_CALL, RoadPlan, RoadProblem
from routing.road.territory import part_of, territories

FIRST = routing_enums_pb2.FirstSolutionStrategy


class OrToolsRoad:
    """The default `RoadSolver`."""

    def __init__(self, most_stops: int = MOST_STOPS_A_CALL) -> None:
        self.most_stops = most_stops

    def solve(self, problem: RoadProblem, seconds: float, seed: int = 0) -> RoadPlan | None:
        """One call a territory, each with its share of the time; None when one of them finds no plan."""
        del seed  # this search draws nothing at random
        routes: list[tuple[int, ...]] = []
        distance = 0
        for stops in territories(problem, self.most_stops):
            part = part_of(problem, stops, problem.vehicles - len(routes))
            found = _solve_one(part, seconds * len(stops) / max(1, len(problem.stops) - 1)) if part else None
            if found is None:
                return None
            routes += [tuple(stops[i - 1] for i in route) for route in found.routes]
            distance += found.distance
        return RoadPlan(tuple(routes), distance)


def _solve_one(problem: RoadProblem, seconds: float) -> RoadPlan | None:
    manager = pywrapcp.RoutingIndexManager(len(problem.stops), problem.vehicles, 0)
    routing = pywrapcp.RoutingModel(manager)
    way = routing.RegisterTransitMatrix(problem.distance.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(way)
    last = max(stop.due for stop in problem.stops)
    routing.AddDimension(routing.RegisterTransitMatrix(problem.duration.tolist()), last, last, False, "time")
    loads = [stop.load if problem.pairs else abs(stop.load) for stop in problem.stops]
    routing.AddDimension(routing.RegisterUnaryTransitVector(loads), 0, problem.capacity, True, "load")
    clock = routing.GetDimensionOrDie("time")
    for i, stop in enumerate(problem.stops[1:], 1):
        clock.CumulVar(manager.NodeToIndex(i)).SetRange(stop.ready, stop.due)
    for v in range(problem.vehicles):
        clock.CumulVar(routing.Start(v)).SetRange(problem.stops[0].ready, problem.stops[0].due)
        clock.CumulVar(routing.End(v)).SetMax(problem.stops[0].due)
    for pickup, delivery in problem.pairs:
        a, b = manager.NodeToIndex(pickup), manager.NodeToIndex(delivery)
        routing.AddPickupAndDelivery(a, b)
        routing.solver().Add(routing.VehicleVar(a) == routing.VehicleVar(b))
        routing.solver().Add(clock.CumulVar(a) <= clock.CumulVar(b))
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    # SAVINGS knows no pairs; with them it ends without a plan.
    parameters.first_solution_strategy = FIRST.PARALLEL_CHEAPEST_INSERTION if problem.pairs else FIRST.SAVINGS
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromTimedelta(timedelta(seconds=max(0.1, seconds)))
    found = routing.SolveWithParameters(parameters)
    return _as_plan(problem, manager, routing, found) if found else None


def _as_plan(
    problem: RoadProblem,
    manager: pywrapcp.RoutingIndexManager,
    routing: pywrapcp.RoutingModel,
    found: pywrapcp.Assignment,
) -> RoadPlan:
    routes = []
    for v in range(problem.vehicles):
        route, at = [], found.Value(routing.NextVar(routing.Start(v)))
        while not routing.IsEnd(at):
            route.append(manager.IndexToNode(at))
            at = found.Value(routing.NextVar(at))
        if route:
            routes.append(tuple(route))
    return RoadPlan(tuple(routes), length(problem, routes))


def length(problem: RoadProblem, routes: list[tuple[int, ...]]) -> int:
    """Distance of routes that begin and end at the depot."""
    return sum(int(problem.distance[a, b]) for route in routes for a, b in zip((0, *route), (*route, 0), strict=True))
