"""Road legs: problems, readers, two engines behind one protocol, and the referee."""

from routing.road.check import check_road
from routing.road.model import RoadError, RoadPlan, RoadProblem, RoadSolver, Stop
from routing.road.ortools_solver import OrToolsRoad
from routing.road.pyvrp_solver import PyVrpRoad
from routing.road.read import read_road

__all__ = [
    "OrToolsRoad",
    "PyVrpRoad",
    "RoadError",
    "RoadPlan",
    "RoadProblem",
    "RoadSolver",
    "Stop",
    "check_road",
    "read_road",
]
