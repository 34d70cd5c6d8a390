"""Road legs by PyVRP, the stronger engine beyond a few hundred stops; installed by the extra `kouan[pyvrp]`."""

from typing import TYPE_CHECKING

from routing.road.model import RoadError, RoadPlan, RoadProblem
from routing.road.ortools_solver import length

if TYPE_CHECKING:
    import pyvrp


class PyVrpRoad:
    """A `RoadSolver`; RoadError when PyVRP is not installed."""

    def solve(self, problem: RoadProblem, seconds: float, seed: int = 0) -> RoadPlan | None:
        try:
            import pyvrp
            from pyvrp.stop import MaxRuntime
        except ImportError:
            raise RoadError("PyVRP is not installed; run: pip install 'kouan[pyvrp]'") from None
        model = pyvrp.Model()
        places = [model.add_location(stop.x, stop.y) for stop in problem.stops]
        base = problem.stops[0]
        depot = model.add_depot(places[0], tw_early=base.ready, tw_late=base.due)
        model.add_vehicle_type(problem.vehicles, problem.capacity, depot, depot)
        clients = _add_work(model, problem, places)
        for a in range(len(places)):
            for b in range(len(places)):
                if a != b:
                    model.add_edge(places[a], places[b], int(problem.distance[a, b]), int(problem.duration[a, b]))
        best = model.solve(MaxRuntime(seconds), seed=seed, display=False, collect_stats=False).best
        if not best.is_feasible():
            return None
        routes = [_stops(route, clients, problem.pairs) for route in best.routes()]
        return RoadPlan(tuple(routes), length(problem, routes))


def _add_work(model: "pyvrp.Model", problem: RoadProblem, places: "list[pyvrp.Location]") -> list[int]:
    """Pairs become shipments, other stops clients. The service is part of the matrix. Returns the stop of every
    client."""
    paired = {i for pair in problem.pairs for i in pair}
    for a, b in problem.pairs:
        up, down = problem.stops[a], problem.stops[b]
        model.add_shipment(
            places[a],
            places[b],
            pickup_tw_early=up.ready,
            pickup_tw_late=up.due,
            delivery_tw_early=down.ready,
            delivery_tw_late=down.due,
            amount=up.load,
        )
    clients = [i for i in range(1, len(problem.stops)) if i not in paired]
    for i in clients:
        stop = problem.stops[i]
        model.add_client(places[i], delivery=abs(stop.load), tw_early=stop.ready, tw_late=stop.due)
    return clients


def _stops(route: "pyvrp.Route", clients: list[int], pairs: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    found = []
    for activity in route:
        if activity.is_client():
            found.append(clients[activity.idx])
        elif activity.is_pickup():
            found.append(pairs[activity.idx][0])
        elif activity.is_delivery():
            found.append(pairs[activity.idx][1])
    return tuple(found)
