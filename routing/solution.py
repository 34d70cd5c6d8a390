"""A plan: who travels on what, how many units, what it costs and how far from the best it can be at most."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from routing.certificate import Certificate
from routing.cost import route_cost, units_needed
from routing.fault import ProblemFault
from routing.problem import Departure, Problem, Shipment

if TYPE_CHECKING:
    from routing.explain import Alternative, Reason, Why
    from routing.replan import Change, Replan
    from routing.solvers.engine import Engine

Route = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """`upper` is the plan's cost, `lower` what no plan can undercut; `kind` names the relaxation that proves it."""

    upper: int
    lower: int
    kind: str

    @property
    def share(self) -> float:
        """Part of the cost that might be saved at most, 0 to 1."""
        return 0.0 if self.upper == 0 else (self.upper - self.lower) / self.upper


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes by shipment number; None is outsourced. Immutable; a change gives another plan."""

    problem: Problem
    routes: tuple[Route | None, ...]
    units: tuple[int, ...]
    cost: int
    certificate: Certificate
    seconds: float = 0.0
    iterations: int = 0
    engine: "Engine | None" = field(default=None, repr=False, compare=False)

    @property
    def gap(self) -> Gap:
        return Gap(self.cost, self.certificate.value, self.certificate.kind)

    def route(self, shipment: Shipment | str) -> tuple[Departure, ...]:
        """Departures in order of travel; empty when the shipment is outsourced."""
        return tuple(self.problem.departures[s] for s in self.routes[self.number(shipment)] or ())

    def number(self, shipment: Shipment | str) -> int:
        name = shipment if isinstance(shipment, str) else shipment.name
        for candidate in self.problem.shipments if isinstance(shipment, str) else (shipment,):
            if candidate.name == name and candidate.index < len(self.problem.shipments):
                return candidate.index
        raise ProblemFault("unknown_shipment", place=f"shipment {name}")

    def why(self, shipment: Shipment | str) -> "Why":
        from routing.explain import why

        return why(self, self.number(shipment))

    def alternatives(self, shipment: Shipment | str, count: int = 5) -> "list[Alternative]":
        from routing.explain import alternatives

        return alternatives(self, self.number(shipment), count)

    def unserved(self) -> "dict[str, Reason]":
        from routing.explain import unserved

        return unserved(self)

    def what_if(
        self, *changes: "Change", reoptimise: bool = True, seed: int = 0, change_cost: int | None = None
    ) -> "Replan":
        """The plan after changes; what they do not touch stays unless moving it saves."""
        from routing.replan import replan

        return replan(self, changes, reoptimise=reoptimise, seed=seed, change_cost=change_cost)


def loads_of(problem: Problem, routes: tuple[Route | None, ...]) -> tuple[list[int], list[int]]:
    """Grams and dm3 on every departure."""
    weight_g, volume_dm3 = [0] * len(problem.departures), [0] * len(problem.departures)
    for shipment, route in zip(problem.shipments, routes, strict=True):
        for s in route or ():
            weight_g[s] += shipment.weight_g
            volume_dm3[s] += shipment.volume_dm3
    return weight_g, volume_dm3


def plan_of(
    problem: Problem,
    routes: tuple[Route | None, ...],
    certificate: Certificate,
    seconds: float = 0.0,
    iterations: int = 0,
) -> Plan:
    """Count units and cost of routes."""
    weight_g, volume_dm3 = loads_of(problem, routes)
    units = tuple(units_needed(d, weight_g[d.index], volume_dm3[d.index]) for d in problem.departures)
    cost = sum(count * d.unit_cost for count, d in zip(units, problem.departures, strict=True) if count)
    for shipment, route in zip(problem.shipments, routes, strict=True):
        cost += shipment.outsource_cost if route is None else route_cost(problem, shipment, route)
    return Plan(problem, routes, units, cost, certificate, seconds, iterations)
