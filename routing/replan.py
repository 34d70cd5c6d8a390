"""What if: cancel a departure, close a hub, delay or reprice a departure. What a change does not touch stays where it is.

Cancelling is quick: riders are put elsewhere at once, and then the neighbourhood is searched again, where every shipment that
leaves its old route pays `change_cost`. Taking departures away only makes plans dearer, so the old certificate still holds.
Delays and prices make a new problem; the old routes that are still possible are where its search begins.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.fault import ProblemFault, whole
from routing.model import without
from routing.problem import MAX_MINUTE, MAX_MONEY, Problem
from routing.solution import Plan, Route
from routing.solvers import search
from routing.solvers.arrays import Small
from routing.solvers.bench import bench_for
from routing.solvers.engine import Engine, routes_of, rows_of, state_of
from routing.solvers.state import UNBOUND, remove

LOCAL_MOVES = 8_000


@dataclass(frozen=True, slots=True)
class Cancel:
    departure: str


@dataclass(frozen=True, slots=True)
class CloseHub:
    """Nothing departs from or arrives at the hub between these minutes."""

    hub: str
    from_min: int = 0
    to_min: int = MAX_MINUTE


@dataclass(frozen=True, slots=True)
class Delay:
    departure: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Reprice:
    departure: str
    unit_cost: int


Change = Cancel | CloseHub | Delay | Reprice


@dataclass(frozen=True, slots=True)
class Replan:
    """The plan after a change; `greedy_s` until every touched shipment had an answer, `moved` who travels otherwise now."""

    plan: Plan
    greedy_cost: int
    greedy_s: float
    seconds: float
    moved: tuple[str, ...]


def replan(
    plan: Plan,
    changes: Sequence[Change],
    *,
    reoptimise: bool = True,
    seed: int = 0,
    change_cost: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Replan:
    """Answer changes; deterministic for a seed. `change_cost` (minor units) is what moving an untouched shipment must save.

    Without one it is a fiftieth of a usual unit. Not for two threads at once: a plan's compiled network is used again.
    """
    began = clock()
    gone = cancelled(plan.problem, changes)
    problem = renewed(plan.problem, changes)
    engine = plan.engine
    if engine is None or problem is not plan.problem:
        engine = Engine(problem, seed)
        engine.scout()
        engine.tighten()
    certificate = plan.certificate if problem is plan.problem else engine.bound()
    kept = _still_possible(problem, plan, changes)
    engine.restore(rows_of(kept))
    engine.bench = bench_for(engine.goods, seed + 1)
    touched = _clear(engine, gone, kept)
    _put_elsewhere(engine, touched)
    greedy_s, greedy_cost = clock() - began, int(engine.state.cost[0])
    if reoptimise:
        cost = round(engine.unit / 50) if change_cost is None else change_cost
        _search_near(engine, touched, gone, cost)
    engine.state.cap[gone] = UNBOUND
    found = Plan(
        without(problem, frozenset(gone.tolist())),
        routes_of(engine.state.route),
        tuple(engine.state.units.tolist()),
        int(engine.state.cost[0]),
        replace(certificate, pool_price=(*certificate.pool_price, 0)),
        clock() - began,
    )
    names = (s.name for s, a, b in zip(problem.shipments, plan.routes, found.routes, strict=True) if a != b)
    return Replan(found, greedy_cost, greedy_s, clock() - began, tuple(names))


def cancelled(problem: Problem, changes: Sequence[Change]) -> Small:
    """Numbers of the departures that no longer run."""
    gone: set[int] = set()
    for change in changes:
        if isinstance(change, Cancel):
            gone.add(_departure(problem, change.departure))
        elif isinstance(change, CloseHub):
            hub = next((hub.index for hub in problem.hubs if hub.name == change.hub), None)
            if hub is None:
                raise ProblemFault("unknown_hub", place="closed hub", value=change.hub)
            gone |= {
                d.index
                for d in problem.departures
                if (d.origin == hub and change.from_min <= d.depart_min <= change.to_min)
                or (d.destination == hub and change.from_min <= d.arrive_min <= change.to_min)
            }
    return np.array(sorted(gone), np.int32)


def renewed(problem: Problem, changes: Sequence[Change]) -> Problem:
    """The problem with delays and prices applied; the very same object when there are none."""
    departures = list(problem.departures)
    changed = False
    for change in changes:
        if isinstance(change, Delay):
            number = _departure(problem, change.departure)
            late = whole(f"delay of {change.departure}", "minutes", change.minutes, 0, 90 * 1440)
            d = departures[number]
            departures[number] = replace(d, depart_min=d.depart_min + late, arrive_min=d.arrive_min + late)
            changed = True
        elif isinstance(change, Reprice):
            number = _departure(problem, change.departure)
            cost = whole(f"price of {change.departure}", "unit_cost", change.unit_cost, 0, MAX_MONEY)
            departures[number] = replace(departures[number], unit_cost=cost)
            changed = True
    return replace(problem, departures=tuple(departures)) if changed else problem


def _departure(problem: Problem, name: str) -> int:
    for departure in problem.departures:
        if departure.name == name:
            return departure.index
    raise ProblemFault("unknown_departure", place=f"departure {name}")


def _still_possible(problem: Problem, plan: Plan, changes: Sequence[Change]) -> tuple[Route | None, ...]:
    """The old routes, without those that a delay makes impossible."""
    late = {_departure(problem, change.departure) for change in changes if isinstance(change, Delay)}
    if not late:
        return plan.routes
    kept: list[Route | None] = []
    for shipment, route in zip(problem.shipments, plan.routes, strict=True):
        if route is None or late.isdisjoint(route):
            kept.append(route)
            continue
        at, possible = shipment.ready_min, True
        for s in route:
            d = problem.departures[s]
            possible &= at <= d.cut_off_min
            at = d.arrive_min + d.dwell_min + problem.hubs[d.destination].transfer_min
        end = problem.departures[route[-1]]
        kept.append(route if possible and end.arrive_min + end.dwell_min <= shipment.due_min else None)
    return tuple(kept)


def _clear(engine: Engine, gone: Small, kept: tuple[Route | None, ...]) -> Small:
    """Close cancelled departures and take everything off them; who needs a new answer."""
    engine.state.cap[gone] = 0
    lost = set(gone.tolist())
    touched = [k for k, route in enumerate(kept) if route is not None and not lost.isdisjoint(route)]
    for k in touched:
        remove(engine.net, engine.goods, engine.state, k)
    idle = [k for k, route in enumerate(kept) if route is None]
    return np.array(touched + idle, np.int32)


def _put_elsewhere(engine: Engine, touched: Small) -> None:
    order = touched[np.argsort(-engine.goods.volume[touched], kind="stable")]
    per_g, per_dm3 = engine.prices()
    search.build(
        engine.net, engine.goods, engine.choices, engine.state, engine.bench, engine.path, order, 0.0, per_g, per_dm3
    )


def _search_near(engine: Engine, touched: Small, gone: Small, change_cost: int) -> None:
    """Search from the departures that the touched shipments ride on now or could ride on."""
    if not len(touched):
        return
    choices = engine.choices
    near = [choices.arc[choices.start[k] : choices.start[k + 1]] for k in touched.tolist()]
    focus = np.setdiff1d(np.unique(np.concatenate(near)), gone).astype(np.int32)
    base = engine.state.route.copy()
    engine.bench = engine.bench._replace(focus=focus, base=base, change=np.array([float(change_cost)]))
    start = engine.state.route.copy(), float(engine.state.cost[0])
    for part in range(4):
        engine.stir(LOCAL_MOVES // 4, engine.unit * 0.02 * (1.0 - part / 4))
    if engine.state.cost[0] > start[1]:
        engine.state = state_of(engine, start[0])
